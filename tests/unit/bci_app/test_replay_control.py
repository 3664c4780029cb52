"""A replay that is paused, sought, stepped, looped and made faster, through the engine."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from bci_app.assembly import build
from bci_app.commands import Command, Pause, Resume, Seek, SetLoop, SetSpeed, Step
from bci_app.config import validate
from bci_app.engine import Engine
from bci_app.events import ChunkEvent, Event, OutlineEvent, PlaybackEvent
from bci_app.replay_settings import replay_settings
from bci_app.sessions import run_replay
from pipelines.decision import Decision
from tests.unit.bci_app.engine_parts import Keeper

REST_S = 20.0
SESSION: dict[str, Any] = {"decoder": {"name": "workload"}, "smoothing": {"mode": "exponential"}}


@pytest.fixture(scope="module")
def recording(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One minute of the simulated participant, with a hole and a flat channel, and what was decided."""
    folder = tmp_path_factory.mktemp("recordings")
    settings = {
        "source": {"kind": "synthetic", "speed": "max", "first_rest_s": REST_S, "drop": [40.0, 0.7]},
        "decoder": {"name": "workload", "calibration": {"rest_s": REST_S}},
        "sinks": [{"kind": "xdf_recorder", "folder": str(folder)}],
        "duration_s": 60.0,
    }
    build(validate(settings, "recording")).run(threading.Event())
    (file,) = folder.rglob("*.xdf")
    return file


def session(file: Path, **source: object) -> dict[str, Any]:
    decoder = {"name": "workload", "calibration": {"file": str(file), "stop_s": REST_S}}
    table = {"kind": "recording", "path": str(file), "speed": "max", "chunk_samples": 50, **source}
    return {**SESSION, "decoder": decoder, "source": table}


class Director(Keeper):
    """Posts commands when something has come to pass."""

    def __init__(self, *scenes: tuple[Callable[[Director, Event], bool], Command | None]) -> None:
        super().__init__()
        self.scenes = list(scenes)
        self.engine: Engine | None = None
        self.stop = threading.Event()

    def accept(self, event: Event) -> None:
        super().accept(event)
        if self.scenes and self.scenes[0][0](self, event):
            _, command = self.scenes.pop(0)
            if command is None:
                self.stop.set()
            else:
                assert self.engine is not None
                self.engine.post(command)

    def direct(self, settings: dict[str, Any]) -> Director:
        self.engine = build(validate(settings, "replay"), [self])
        self.engine.run(self.stop)
        return self

    @property
    def playback(self) -> list[PlaybackEvent]:
        return [event for event in self.events if isinstance(event, PlaybackEvent)]

    @property
    def chunks(self) -> list[Any]:
        return [event.chunk for event in self.events if isinstance(event, ChunkEvent)]

    def position_s(self) -> float:
        """Of the last sample that came, in the file."""
        return float(self.chunks[-1].times_s[-1]) - self.playback[-1].state.origin_s if self.chunks else -1.0


def reached(seconds: float) -> Callable[[Director, Event], bool]:
    return lambda director, event: isinstance(event, ChunkEvent) and director.position_s() >= seconds


def decided(count: int) -> Callable[[Director, Event], bool]:
    return lambda director, _: len(director.decisions) >= count


def paused(director: Director, event: Event) -> bool:
    return isinstance(event, PlaybackEvent) and event.state.paused


def at_once(director: Director, event: Event) -> bool:
    return True


def content(decisions: list[Decision]) -> list[tuple[object, ...]]:
    """All that a decision says, but when."""
    return [(d.window_index, d.labels, d.probabilities, d.abstained, d.reason) for d in decisions]


@pytest.mark.parametrize("to_s", [3.0, 12.34, 38.9, 45.0])
def test_decisions_after_a_seek_are_those_of_a_fresh_replay_from_there(recording: Path, to_s: float) -> None:
    sought = Director((reached(30.0), Seek(to_s))).direct(session(recording))
    jump = next(i for i, e in enumerate(sought.events) if isinstance(e, PlaybackEvent) and e.state.jumps)
    after = [e.decision for e in sought.events[jump:] if hasattr(e, "decision")]
    fresh = Director().direct(session(recording, start_s=to_s))
    assert len(after) > 10
    assert content(after) == content(fresh.decisions)
    origin_s = sought.playback[-1].state.origin_s - fresh.playback[-1].state.origin_s
    np.testing.assert_allclose([d.end_s - origin_s for d in after], [d.end_s for d in fresh.decisions], atol=1e-6)


def test_the_stream_goes_on_lawfully_through_seeks(recording: Path) -> None:
    director = Director((reached(30.0), Seek(5.0)), (reached(9.0), Seek(50.0)), (reached(52.0), Seek(1.0)))
    director.direct(session(recording))
    end, last_s = 0, -np.inf
    for chunk in director.chunks:
        assert chunk.first_index == end + chunk.gap_before
        assert chunk.times_s[0] > last_s
        end, last_s = chunk.end_index, float(chunk.times_s[-1])
    assert [event.state.jumps for event in director.playback] == [0, 1, 2, 3]
    # The hole of the recording, which is passed once, is told; the seeks are none.
    assert len([text for text in director.notices if "were lost" in text]) == 1


def test_seeking_before_anything_was_played_begins_there(recording: Path) -> None:
    director = Director((at_once, Seek(30.0))).direct(session(recording))
    fresh = Director().direct(session(recording, start_s=30.0))
    before = director.chunks[0].n_samples  # what was on its way
    assert content(director.decisions) == content(fresh.decisions)
    assert sum(c.n_samples for c in director.chunks[1:]) == sum(c.n_samples for c in fresh.chunks)
    assert before == 50


def test_a_paused_replay_delivers_nothing_and_is_not_stale(recording: Path) -> None:
    settings = {**session(recording), "engine": {"read_timeout_s": 0.01, "stale_after_s": 0.05}}

    def ending_soon(director: Director, event: Event) -> bool:
        if paused(director, event):
            threading.Timer(0.3, director.stop.set).start()  # many times what makes a live source stale
        return paused(director, event)

    director = Director((reached(10.0), Pause()), (ending_soon, Pause()))
    director.direct(settings)
    assert director.playback[-1].state.paused
    assert "stale" not in director.states
    assert director.position_s() < 12.0


def test_resuming_loses_nothing(recording: Path) -> None:
    whole = Director().direct(session(recording))
    halting = Director((reached(10.0), Pause()), (paused, Resume()), (reached(30.0), Pause()), (paused, Resume()))
    halting.direct(session(recording))
    assert not halting.scenes
    assert content(halting.decisions) == content(whole.decisions)


@pytest.mark.parametrize("windows", [1, 3])
def test_a_step_makes_so_many_decisions_and_pauses(recording: Path, windows: int) -> None:
    counts: list[int] = []

    def noted(director: Director, event: Event) -> bool:
        if not paused(director, event):
            return False
        counts.append(len(director.decisions))
        return True

    director = Director(
        (reached(30.0), Pause()), (noted, Step(windows)), (noted, Step(windows)), (noted, Seek(5.0)),
        (paused, Step(windows)), (noted, None),
    )  # fmt: skip
    director.direct(session(recording))
    assert np.diff(counts).tolist() == [windows] * 3  # the last one right after a jump


def test_a_loop_can_be_switched_on_and_off(recording: Path) -> None:
    def turned(director: Director, event: Event) -> bool:
        return len({p.state.origin_s for p in director.playback}) == 2

    director = Director((reached(33.0), SetLoop(on=True)), (turned, SetLoop(on=False)))
    director.direct(session(recording, start_s=32.0, stop_s=36.0))
    assert sum(c.n_samples for c in director.chunks) == 2 * 1000
    assert all(c.gap_before == 0 for c in director.chunks)


def test_speed_changes_in_flight_without_changing_decisions(recording: Path) -> None:
    whole = Director().direct(session(recording))
    hurried = Director((reached(1.0), SetSpeed("max")), (reached(50.0), SetSpeed(32.0)))
    hurried.direct(session(recording, speed=32.0))
    assert [p.state.speed for p in hurried.playback] == [32.0, "max", 32.0]
    assert content(hurried.decisions) == content(whole.decisions)


def test_at_the_end_it_waits_and_resuming_begins_again(recording: Path) -> None:
    director = Director((paused, Resume()), (paused, None))
    director.direct(session(recording, start_s=50.0, wait_at_end=True))
    first, second = np.array_split([d.probabilities for d in director.decisions], 2)
    np.testing.assert_array_equal(first, second)
    assert [p.state.paused for p in director.playback][:3] == [False, True, False]


def test_the_outline_tells_markers_decisions_and_losses_from_the_first_sample(recording: Path) -> None:
    director = Director((reached(1.0), None)).direct(session(recording))
    (outline,) = [event.outline for event in director.events if isinstance(event, OutlineEvent)]
    assert outline.length_s == pytest.approx(60.7, abs=0.05)
    assert outline.losses_s == (pytest.approx((40.0, 40.7), abs=0.05),)
    assert {m.label for m in outline.markers} >= {"rest", "mental_arithmetic"}
    assert len(outline.decisions) > 50
    assert all(0 <= span.start_s < span.end_s <= outline.length_s for span in outline.decisions)


def test_what_is_no_recording_refuses_and_goes_on() -> None:
    director = Director((at_once, Seek(1.0)), (at_once, SetSpeed(2.0)))
    settings = {"source": {"kind": "synthetic", "speed": "max"}, "decoder": None, "duration_s": 5.0}
    director.direct(settings)
    assert [text for text in director.notices if "only a recording" in text]
    assert sum(c.n_samples for c in director.chunks) == 1250


def test_stamps_of_now_cannot_leave_their_pace(recording: Path) -> None:
    director = Director((at_once, Seek(5.0)), (lambda d, e: bool(d.notices), None))
    director.direct(session(recording, timestamps="now", speed=1.0))
    assert any("timestamps = 'original'" in text for text in director.notices)


def test_an_impossible_speed_is_told(recording: Path) -> None:
    director = Director((at_once, SetSpeed(0.0))).direct(session(recording))
    assert any("must be a positive number" in text for text in director.notices)


def test_a_replay_of_a_recording_compares_then_and_now(recording: Path) -> None:
    result = run_replay(replay_settings(recording, source={"speed": "max"}), recording).as_dict()
    assert result["n_compared"] == result["n_as_then"] == result["n_windows"] > 50
    other = run_replay(replay_settings(recording, decoder="alpha", source={"speed": "max"}), recording)
    assert other.compared.differences


def test_a_loop_has_no_end_of_its_own(recording: Path) -> None:
    assert replay_settings(recording, source={"speed": "max"}).duration_s == 60.0
    settings = replay_settings(recording, source={"loop": True, "start_s": 1.0})
    assert (settings.source["loop"], settings.duration_s) == (True, None)
