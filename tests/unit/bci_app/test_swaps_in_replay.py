"""Decoders that take turns, in a replay that is sent back and forth: who decides depends on the place alone."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from bci_app.commands import Pause, Resume, Seek, SetLoop, UseDecoder
from bci_app.config import validate
from bci_app.events import DecisionEvent, DecoderEvent, Event, PlaybackEvent
from bci_app.replay_settings import replay_settings
from pipelines.decision import Decision
from tests.unit.bci_app.test_decoder_swaps import CHANNELS, Commander, run, trained
from tests.unit.bci_app.test_replay_control import Director, at_once, content, paused, reached

__all__ = ["trained"]
FIRST, SECOND = 10.0, 25.0
"""When the recorded session changed its decoder and went back (s), at 250 Hz."""


@pytest.fixture
def recording(tmp_path: Path, trained: str) -> Path:
    """Forty seconds: alpha, from 10 s on another decoder, from 25 s on alpha again."""
    values = {
        "source": {"kind": "synthetic", "speed": "max", "chunk_samples": 25, "channels": CHANNELS},
        "decoder": {
            "name": "alpha", "calibration": {"rest_s": 5.0},
            "turns": [{"at_index": round(FIRST * 250), "name": trained}, {"at_index": round(SECOND * 250)}],
        },
        "sinks": [{"kind": "xdf_recorder", "folder": str(tmp_path / "rec")}],
        "duration_s": 40.0,
    }  # fmt: skip
    run(values, Commander())
    (file,) = (tmp_path / "rec").rglob("*.xdf")
    return file


def settings(file: Path, decoder: str = "", **source: object) -> dict[str, Any]:
    """Return the replay, calibrated on the recording's own rest wherever it begins."""
    source = {"speed": "max", "chunk_samples": 25, **source}
    values = replay_settings(file, decoder=decoder, calibrate=f"{file}@:5", source=source).model_dump(mode="json")
    return {**values, "duration_s": None}


def replayed(file: Path, *scenes: Any, **source: Any) -> Director:
    return Director(*scenes).direct(settings(file, **source))


def after_jump(director: Director) -> list[Decision]:
    """Return what was decided since the last jump."""
    last = director.playback[-1].state.jumps
    jump = next(i for i, e in enumerate(director.events) if isinstance(e, PlaybackEvent) and e.state.jumps == last)
    return [e.decision for e in director.events[jump:] if isinstance(e, DecisionEvent)]


@pytest.mark.parametrize("to_s", [6.0, 9.9, 10.0, 17.3, 24.0, 31.0])
@pytest.mark.parametrize("from_s", [15.0, 34.0])
def test_a_seek_has_the_decoders_of_the_place_it_goes_to(recording: Path, from_s: float, to_s: float) -> None:
    sought = replayed(recording, (reached(from_s), Seek(to_s)))
    fresh = replayed(recording, start_s=to_s)
    found = after_jump(sought)
    assert [d.model_id for d in found] == [d.model_id for d in fresh.decisions]
    assert content(found) == content(fresh.decisions)
    expected = {"alpha", "taught"} if to_s <= SECOND - 1 else {"alpha"}
    assert {d.model_id for d in found} == expected


def test_a_decoder_chosen_by_hand_decides_everywhere_until_it_is_undone(recording: Path, trained: str) -> None:
    def chosen(director: Director, event: Event) -> bool:
        return any(isinstance(e, DecoderEvent) and e.name == trained for e in director.events)

    scenes = ((reached(6.0), UseDecoder(trained)), (chosen, Seek(2.0)), (reached(36.0), Pause()))
    by_hand = replayed(recording, *scenes, (paused, None), speed=20.0)
    found = after_jump(by_hand)
    alone = Director((reached(36.0), None)).direct(settings(recording, decoder=trained, start_s=2.0))
    assert {d.model_id for d in found} == {"taught"}
    assert content(found)[:100] == content(alone.decisions)[:100]

    undone = replayed(recording, *scenes, (paused, UseDecoder()), (at_once, Seek(6.0)), (paused, Resume()), speed=20.0)
    fresh = replayed(recording, start_s=6.0)
    assert content(after_jump(undone)) == content(fresh.decisions)


def test_a_loop_begins_with_the_decoder_of_its_beginning(recording: Path) -> None:
    def turned(director: Director, event: Event) -> bool:
        return len({p.state.origin_s for p in director.playback}) == 2

    scenes = ((reached(8.0), SetLoop(on=True)), (turned, SetLoop(on=False)))
    director = replayed(recording, *scenes, start_s=7.0, stop_s=14.0)
    turns = [event.model_id for event in director.events if isinstance(event, DecoderEvent)]
    assert turns == ["taught", "alpha", "taught"]


def test_a_recording_of_a_replay_that_was_sought_is_replayed_alike(recording: Path, tmp_path: Path) -> None:
    sinks = [{"kind": "xdf_recorder", "folder": str(tmp_path / "again")}]
    director = Director((reached(15.0), Seek(26.0)), (reached(36.0), None))
    director.direct({**settings(recording), "sinks": sinks})
    (file,) = (tmp_path / "again").rglob("*.xdf")
    turns = replay_settings(file).decoder.turns  # type: ignore[union-attr]
    assert [(turn.at_index, turn.name) for turn in turns] == [
        (event.first_index, event.name) for event in director.events if isinstance(event, DecoderEvent)
    ]
    assert len(turns) == 2


def test_turns_at_one_place_happen_one_after_another(recording: Path, trained: str) -> None:
    values = settings(recording)
    values["decoder"]["turns"] = [{"at_index": 500, "name": trained}, {"at_index": 500}, {"at_index": 500}]
    director = Director().direct(values)
    assert {d.model_id for d in director.decisions if d.start_s - director.playback[0].state.origin_s > 3} == {"taught"}
    assert validate(values, "replay").decoder.last_name() == trained  # type: ignore[union-attr]
