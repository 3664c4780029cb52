from __future__ import annotations

import json
import math
from enum import Enum
from pathlib import Path

import numpy as np
import pytest

from bci_app.event_records import event_record, to_json
from bci_app.events import (
    ChunkEvent,
    DecisionEvent,
    EngineState,
    LoopTiming,
    MarkerEvent,
    NoticeEvent,
    QualityEvent,
    RecordingEvent,
    SectionTiming,
    SessionEvent,
    StateEvent,
)
from bci_app.sinks.json_lines import JsonLines, Settings
from pipelines.decision import Decision
from pipelines.errors import RecordingError
from pipelines.signal import Marker
from tests.unit.bci_app.xdf_files import a_chunk, a_session

EVENTS = (
    StateEvent(EngineState.STALE, "no samples\nfor 2 s", 5.0),
    ChunkEvent(a_chunk(0)),
    MarkerEvent(Marker(6.5, "cue \u202e µ", "cues")),
    DecisionEvent(
        Decision(3, 1.0, 3.0, ("rest", "work"), (0.1, 0.9), "m-1", False, "", 3.1, ("rest", "work"), 1.5, "amplitude")
    ),
    DecisionEvent(Decision(4, 2.0, 4.0, ("rest", "work"), (0.5, 0.5), "m-1", True, "samples were lost", 4.1)),
    QualityEvent(("Fp1",), 7.0),
    NoticeEvent("error", "disk full", 8.0),
    RecordingEvent("a.xdf", False, "disk full", 8.5),
    LoopTiming((SectionTiming("read", 0.1, math.nan, math.inf, 4),), 0.01, 1, 2, 3, 9.0),
)
EXPECTED = [
    {"event": "state", "state": "stale", "message": "no samples\nfor 2 s", "time_s": 5.0},
    {"event": "marker", "time_s": 6.5, "label": "cue \u202e µ", "stream": "cues"},
    {
        "event": "decision",
        "window_index": 3,
        "start_s": 1.0,
        "end_s": 3.0,
        "label": "work",
        "probabilities": {"rest": 0.1, "work": 0.9},
        "abstained": False,
        "reason": "",
        "model_id": "m-1",
        "decided_at_s": 3.1,
        "prediction_set": ["rest", "work"],
        "unfamiliarity": 1.5,
        "unfamiliar": "amplitude",
    },
    {
        "event": "decision",
        "window_index": 4,
        "start_s": 2.0,
        "end_s": 4.0,
        "label": "",
        "probabilities": {"rest": 0.5, "work": 0.5},
        "abstained": True,
        "reason": "samples were lost",
        "model_id": "m-1",
        "decided_at_s": 4.1,
        "prediction_set": [],
        "unfamiliarity": None,
        "unfamiliar": "",
    },
    {"event": "quality", "bad_channels": ["Fp1"], "time_s": 7.0},
    {"event": "notice", "level": "error", "text": "disk full", "time_s": 8.0},
    {"event": "recording", "path": "a.xdf", "active": False, "fault": "disk full", "time_s": 8.5},
    {
        "event": "timing",
        "sections": {"read": {"p50_ms": 0.1, "p99_ms": None, "worst_ms": None, "count": 4}},
        "late_s": 0.01,
        "dropped_windows": 1,
        "lost_samples": 2,
        "samples": 3,
        "time_s": 9.0,
    },
]


def strict(line: str) -> object:
    """Read JSON as the standard has it: no NaN, no Infinity."""

    def refuse(name: str) -> object:
        raise AssertionError(name)

    return json.loads(line, parse_constant=refuse)


def test_every_event_but_samples_makes_a_line(tmp_path: Path) -> None:
    path = tmp_path / "new" / "events.jsonl"
    sink = JsonLines(Settings(path=str(path)))
    sink.open(a_session())
    for event in EVENTS:
        sink.accept(event)
        written = path.read_text(encoding="ascii").splitlines()
    sink.close()
    sink.close()
    sink.accept(EVENTS[0])
    assert path.read_text(encoding="ascii").splitlines() == written, "lines must not wait for the end"
    first, *others = [strict(line) for line in written]
    assert others == EXPECTED
    assert isinstance(first, dict)
    assert first["settings"] == a_session().settings
    assert first["spec"]["channels"][2] == {"name": "VEOG", "kind": "eog", "unit": "uV"}


def test_a_second_session_goes_behind_the_first(tmp_path: Path) -> None:
    path = tmp_path / "events.jsonl"
    for name in ("one", "two"):
        sink = JsonLines(Settings(path=str(path)))
        sink.open(a_session(name=name))
        sink.close()
    assert [json.loads(line)["name"] for line in path.read_text().splitlines()] == ["one", "two"]


def test_by_default_standard_output_is_used_and_left_open(capsys: pytest.CaptureFixture[str]) -> None:
    sink = JsonLines(Settings())
    sink.open(a_session())
    sink.accept(EVENTS[0])
    sink.close()
    print("still open")
    lines = capsys.readouterr().out.splitlines()
    assert [strict(line) for line in lines[1:2]] == EXPECTED[:1]
    assert lines[2] == "still open"


def test_a_path_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    with pytest.raises(RecordingError, match=f"{tmp_path}: cannot be written: Is a directory"):
        JsonLines(Settings(path=str(tmp_path))).open(a_session())


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no /dev/full")
def test_a_full_disk_is_told(tmp_path: Path) -> None:
    sink = JsonLines(Settings(path="/dev/full"))
    with pytest.raises(RecordingError, match="/dev/full: could not be written: No space left"):
        sink.open(a_session())
    with pytest.raises(RecordingError, match="/dev/full"):
        sink.close()
    sink.close()


def test_samples_are_no_matter_of_json() -> None:
    assert event_record(ChunkEvent(a_chunk(0))) is None
    record = event_record(SessionEvent(a_session()))
    assert record is not None
    assert record["event"] == "session"


def test_any_value_becomes_strict_json() -> None:
    class Colour(Enum):
        RED = "red"

    record = {
        "path": Path("a/b"),
        "numpy": np.float64(0.1),
        "nan": np.float32("nan"),
        "deep": [(1, math.inf), {"x": {Colour.RED}}],
        3: None,
        "flag": True,
        "half": "\ud800",
    }
    line = to_json(record)
    line.encode("ascii")
    assert strict(line) == {
        "path": "a/b",
        "numpy": 0.1,
        "nan": "nan",
        "deep": [[1, None], {"x": ["red"]}],
        "3": None,
        "flag": True,
        "half": "\ud800",
    }
