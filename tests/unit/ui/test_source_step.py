"""The source step: every kind can be chosen, tested and used, and follows what is chosen elsewhere."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import QMimeData, QPoint, Qt, QTimer, QUrl
from PySide6.QtGui import QDropEvent
from PySide6.QtWidgets import QLineEdit
from pytestqt.qtbot import QtBot

from bci_app.config import SessionSettings, demo_session
from pipelines.plugins import make
from tests.live.lsl_helpers import StreamPlan, make_outlet
from ui.board_page import BoardPage
from ui.draft import Draft
from ui.recording_page import RecordingPage
from ui.steps.source import SourceStep
from ui.stream_page import StreamPage

PATIENCE_MS = 60_000


@pytest.fixture
def step(qtbot: QtBot) -> Iterator[SourceStep]:
    step: SourceStep = make("steps", {"kind": "source"})
    qtbot.addWidget(step)
    draft = Draft()
    step.join(draft)
    step.resize(1000, 700)
    step.show()
    yield step
    step.close()
    draft.deleteLater()


def come_to(step: SourceStep, kind: str) -> Any:
    step.kinds.setCurrentRow(list(step.pages).index(kind))
    return step.pages[kind]


def file_of(tmp_path: Path) -> Path:
    file = tmp_path / "muse.csv"
    rows = "\n".join(f"{i / 100:.2f},{i % 7},{i % 5}" for i in range(300))
    file.write_text(f"timestamps,TP9,AF7\n{rows}\n")
    return file


def test_the_simulated_participant_is_tested_used_and_started(step: SourceStep, qtbot: QtBot) -> None:
    started: list[SessionSettings] = []
    step.start_session.connect(started.append)
    assert step.page.title == "Simulated participant"
    step.test_button.click()
    assert "Give up" in step.test_button.text()
    qtbot.waitUntil(lambda: "answers: 19 channels, 250 Hz" in step.words.text(), timeout=PATIENCE_MS)
    qtbot.waitUntil(lambda: "Test" in step.test_button.text(), timeout=5000)
    step.use_button.click()
    assert step.draft.values == {"source": {"kind": "synthetic"}}
    assert "uses Simulated participant" in step.words.text()
    step.start_button.click()
    assert started[0].source == {"kind": "synthetic"}


def test_a_test_can_be_given_up(step: SourceStep) -> None:
    step.test_button.click()
    step.test_button.click()
    assert "Test" in step.test_button.text()
    assert not [timer for timer in step.findChildren(QTimer) if timer.isActive()]


def test_other_settings_are_not_yet_used(step: SourceStep) -> None:
    step.use_button.click()
    form = step.page.form
    assert form is not None
    form.editors["paradigm"].inner.setCurrentIndex(1)  # type: ignore[attr-defined]
    assert step.words.text() == ""
    step.use_button.click()
    assert step.draft.values["source"]["paradigm"] == "eyes"
    step.draft.undo_stack.undo()
    assert form.editors["paradigm"].value() == "workload"


def test_the_page_follows_a_session_from_elsewhere(step: SourceStep, tmp_path: Path) -> None:
    step.draft.replace("demo", demo_session())
    assert "uses Simulated participant" in step.words.text()
    path = str(file_of(tmp_path))
    step.draft.choose("file", source={"kind": "recording", "path": path, "speed": 5.0})
    assert step.page.title == "Recording"
    assert step.page.table() == {"kind": "recording", "path": path, "speed": "5.0"} or step.page.means(
        {"kind": "recording", "path": path, "speed": 5.0}
    )


def test_boards_are_found_by_typing_and_remembered(step: SourceStep, qtbot: QtBot) -> None:
    page: BoardPage = come_to(step, "brainflow_board")
    qtbot.waitUntil(lambda: page.list.count() > 40, timeout=PATIENCE_MS)
    qtbot.keyClicks(page.search, "cyton daisy")
    shown = [page.list.item(i) for i in range(page.list.count()) if not page.list.item(i).isHidden()]
    assert {item.data(Qt.ItemDataRole.UserRole) for item in shown} == {"CYTON_DAISY_BOARD", "CYTON_DAISY_WIFI_BOARD"}
    page.list.setCurrentItem(shown[0])
    name = shown[0].data(Qt.ItemDataRole.UserRole)
    assert "needs" in page.needs.text()
    assert page.form is not None
    shown_field = "serial_port" if name == "CYTON_DAISY_BOARD" else "ip_port"
    form = page.form
    qtbot.waitUntil(lambda: form.editors[shown_field].isVisible())
    assert not page.form.editors["streamer"].isVisible()
    page.form.editors["serial_number"].put("X1")
    page.form.changed.emit()
    step.use_button.click()
    assert step.draft.values["source"] == {"kind": "brainflow_board", "board": name, "serial_number": "X1"}
    other = next(i for i in range(page.list.count()) if page.list.item(i).text().startswith("Synthetic"))
    page.list.setCurrentRow(other)
    assert page.table() == {"kind": "brainflow_board", "board": "SYNTHETIC_BOARD"}
    page.list.setCurrentItem(shown[0])
    assert page.table() == step.draft.values["source"], "what a board was given is there again"


def test_a_missing_board_is_told_with_what_to_do(step: SourceStep, qtbot: QtBot) -> None:
    step.draft.choose("cyton", source={"kind": "brainflow_board", "board": "CYTON_BOARD", "serial_port": "/dev/none"})
    step.test_button.click()
    qtbot.waitUntil(lambda: step.words.text().startswith("✖"), timeout=PATIENCE_MS)
    assert "could not be opened: check the cable" in step.words.text()


def test_a_stream_on_the_network_appears_is_chosen_and_opened(step: SourceStep, qtbot: QtBot) -> None:
    name = f"cap-{uuid.uuid4().hex[:8]}"
    outlet = make_outlet(StreamPlan(name=name, source_id=name))
    page: StreamPage = come_to(step, "lsl_stream")
    assert page.table() is None
    assert not step.use_button.isEnabled()

    def place() -> int | None:
        rows = range(page.table_view.rowCount())
        return next((row for row in rows if page.table_view.item(row, 0).text() == name), None)

    qtbot.waitUntil(lambda: place() is not None, timeout=PATIENCE_MS)
    row = place()
    assert row is not None
    texts = [page.table_view.item(row, column).text() for column in range(page.table_view.columnCount())]
    assert texts[:4] == [name, "EEG", "4", "250 Hz"]
    assert texts[5].endswith("s")
    page.table_view.selectRow(row)
    table = page.table()
    assert table is not None
    assert (table["kind"], table["name"], table["source_id"]) == ("lsl_stream", name, name)
    step.use_button.click()
    assert step.draft.settings().lsl.scope == "machine"
    del outlet


def test_a_recording_is_dropped_described_and_kept_among_the_last(
    step: SourceStep, qtbot: QtBot, tmp_path: Path
) -> None:
    page: RecordingPage = come_to(step, "recording")
    assert page.table() is None
    file = file_of(tmp_path)
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(file))])
    page.dropEvent(
        QDropEvent(
            QPoint(5, 5), Qt.DropAction.CopyAction, data, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
        )
    )
    qtbot.waitUntil(lambda: "2 eeg; 100 Hz" in page.words.text(), timeout=PATIENCE_MS)
    step.use_button.click()
    assert step.draft.values["source"] == {"kind": "recording", "path": str(file)}
    assert page.list.item(0).text().startswith("muse.csv")
    again = make("steps", {"kind": "source"})
    qtbot.addWidget(again)
    assert again.pages["recording"].list.item(0).toolTip() == str(file)


def test_a_file_that_is_none_is_explained(step: SourceStep, qtbot: QtBot, tmp_path: Path) -> None:
    page: RecordingPage = come_to(step, "recording")
    page.choose(str(tmp_path / "gone.edf"))
    qtbot.waitUntil(lambda: page.words.text().startswith("✖"), timeout=PATIENCE_MS)
    assert "there is no such file" in page.words.text()


def test_nothing_looks_around_while_the_step_is_hidden(step: SourceStep, qtbot: QtBot) -> None:
    come_to(step, "lsl_stream")
    assert [timer for timer in step.findChildren(QTimer) if timer.isActive()]
    step.hide()
    assert not [timer for timer in step.findChildren(QTimer) if timer.isActive()]


def test_a_list_of_channels_is_typed(step: SourceStep, qtbot: QtBot) -> None:
    form = step.page.form
    assert form is not None
    line = form.editors["channels"].findChild(QLineEdit)
    assert isinstance(line, QLineEdit)
    line.setText("O1, O2")
    qtbot.keyClick(line, Qt.Key.Key_Return)
    step.use_button.click()
    assert step.draft.values["source"]["channels"] == ["O1", "O2"]
