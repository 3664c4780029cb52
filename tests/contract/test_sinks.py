"""The laws of :class:`bci_app.sink.Sink`, on every sink there is."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import get_args

import numpy as np
import pytest

from bci_app.events import (
    AnswerEvent,
    ChannelQualityEvent,
    ChunkEvent,
    DecisionEvent,
    DecoderEvent,
    DiskEvent,
    EngineState,
    Event,
    HeartbeatEvent,
    LoopTiming,
    MarkerEvent,
    NoticeEvent,
    OutlineEvent,
    PlaybackEvent,
    QualityEvent,
    QuestionEvent,
    RecordingEvent,
    SectionTiming,
    Session,
    SessionEvent,
    StateEvent,
)
from bci_app.sink import Recorder, Sink
from devices.playback import Outline, PlaybackState
from devices.recording_data import Span
from devices.sources.recording import open_recording
from models.unimind.answers import Answer, Evidence
from models.unimind.replies import Reply
from pipelines.channel_quality import ChannelQuality
from pipelines.decision import Decision
from pipelines.errors import BciError
from pipelines.plugins import load, make, names
from pipelines.signal import Channel, Chunk, Marker, StreamSpec, make_chunk

SPEC = StreamSpec(250.0, (Channel("Cz"), Channel("Pz")), "contract")
CLASSES = ("rest", "work")
SESSION = Session("contract", SPEC, {"name": "contract"}, {"bci-app": "0"}, "m-1", CLASSES, 2.0, 0.5, 1.7e9)

ANSWER = Answer(
    *("eyes", "Are they?", ("open", "closed"), (0.25, 0.75), False, "closed", "head"),
    Evidence((0.75, 0.25), (0.5, 0.5), (0.9, 0.1), (0.4, 0.6), 9),
    "unimind-1",
)


def a_chunk(first_index: int = 0, n: int = 10, gap_before: int = 0) -> Chunk:
    times_s = 100.0 + np.arange(first_index, first_index + n) / 250
    return make_chunk(np.full((n, 2), first_index + 1.0), times_s, first_index, gap_before=gap_before)


EVENTS: tuple[Event, ...] = (
    SessionEvent(SESSION),
    StateEvent(EngineState.CALIBRATING, "", 99.0),
    ChunkEvent(a_chunk()),
    ChunkEvent(a_chunk(10, 0)),
    ChunkEvent(a_chunk(15, 10, gap_before=5)),
    MarkerEvent(Marker(100.01, 'µ <&> "x"\n\x1b[0m', "cues")),
    DecisionEvent(Decision(0, 100.0, 102.0, CLASSES, (0.25, 0.75), "m-1", decided_at_s=102.1)),
    DecisionEvent(Decision(1, 100.5, 102.5, CLASSES, (0.5, 0.5), "m-1", True, "samples were lost", 102.6)),
    *(StateEvent(state, "message", 103.0) for state in EngineState),
    QualityEvent(("Cz",), 104.0),
    QualityEvent((), 104.5),
    HeartbeatEvent(104.55),
    ChannelQualityEvent((ChannelQuality("Cz", "flat", 0.0, 0.0, 0.0, 0.5),), 104.6),
    *(NoticeEvent(level, "text", 105.0) for level in ("info", "warning", "error")),
    RecordingEvent("a.xdf", True, "", 105.1),
    RecordingEvent("a.xdf", False, "", 105.2),
    RecordingEvent("b.xdf", False, "disk\nfull", 105.3),
    HeartbeatEvent(105.35),
    DiskEvent("a.xdf", "low", 900.0, 12.5, 3.0, 105.4),
    DiskEvent("a.xdf", "ok", 9000.0, None, 3.0, 105.5),
    OutlineEvent(Outline("b.edf", 9.0, (Marker(1.0, "rest"),), (Span(1.0, 3.0, "decision/rest"),), ((4.0, 5.0),))),
    PlaybackEvent(PlaybackState(0.0, 9.0, "max", paused=True, loop=False, origin_s=9.0, index_offset=3, jumps=1), 2.0),
    LoopTiming((SectionTiming("read", 0.1, 0.2, 0.3, 4),), 0.01, 0, 5, 20, 106.0),
    LoopTiming((), float("nan"), 0, 5, 20, 107.0),
    DecoderEvent("folder", "other", CLASSES[::-1], 1.0, 0.25, 25, 108.0),
    AnswerEvent(Reply("eyes", 1, 100.5, 102.5, ("Cz", "Pz"), ("Pz",), ANSWER, 0.4), 108.1),
    AnswerEvent(Reply("eyes", 2, 101.0, 103.0, ("Cz", "Pz"), took_s=2.5, late=True), 108.2),
    QuestionEvent("eyes", ("eyes", "mental_workload"), 108.3),
    QuestionEvent("", (), 108.4),
)


@pytest.fixture(params=names("sinks"))
def sink(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Sink]:
    """Give a sink with default settings, working in an empty folder."""
    monkeypatch.chdir(tmp_path)
    built = make("sinks", {"kind": request.param})
    yield built
    built.close()


def test_the_events_above_are_all_there_are() -> None:
    assert {type(event) for event in EVENTS} == set(get_args(Event))


@pytest.mark.parametrize("name", names("sinks"))
def test_every_setting_has_a_default_and_is_explained(name: str) -> None:
    settings = load("sinks", name).Settings
    settings()
    assert settings.__doc__
    assert [key for key, field in settings.model_fields.items() if not field.description] == []


def test_it_takes_every_event_and_closes_twice(sink: Sink) -> None:
    sink.open(SESSION)
    for event in EVENTS:
        sink.accept(event)
    sink.close()
    sink.close()


def test_it_closes_without_ever_having_been_opened(sink: Sink) -> None:
    sink.close()


def test_it_works_without_a_decoder(sink: Sink) -> None:
    sink.open(dataclasses.replace(SESSION, model_id="", classes=(), window_s=0.0, hop_s=0.0))
    for event in EVENTS:
        if not isinstance(event, DecisionEvent):
            sink.accept(event)
    sink.close()


def test_it_closes_after_an_exception(sink: Sink) -> None:
    sink.open(SESSION)
    wrong = ChunkEvent(make_chunk(np.zeros((3, 7)), np.arange(3.0), 0))
    with suppress(BciError, ValueError):
        sink.accept(wrong)
    sink.close()
    sink.close()


def test_it_can_be_opened_again(sink: Sink) -> None:
    for _ in range(2):
        sink.open(SESSION)
        for event in EVENTS[:4]:
            sink.accept(event)
        sink.close()


def test_it_does_not_write_to_what_it_is_given(sink: Sink) -> None:
    chunk = a_chunk()
    before = chunk.samples.copy(), chunk.times_s.copy()
    sink.open(SESSION)
    sink.accept(ChunkEvent(chunk))
    np.testing.assert_array_equal(chunk.samples, before[0])
    np.testing.assert_array_equal(chunk.times_s, before[1])


def test_a_recorder_copies_what_it_keeps(sink: Sink) -> None:
    """The engine reuses a chunk's arrays as soon as ``accept`` returns."""
    sink.open(SESSION)
    path = sink.path if isinstance(sink, Recorder) else None
    samples, times_s = np.empty((10, 2), dtype=np.float32), np.empty(10)
    flags = np.zeros(10, dtype=np.uint8)
    for first_index in (0, 10, 20):
        samples[:] = first_index + 1.0
        times_s[:] = 100.0 + np.arange(first_index, first_index + 10) / 250
        sink.accept(ChunkEvent(Chunk(samples, times_s, first_index, flags)))
        samples[:], times_s[:] = np.nan, np.nan
    sink.close()
    if path is not None:
        recording = open_recording(path)
        np.testing.assert_array_equal(recording.samples[:, 0], np.repeat([1.0, 11.0, 21.0], 10))
        np.testing.assert_array_equal(recording.times_s, 100.0 + np.arange(30) / 250)


def test_a_recorder_tells_every_start_and_end(sink: Sink) -> None:
    if not isinstance(sink, Recorder):
        return
    told: list[tuple[str, bool, str]] = []
    sink.on_event = lambda e: told.append((e.path, e.active, e.fault)) if isinstance(e, RecordingEvent) else None
    paths = []
    sink.open(SESSION)
    for _ in range(2):
        sink.start()
        paths.append(str(sink.path))
        sink.accept(ChunkEvent(a_chunk()))
        sink.stop()
        sink.stop()
    sink.start()
    paths.append(str(sink.path))
    sink.close()
    sink.close()
    assert len(set(paths)) == 3
    assert told == [(path, active, "") for path in paths for active in (True, False)]
