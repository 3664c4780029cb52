"""The record step, both ways; what it says of the recorder is in the draft."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from bci_app.commands import Note, StartRecording, StopRecording
from bci_app.config import demo_session
from bci_app.events import (
    NOTES,
    ChunkEvent,
    DiskEvent,
    EngineState,
    MarkerEvent,
    RecordingEvent,
    Session,
    SessionEvent,
    StateEvent,
)
from bci_app.recording_names import Labels
from pipelines.signal import Channel, Marker, StreamSpec, make_chunk
from tests.contract.test_panels import tell
from ui.draft import Draft
from ui.engine_client import EngineClient
from ui.steps.record import RecordStep, Settings, build

SESSION = SessionEvent(Session("lab", StreamSpec(250.0, (Channel("Cz"),), "headset")))
CHUNK = ChunkEvent(make_chunk(np.zeros((250, 1), dtype=np.float32), 100 + np.arange(250) / 250, 0))


@pytest.fixture
def client(qtbot: QtBot) -> Iterator[EngineClient]:
    client = EngineClient()
    yield client
    client.deleteLater()


@pytest.fixture
def draft() -> Draft:
    return Draft()


@pytest.fixture
def step(client: EngineClient, draft: Draft, qtbot: QtBot, tmp_path: Path) -> RecordStep:
    step = build(Settings())
    qtbot.addWidget(step)
    step.attach(client)
    step.join(draft)
    step.resize(900, 600)
    step.show()
    draft.replace("demo", demo_session(folder=str(tmp_path)))
    return step


@pytest.fixture
def asked(step: RecordStep) -> list[object]:
    found: list[object] = []
    step.command.connect(found.append)
    return found


def fill(step: RecordStep, qtbot: QtBot, **texts: str) -> None:
    for key, text in texts.items():
        field = step.fields[key]
        field.setFocus()
        field.selectAll()
        qtbot.keyClicks(field, text)
        qtbot.keyClick(field, Qt.Key.Key_Return)


def test_labels_are_in_the_draft_undoable_and_name_the_next_file(
    step: RecordStep, draft: Draft, qtbot: QtBot, tmp_path: Path
) -> None:
    fill(step, qtbot, subject="07", session_label="02", task="rest")
    (recorder,) = draft.values["sinks"]
    assert (recorder["subject"], recorder["session_label"], recorder["task"]) == ("07", "02", "rest")
    stem = tmp_path / "sub-07" / "ses-02" / "eeg" / "sub-07_ses-02_task-rest_run-01_eeg.xdf"
    assert step.path.text() == str(stem)
    assert draft.settings().sinks[0]["subject"] == "07"
    stem.parent.mkdir(parents=True)
    stem.touch()
    step.enter()
    assert step.path.text() == str(stem).replace("run-01", "run-02")
    for _ in range(3):
        draft.undo_stack.undo()
    assert [field.text() for field in step.fields.values()] == ["", "01", "default"]


def test_what_is_no_label_cannot_be_typed(step: RecordStep, draft: Draft, qtbot: QtBot) -> None:
    fill(step, qtbot, subject="../a b", task="-")
    assert step.fields["subject"].text() == "ab"
    assert step.fields["task"].text() == "default"  # an empty one is none either
    assert draft.values["sinks"][0]["subject"] == "ab"


def test_the_button_asks_for_a_recording_by_these_labels_and_for_its_end(
    step: RecordStep, client: EngineClient, asked: list[object], qtbot: QtBot, tmp_path: Path
) -> None:
    assert not step.button.isEnabled()
    fill(step, qtbot, subject="07")
    tell(client, [SESSION, CHUNK])
    qtbot.mouseClick(step.button, Qt.MouseButton.LeftButton)
    assert asked == [StartRecording(str(tmp_path), Labels("07", "01", "default", 1))]
    assert step.button.text() == "Record"  # until the engine says otherwise
    tell(client, [RecordingEvent("a.xdf", True)])
    assert step.button.text() == "Stop recording"
    qtbot.mouseClick(step.button, Qt.MouseButton.LeftButton)
    assert asked[1:] == [StopRecording()]


def test_the_engine_moves_state_and_disk(step: RecordStep, client: EngineClient) -> None:
    tell(client, [SESSION, StateEvent(EngineState.RUNNING), CHUNK])
    assert "enough for" in step.gauge.words.text()
    tell(client, [RecordingEvent("a.xdf", True), DiskEvent("a.xdf", "low", 900.0, 12.0, 3.5)])
    assert "recording 0:00" in step.state.text()
    assert step.state.toolTip() == "a.xdf"  # where there is room, the source panel names it, too
    assert "▲ 900.0 MB free, 12 min left; 3.5 MB written" in step.gauge.words.text()
    tell(client, [StateEvent(EngineState.IDLE)])
    assert "no session runs" in step.state.text()
    assert step.state.toolTip() == ""


def test_a_recording_that_ended_early_says_so_and_has_no_report_where_its_file_is_gone(
    step: RecordStep, client: EngineClient
) -> None:
    tell(client, [SESSION, RecordingEvent("absent.xdf", True), RecordingEvent("absent.xdf", False, "the disk is full")])
    (line,) = step.finished.words()
    assert line.startswith("✖ absent.xdf")
    assert "ended early: the disk is full" in line
    assert not step.finished.open.isEnabled()


def test_a_note_goes_to_the_engine_and_is_listed_when_it_comes_back(
    step: RecordStep, client: EngineClient, asked: list[object], qtbot: QtBot
) -> None:
    tell(client, [SESSION, CHUNK])
    assert step.note_hint.isVisible()
    qtbot.keyClicks(step.note, "  cap moved ")
    qtbot.keyClick(step.note, Qt.Key.Key_Return)
    assert asked == [Note("cap moved")]
    assert step.notes.count() == 0
    tell(client, [MarkerEvent(Marker(100.5, "cap moved", NOTES)), MarkerEvent(Marker(100.6, "rest"))])
    assert [step.notes.item(k).text() for k in range(step.notes.count())] == ["0:00.5  cap moved"]
    assert step.note.text() == ""


def test_a_report_that_cannot_be_written_says_why(step: RecordStep, qtbot: QtBot, tmp_path: Path) -> None:
    file = tmp_path / "broken.xdf"
    file.write_text("no XDF")
    step.finished.add(str(file))
    with qtbot.waitSignal(step.finished.reported, timeout=60_000) as told:
        step.finished.write_report(str(file))
    assert told.args == [str(file), False]
    assert "is no XDF file" in step.finished.words()[0]
