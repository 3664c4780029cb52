"""A whole session in the window, with a real engine process: from the source to the report and the replay."""

from __future__ import annotations

import multiprocessing
import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QSettings
from pytestqt.qtbot import QtBot

from bci_app.commands import Seek
from bci_app.config import validate
from bci_app.events import NOTES, EngineState, Event, RecordingEvent, StateEvent
from bci_app.report.contents import gather
from bci_app.report_verb import report_paths
from devices.sources.recording import open_recording
from ui.engine_client import EngineClient
from ui.main_window import MainWindow
from ui.steps.record import RecordStep
from ui.steps.replay import ReplayStep

PATIENCE_MS = 90_000


@pytest.fixture
def window(qtbot: QtBot, tmp_path: Path) -> Iterator[MainWindow]:
    store = QSettings(str(tmp_path / "preferences.ini"), QSettings.Format.IniFormat)
    window = MainWindow(EngineClient(), store)
    qtbot.addWidget(window)
    window.show()
    yield window
    window.close()


@pytest.fixture
def heard(window: MainWindow) -> list[Event]:
    events: list[Event] = []
    window.client.any_event.connect(events.append)
    return events


def session(folder: Path) -> dict[str, object]:
    return {
        "name": "lab",
        "source": {"kind": "synthetic", "speed": 8.0, "first_rest_s": 10.0, "block_s": 6.0},
        "decoder": {"name": "workload", "calibration": {"rest_s": 8.0}},
        "sinks": [{"kind": "xdf_recorder", "folder": str(folder), "autostart": False}],
    }


def test_from_the_source_to_the_report_and_the_replay(
    window: MainWindow, heard: list[Event], qtbot: QtBot, tmp_path: Path
) -> None:
    record, replay = window.steps["record"], window.steps["replay"]
    assert isinstance(record, RecordStep)
    assert isinstance(replay, ReplayStep)
    window.draft.replace("session", validate(session(tmp_path), "test"))
    window.go_to("record")
    record.fields["subject"].setText("07")
    record.fields["subject"].editingFinished.emit()

    window.bar.start_stop.trigger()
    qtbot.waitUntil(record.button.isEnabled, timeout=PATIENCE_MS)
    record.button.click()
    qtbot.waitUntil(lambda: record.button.text() == "Stop recording", timeout=PATIENCE_MS)
    record.note.setText("electrode wet")
    record.note.returnPressed.emit()
    qtbot.waitUntil(lambda: record.notes.count() == 1, timeout=PATIENCE_MS)
    decisions = record_decisions(window, qtbot, 30)
    with qtbot.waitSignal(record.finished.reported, timeout=PATIENCE_MS) as reported:
        record.button.click()
    path = tmp_path / "sub-07" / "ses-01" / "eeg" / "sub-07_ses-01_task-default_run-01_eeg.xdf"
    assert reported.args == [str(path), True], record.finished.words()
    assert all(page.stat().st_size > 10_000 for page in report_paths(path))
    report = gather(path)
    assert [text for _, text in report.notes] == ["electrode wet"]
    assert len(report.decisions) >= decisions
    assert [m.label for m in open_recording(path).markers if m.stream == NOTES] == ["electrode wet"]
    window.bar.start_stop.trigger()
    qtbot.waitUntil(lambda: not window.client.is_running, timeout=PATIENCE_MS)

    window.go_to("replay")
    replay.transport.speed.setCurrentText("max")
    replay.open_path(path)
    qtbot.waitUntil(lambda: replay.seek_bar.length_s > 0, timeout=PATIENCE_MS)
    qtbot.waitUntil(lambda: replay.transport.play.text() == "▶ Play", timeout=PATIENCE_MS)
    assert replay.seek_bar.lanes["then"]
    replay.seek_bar.sought.emit(2.0)
    qtbot.waitUntil(lambda: 0 < replay.seek_bar.position_s < 3.0, timeout=PATIENCE_MS)
    assert Seek(2.0).to_s == pytest.approx(replay.seek_bar.position_s, abs=0.01)


def record_decisions(window: MainWindow, qtbot: QtBot, count: int) -> int:
    """Wait for so many decisions from now on."""
    seen: list[object] = []
    window.client.decision.connect(seen.append)
    qtbot.waitUntil(lambda: len(seen) >= count, timeout=PATIENCE_MS)
    return count


def test_a_replay_of_a_whole_session_decides_as_it_was_decided(
    window: MainWindow, qtbot: QtBot, tmp_path: Path, heard: list[Event]
) -> None:
    settings = session(tmp_path)
    settings["sinks"] = [{"kind": "xdf_recorder", "folder": str(tmp_path)}]
    settings["duration_s"] = 40.0
    settings["report"] = False
    with qtbot.waitSignal(window.client.completed, timeout=PATIENCE_MS):
        window.run(validate(settings, "test"))
    (path,) = [Path(event.path) for event in heard if isinstance(event, RecordingEvent) and not event.active]
    replay = window.steps["replay"]
    assert isinstance(replay, ReplayStep)
    window.go_to("replay")
    replay.transport.speed.setCurrentText("max")
    replay.open_path(path)
    qtbot.waitUntil(lambda: "as they were then" in replay.differences.count.text(), timeout=PATIENCE_MS)
    qtbot.waitUntil(lambda: replay.transport.play.text() == "▶ Play", timeout=PATIENCE_MS)
    assert "(100 %)" in replay.differences.count.text()
    assert replay.differences.table.rowCount() == 0
    assert [s.label for s in replay.seek_bar.lanes["now"]] == [s.label for s in replay.seek_bar.lanes["then"]]


def test_a_crash_of_the_child_is_shown_in_every_step_and_another_session_can_be_started(
    window: MainWindow, heard: list[Event], qtbot: QtBot, tmp_path: Path
) -> None:
    record = window.steps["record"]
    assert isinstance(record, RecordStep)
    window.go_to("record")
    settings = {**session(tmp_path), "decoder": None}
    window.run(validate(settings, "test"))
    qtbot.waitUntil(record.button.isEnabled, timeout=PATIENCE_MS)
    record.button.click()
    qtbot.waitUntil(lambda: record.button.text() == "Stop recording", timeout=PATIENCE_MS)
    (engine,) = multiprocessing.active_children()
    os.kill(engine.pid or 0, signal.SIGKILL)
    qtbot.waitUntil(lambda: not window.client.is_running, timeout=PATIENCE_MS)
    last = [event for event in heard if isinstance(event, StateEvent)][-1]
    assert last.state is EngineState.FAILED
    assert "ended unexpectedly" in window.message_bar.text.text()
    assert not record.button.isEnabled()
    assert "no session runs" in record.state.text()
    (path,) = tmp_path.rglob("*.xdf")  # what was written before the crash is readable
    assert len(open_recording(path).times_s) > 0
    window.bar.start_stop.trigger()
    qtbot.waitUntil(record.button.isEnabled, timeout=PATIENCE_MS)
