"""The recorder's word on its files: through the engine to every other sink, whatever ended the recording."""

from __future__ import annotations

import io
import threading
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from rich.console import Console

from bci_app.assembly import build
from bci_app.commands import Note, StartRecording, StopRecording
from bci_app.config import validate
from bci_app.events import NOTES, ChunkEvent, DiskEvent, Event, RecordingEvent, Session
from bci_app.recording_names import Labels
from bci_app.summary import Summary
from bci_app.terminal_view import TerminalView
from devices.sources.recording import open_recording
from pipelines.errors import RecordingError
from pipelines.signal import make_chunk
from tests.unit.bci_app.engine_parts import Keeper
from tests.unit.bci_app.recorder_parts import ROOMY, a_followed_recorder
from tests.unit.bci_app.xdf_files import a_session


def facts(events: list[Any]) -> list[tuple[str, bool, str]]:
    return [(e.path, e.active, e.fault) for e in events if isinstance(e, RecordingEvent)]


def session(folder: Path, **recorder: Any) -> dict[str, Any]:
    sink = {"kind": "xdf_recorder", "folder": str(folder), "file_name": "{session}.xdf", **ROOMY, **recorder}
    return {
        "source": {"kind": "synthetic", "speed": "max"},
        "decoder": None,
        "stages": [],
        "sinks": [sink],
        "duration_s": 2.0,
    }


def test_a_chunk_that_does_not_fit_ends_the_recording_with_its_fault(tmp_path: Path) -> None:
    recorder, told = a_followed_recorder(tmp_path)
    recorder.open(a_session())
    path = str(recorder.path)
    recorder.accept(ChunkEvent(make_chunk(np.zeros((5, 9)), np.arange(5.0), 25)))
    recorder.close()
    (start, end) = facts(told)
    assert start == (path, True, "")
    assert end[:2] == (path, False)
    assert "(5, 9)" in end[2]


def test_asking_twice_starts_nothing(tmp_path: Path) -> None:
    recorder, told = a_followed_recorder(tmp_path)
    recorder.open(a_session())
    recorder.start()
    assert len(told) == 1
    recorder.close()


class Last(Keeper):
    """Keeps what it is told until it is closed."""

    def accept(self, event: Event) -> None:
        assert not self.closed
        super().accept(event)


def test_the_other_sinks_hear_the_end_before_they_are_closed(tmp_path: Path) -> None:
    keeper = Last()
    build(validate(session(tmp_path), "test"), [keeper]).run(threading.Event())
    path = str(tmp_path / "session.xdf")
    assert facts(keeper.events) == [(path, True, ""), (path, False, "")]
    assert keeper.notices == [f"recording to {path}", keeper.notices[-1]]
    assert keeper.notices[-1].startswith("recorded 2.0 s")
    assert keeper.closed == 1


class Refusing(Keeper):
    """Cannot be opened."""

    def open(self, session: Session) -> None:
        raise RecordingError("no such port")


def test_a_failed_session_tells_the_end_of_its_recording_too(tmp_path: Path) -> None:
    keeper = Last()
    with pytest.raises(RecordingError, match="no such port"):
        build(validate(session(tmp_path), "test"), [keeper, Refusing()]).run(threading.Event())
    assert keeper.states == ["stopping", "failed"]
    assert facts(keeper.events) == [(str(tmp_path / "session.xdf"), active, "") for active in (True, False)]


class Stubborn(Keeper):
    """Cannot be closed."""

    def close(self) -> None:
        super().close()
        raise KeyError("stuck")


def test_a_sink_that_cannot_be_closed_is_told_and_the_others_are_closed(tmp_path: Path) -> None:
    stubborn, keeper = Stubborn(), Last()
    build(validate(session(tmp_path), "test"), [stubborn, keeper]).run(threading.Event())
    assert (stubborn.closed, keeper.closed) == (1, 1)
    assert any(text.startswith("Stubborn could not be closed: KeyError: 'stuck'") for text in keeper.notices)


def test_a_recording_started_by_command_is_followed(tmp_path: Path) -> None:
    keeper = Last()
    engine = build(validate(session(tmp_path, autostart=False), "test"), [keeper])
    for command in (StartRecording(), StopRecording(), StartRecording(str(tmp_path / "b"))):
        engine.post(command)
    engine.run(threading.Event())
    first, second = str(tmp_path / "session.xdf"), str(tmp_path / "b" / "session.xdf")
    assert facts(keeper.events) == [(path, active, "") for path in (first, second) for active in (True, False)]


def test_a_recording_is_filed_under_the_labels_of_the_command_and_its_run_counts_up(tmp_path: Path) -> None:
    keeper = Last()
    engine = build(validate(session(tmp_path, autostart=False, file_name="", task="rest"), "test"), [keeper])
    for _ in range(2):
        engine.post(StartRecording(labels=Labels("07", "02")))
        engine.post(StopRecording())
    engine.post(StartRecording(labels=Labels("07", "02", "imagery", 5)))
    engine.run(threading.Event())
    stem = tmp_path / "sub-07" / "ses-02" / "eeg" / "sub-07_ses-02"
    started = [path for path, active, _ in facts(keeper.events) if active]
    names = ("task-rest_run-01", "task-rest_run-02", "task-imagery_run-05")
    assert started == [f"{stem}_{name}_eeg.xdf" for name in names]


@pytest.mark.parametrize("labels", [Labels("a b"), Labels("../x"), Labels("7", "1", "täsk"), Labels("7", run=-1)])
def test_what_is_no_label_starts_nothing(tmp_path: Path, labels: Labels) -> None:
    keeper = Last()
    engine = build(validate(session(tmp_path, autostart=False), "test"), [keeper])
    engine.post(StartRecording(labels=labels))
    engine.run(threading.Event())
    assert facts(keeper.events) == []
    assert any("BIDS label" in text or "counted from 1" in text for text in keeper.notices)


def test_how_full_the_disk_is_is_told_and_not_recorded(tmp_path: Path) -> None:
    keeper = Last()
    build(validate(session(tmp_path), "test"), [keeper]).run(threading.Event())
    disks = [event for event in keeper.events if isinstance(event, DiskEvent)]
    assert disks
    assert disks[0].path == str(tmp_path / "session.xdf")
    assert disks[0].free_mb > 0
    assert disks[0].level == "ok"
    assert b'"event": "disk"' not in (tmp_path / "session.xdf").read_bytes()


def test_notes_are_recorded_as_markers_of_their_own_stream(tmp_path: Path) -> None:
    engine = build(validate(session(tmp_path), "test"))
    engine.post(Note("first electrode wet"))
    engine.run(threading.Event())
    markers = open_recording(tmp_path / "session.xdf").markers
    assert [m.label for m in markers if m.stream == NOTES] == ["first electrode wet"]


def test_the_summary_names_every_recording_in_full(tmp_path: Path) -> None:
    folder = tmp_path / "a folder [1]" / "whose name is longer than any terminal is wide".replace(" ", "_")
    summary = Summary()
    engine = build(validate(session(folder), "test"), [summary])
    engine.post(StopRecording())
    engine.post(StartRecording())
    engine.run(threading.Event())
    summary.accept(RecordingEvent("lost.xdf", False, "the disk [/] is full"))
    summary.accept(RecordingEvent("torn.xdf", True))
    out = io.StringIO()
    Console(file=out, width=60).print(summary.table())
    cells = [line.split("│")[1:3] for line in out.getvalue().splitlines() if line.startswith("│")]
    assert [name.strip() for name, _ in cells].count("recording") == 4
    joined = "".join(text.strip() for _, text in cells).replace(" ", "")
    ills = ("lost.xdf (ended early: the disk [/] is full)", "torn.xdf (not finished")
    for text in (str(folder / "session.xdf"), str(folder / "session_2.xdf"), *ills):
        assert text.replace(" ", "") in joined


def test_the_terminal_shows_what_is_being_recorded() -> None:
    out = io.StringIO()
    view = TerminalView(Console(file=out, width=100, force_terminal=True))
    view.open(a_session())
    shown = []
    for event in (RecordingEvent("a.xdf", True), RecordingEvent("a.xdf", False), RecordingEvent("a.xdf", False, "x")):
        view.accept(event)
        rendered = io.StringIO()
        Console(file=rendered, width=100).print(view._render())
        shown += [line.split(maxsplit=1)[1] for line in rendered.getvalue().splitlines() if "recording" in line]
    view.close()
    assert [text.strip() for text in shown] == ["● a.xdf", "off; saved a.xdf", "ended early: a.xdf"]
