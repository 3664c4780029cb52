"""The window as a person uses it: buttons send commands, events move the window, mistakes become plain words."""

from __future__ import annotations

import multiprocessing
import os
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import Qt, QTimer
from PySide6.QtWidgets import QFileDialog
from pytestqt.qtbot import QtBot

from bci_app.commands import InsertMarker, StartRecording, StopRecording
from bci_app.config import demo_session, load_session, validate
from bci_app.events import (
    ChannelQualityEvent,
    EngineState,
    Event,
    HeartbeatEvent,
    NoticeEvent,
    RecordingEvent,
    Session,
    SessionEvent,
    StateEvent,
)
from pipelines.channel_quality import ChannelQuality
from pipelines.errors import ConfigError
from pipelines.signal import Channel, StreamSpec
from tests.unit.ui.scripted_engine import ScriptedEngine
from ui.engine_client import EngineClient
from ui.main_window import MainWindow
from ui.recorder_table import recorder_of, sinks_with
from ui.session_files import open_file

SESSION = '[source]\nkind = "synthetic"\nfirst_rest_s = 1\n'


@pytest.fixture
def engines() -> list[ScriptedEngine]:
    return []


@pytest.fixture
def window(qtbot: QtBot, engines: list[ScriptedEngine]) -> Iterator[MainWindow]:
    def make(settings: Any) -> ScriptedEngine:
        engines.append(ScriptedEngine(settings))
        return engines[-1]

    window = MainWindow(EngineClient(make))
    qtbot.addWidget(window)
    window.show()
    yield window
    window.close()


@pytest.fixture
def session_file(tmp_path: Path) -> Path:
    file = tmp_path / "lab.toml"
    file.write_text(SESSION)
    return file


def hear(window: MainWindow, engine: ScriptedEngine, qtbot: QtBot, *events: Event) -> None:
    engine.say(*events)
    with qtbot.waitSignal(window.client.refresh, timeout=5000):
        pass


def test_a_session_file_is_run(window: MainWindow, engines: list[ScriptedEngine], session_file: Path) -> None:
    window.open_path(session_file)
    assert engines[0].settings["source"]["kind"] == "synthetic"
    assert window.bar.start_stop.text() == "Stop"
    assert not window.message_bar.isVisible()


def test_the_file_dialog_opens_what_was_picked(
    window: MainWindow, engines: list[ScriptedEngine], session_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(QFileDialog, "getOpenFileName", lambda *_: (str(session_file), ""))
    window.bar.open_session.trigger()
    assert len(engines) == 1
    monkeypatch.setattr(QFileDialog, "getOpenFileName", lambda *_: ("", ""))
    window.bar.open_recording.trigger()
    assert len(engines) == 1


@pytest.mark.parametrize(("chosen", "decoder"), [(None, None), ({"name": "alpha"}, "alpha")])
def test_a_recording_is_replayed_to_the_chosen_decoder(
    window: MainWindow,
    engines: list[ScriptedEngine],
    tmp_path: Path,
    chosen: dict[str, str] | None,
    decoder: str | None,
) -> None:
    file = tmp_path / "old.xdf"
    file.write_bytes(b"XDF:")
    window.draft.choose("decoder", decoder=chosen)
    window.open_path(file)
    settings = engines[0].settings
    assert settings["source"] == {"kind": "recording", "path": str(file), "speed": 1.0}
    assert (settings["decoder"] or {}).get("name") == decoder
    assert settings["sinks"] == [{"kind": "xdf_recorder", "autostart": False}]


@pytest.mark.parametrize(
    ("name", "text", "complaint"),
    [
        ("absent.toml", None, "no such file"),
        ("broken.toml", "[source\n", "not valid TOML"),
        ("wrong.toml", '[source]\nkind = "synthetic"\nrate_hz = -1\n', "rate_hz = -1"),
        ("unknown.toml", '[source]\nkind = "telepathy"\n', "telepathy"),
    ],
)
def test_a_bad_file_is_explained_and_nothing_starts(
    window: MainWindow, engines: list[ScriptedEngine], tmp_path: Path, name: str, text: str | None, complaint: str
) -> None:
    if text is not None:
        (tmp_path / name).write_text(text)
    window.open_path(tmp_path / name)
    assert window.message_bar.isVisible()
    assert complaint in window.message_bar.text.text()
    assert name in window.message_bar.text.text()
    assert not engines


def test_the_demo_button_runs_the_demonstration(window: MainWindow, engines: list[ScriptedEngine]) -> None:
    window.bar.demo.trigger()
    assert engines[0].settings == demo_session().model_dump(mode="json")


def test_start_and_stop(window: MainWindow, engines: list[ScriptedEngine], session_file: Path, qtbot: QtBot) -> None:
    assert not window.bar.start_stop.isEnabled()
    window.open_path(session_file)
    window.bar.start_stop.trigger()
    qtbot.waitUntil(lambda: not window.client.is_running)
    assert engines[0].stopped
    assert (window.bar.start_stop.text(), window.bar.start_stop.isEnabled()) == ("Start", True)
    assert not window.bar.record.isEnabled()
    window.bar.start_stop.trigger()
    assert len(engines) == 2
    assert engines[1].settings == engines[0].settings


def test_markers_by_button_and_by_key(
    window: MainWindow, engines: list[ScriptedEngine], session_file: Path, qtbot: QtBot
) -> None:
    window.open_path(session_file)
    window.bar.marker_text.setText(" eyes closed ")
    window.bar.set_marker.trigger()
    window.bar.marker_text.setText("")
    window.activateWindow()
    qtbot.keyClick(window.panels["traces"], Qt.Key.Key_M)
    assert engines[0].commands == [InsertMarker("eyes closed"), InsertMarker("marker")]


def test_typing_a_marker_text_sets_no_marker(
    window: MainWindow, engines: list[ScriptedEngine], session_file: Path, qtbot: QtBot
) -> None:
    window.open_path(session_file)
    window.bar.marker_text.clear()
    window.bar.marker_text.setFocus()
    qtbot.keyClicks(window.bar.marker_text, "mmm")
    assert window.bar.marker_text.text() == "mmm"
    assert engines[0].commands == []


def test_recording_is_asked_for_and_followed(
    window: MainWindow, engines: list[ScriptedEngine], session_file: Path, qtbot: QtBot, tmp_path: Path
) -> None:
    window.open_path(session_file)
    recorder = {**recorder_of(window.draft.values), "subject": "07", "task": "rest"}
    window.draft.choose("labels", sinks=sinks_with(window.draft.values, recorder))
    window.bar.record.trigger()
    (asked,) = engines[0].commands
    assert isinstance(asked, StartRecording)
    assert (asked.labels.subject, asked.labels.task) == ("07", "rest"), "the labels of the record step"
    assert window.bar.record.text() == "Record", "only the recorder's own word counts"
    hear(window, engines[0], qtbot, NoticeEvent("info", "recording to a file"))
    assert window.bar.record.text() == "Record", "texts are for people"
    hear(window, engines[0], qtbot, RecordingEvent(str(tmp_path / "a.xdf"), True))
    assert window.bar.record.text() == "Stop recording"
    window.bar.record.trigger()
    assert engines[0].commands[-1] == StopRecording()
    engines[0].die("the engine ended unexpectedly (exit code -9)")
    qtbot.waitUntil(lambda: not window.client.is_running)
    assert window.bar.record.text() == "Record"


@pytest.mark.parametrize("state", list(EngineState))
def test_every_state_is_shown(
    window: MainWindow, engines: list[ScriptedEngine], session_file: Path, qtbot: QtBot, state: EngineState
) -> None:
    window.open_path(session_file)
    hear(window, engines[0], qtbot, StateEvent(EngineState.RUNNING), StateEvent(state, "because"))
    assert window.bar.state_chip.text().endswith(f" {state.value}")


def test_a_failure_is_told_in_the_bar_and_the_window_lives_on(
    window: MainWindow, engines: list[ScriptedEngine], session_file: Path, qtbot: QtBot
) -> None:
    window.open_path(session_file)
    engines[0].die("CYTON is not there: check the dongle")
    qtbot.waitUntil(lambda: not window.client.is_running)
    assert window.message_bar.text.text() == "CYTON is not there: check the dongle"
    assert window.message_bar.level == "error"
    window.bar.start_stop.trigger()
    assert len(engines) == 2
    assert not window.message_bar.isVisible()


def test_a_warning_does_not_hide_an_error(window: MainWindow) -> None:
    window.message_bar.say("error", "disk full")
    window.message_bar.say("warning", "12 samples were lost")
    assert window.message_bar.text.text() == "disk full"
    window.message_bar.dismiss.click()
    assert not window.message_bar.isVisible()
    window.message_bar.say("warning", "12 samples were lost")
    assert window.message_bar.text.text() == "12 samples were lost"


def test_what_was_overcome_leaves_the_bar(
    window: MainWindow, engines: list[ScriptedEngine], session_file: Path, qtbot: QtBot
) -> None:
    window.open_path(session_file)
    hear(window, engines[0], qtbot, StateEvent(EngineState.STALE, "no samples for 1.0 s"))
    assert window.message_bar.text.text() == "no samples for 1.0 s"
    hear(window, engines[0], qtbot, StateEvent(EngineState.RUNNING))
    assert not window.message_bar.isVisible()


def test_what_came_after_a_fault_stays_when_the_fault_is_overcome(
    window: MainWindow, engines: list[ScriptedEngine], session_file: Path, qtbot: QtBot
) -> None:
    window.open_path(session_file)
    hear(window, engines[0], qtbot, StateEvent(EngineState.STALE, "no samples for 1.0 s"))
    hear(window, engines[0], qtbot, NoticeEvent("warning", "no samples for 1.0 s"))
    hear(window, engines[0], qtbot, StateEvent(EngineState.RUNNING))
    assert window.message_bar.isVisible()


def test_a_hung_engine_is_told_with_a_restart_that_helps(
    window: MainWindow, engines: list[ScriptedEngine], session_file: Path, qtbot: QtBot
) -> None:
    window.open_path(session_file)
    hear(window, engines[0], qtbot, StateEvent(EngineState.RUNNING), HeartbeatEvent(0.0))
    engines[0].hangs = True
    qtbot.waitUntil(lambda: window.message_bar.isVisible(), timeout=5000)
    assert "does not answer" in window.message_bar.text.text()
    engines[0].say(HeartbeatEvent(1.0))
    qtbot.waitUntil(lambda: not window.message_bar.isVisible(), timeout=5000)
    qtbot.waitUntil(lambda: window.message_bar.isVisible(), timeout=5000)
    assert window.message_bar.remedy.text() == "Restart"
    window.message_bar.remedy.click()
    qtbot.waitUntil(lambda: len(engines) == 2, timeout=5000)
    assert engines[0].stopped
    assert engines[1].settings == engines[0].settings
    assert not window.message_bar.isVisible()


def test_an_engine_that_has_not_begun_to_beat_is_not_hung(
    window: MainWindow, engines: list[ScriptedEngine], session_file: Path, qtbot: QtBot
) -> None:
    window.open_path(session_file)
    with qtbot.assertNotEmitted(window.client.hung, wait=1500):
        hear(window, engines[0], qtbot, StateEvent(EngineState.CONNECTING, "loading"))


def test_another_session_starts_when_the_first_has_ended(
    window: MainWindow, engines: list[ScriptedEngine], session_file: Path, qtbot: QtBot
) -> None:
    window.open_path(session_file)
    window.run_demo()
    assert len(engines) == 1, "the window does not wait"
    qtbot.waitUntil(lambda: len(engines) == 2, timeout=5000)
    assert engines[0].stopped
    assert engines[1].settings["name"] == "demo"


def test_the_session_is_saved_as_a_file_that_says_the_same(
    window: MainWindow, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert not window.bar.save_session.isEnabled()
    source = {"kind": "recording", "path": "a.edf", "stop_s": None}
    montage = [{"kind": "rename", "names": {"EEG1": "C3"}}]
    window.draft.choose("all", source=source, decoder=None, montage=montage, stages=[])
    file = tmp_path / "mine.toml"
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (str(file), ""))
    window.bar.save_session.trigger()
    assert 'decoder = "none"' in file.read_text()
    saved = load_session(file)
    assert saved == window.draft.settings().model_copy(update={"source": {"kind": "recording", "path": "a.edf"}})
    window.save_as(tmp_path / "no" / "folder.toml")
    assert "cannot be written" in window.message_bar.text.text()


@pytest.mark.skipif(os.name == "nt", reason="nothing can be held back there")
def test_a_real_engine_that_stands_still_is_shown_and_replaced(qtbot: QtBot) -> None:
    window = MainWindow(EngineClient())
    qtbot.addWidget(window)
    window.show()
    window.run(validate({"source": {"kind": "synthetic"}, "decoder": None, "stages": []}, "test"))
    qtbot.waitUntil(lambda: window.bar.state_chip.text().endswith("running"), timeout=60_000)
    (child,) = multiprocessing.active_children()
    assert child.pid is not None
    qtbot.wait(600)
    os.kill(child.pid, signal.SIGSTOP)
    qtbot.waitUntil(lambda: "does not answer" in window.message_bar.text.text(), timeout=20_000)
    window.message_bar.remedy.click()
    qtbot.waitUntil(lambda: child not in multiprocessing.active_children(), timeout=20_000)
    qtbot.waitUntil(lambda: window.bar.state_chip.text().endswith("running"), timeout=60_000)
    window.close()
    assert not multiprocessing.active_children()


def test_closing_ends_the_engine(window: MainWindow, engines: list[ScriptedEngine], session_file: Path) -> None:
    window.open_path(session_file)
    window.close()
    assert engines[0].stopped


def test_an_idle_window_wakes_up_for_nothing(window: MainWindow) -> None:
    assert not [timer.interval() for timer in window.client.findChildren(QTimer) if timer.isActive()]
    assert not [timer.interval() for timer in window.findChildren(QTimer) if timer.isActive()]


def test_the_real_window_runs_and_leaves_no_child(qtbot: QtBot) -> None:
    window = MainWindow(EngineClient())
    qtbot.addWidget(window)
    window.show()
    window.go_to("signal")
    window.run(validate({"source": {"kind": "synthetic"}, "decoder": None, "stages": []}, "test"))
    qtbot.waitUntil(lambda: window.bar.state_chip.text().endswith("running"), timeout=60_000)
    qtbot.waitUntil(lambda: window.panels["traces"].redraws > 5, timeout=20_000)
    window.close()
    assert not multiprocessing.active_children()


def test_the_real_recorder_is_followed_from_the_button_to_the_saved_file(qtbot: QtBot, tmp_path: Path) -> None:
    window = MainWindow(EngineClient())
    qtbot.addWidget(window)
    window.show()
    window.go_to("signal")
    line = window.panels["status"].fields["Recording"]

    def said() -> str:
        return str(line.text()).replace("\u200b", "")  # where a name may be broken

    recorder = {"kind": "xdf_recorder", "folder": str(tmp_path), "autostart": False, "file_name": "{session}.xdf"}
    session = {"source": {"kind": "synthetic"}, "decoder": None, "stages": [], "sinks": [recorder]}
    window.run(validate(session, "test"))
    qtbot.waitUntil(lambda: window.bar.state_chip.text().endswith("running"), timeout=60_000)
    for name in ("session.xdf", "session_2.xdf"):
        window.bar.record.trigger()
        qtbot.waitUntil(lambda: window.bar.record.text() == "Stop recording", timeout=20_000)
        qtbot.waitUntil(lambda name=name: said().startswith(f"● {name}"), timeout=20_000)
        if name == "session.xdf":
            window.bar.record.trigger()
            qtbot.waitUntil(lambda: window.bar.record.text() == "Record", timeout=20_000)
            qtbot.waitUntil(lambda: said().startswith("off; saved session.xdf"), timeout=20_000)
    window.client.stop()
    assert window.bar.record.text() == "Record"
    assert said().startswith("off; saved session_2.xdf")
    assert "recorded " in window.panels["messages"].text.toPlainText().splitlines()[-2]
    window.close()


def test_amplitudes_that_are_none_of_eeg_are_told_and_mended_by_one_click(
    window: MainWindow, engines: list[ScriptedEngine], qtbot: QtBot
) -> None:
    settings = {"source": {"kind": "recording", "path": "a.fif"}, "decoder": None, "stages": []}
    window.run(validate(settings, "test"))
    one = ChannelQuality("Cz", "good", 5000.0, 20_000.0, 0.1, 0.9)
    begun = SessionEvent(Session("test", StreamSpec(250.0, (Channel("Cz"),))))
    hear(window, engines[0], qtbot, begun, *[ChannelQualityEvent((one,), float(n)) for n in range(2)])
    assert window.message_bar.isHidden(), "two seconds are no lasting doubt"
    hear(window, engines[0], qtbot, ChannelQualityEvent((one,), 2.0))
    assert "5e+03 µV" in window.message_bar.text.text()
    assert window.message_bar.remedy.text() == "Divide by 1,000"
    window.message_bar.remedy.click()
    qtbot.waitUntil(lambda: len(engines) == 2, timeout=5000)
    assert engines[1].settings["source"]["scale"] == pytest.approx(1e-3)
    for _ in range(2):  # the choice, and the whole session that was made of it
        window.draft.undo_stack.undo()
    assert window.draft.values["source"].get("scale", 1.0) == 1.0


def test_a_recording_without_decoder_or_a_missing_one(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="no such file"):
        open_file(tmp_path / "absent.edf")
    file = tmp_path / "x.EDF"
    file.write_bytes(b"0")
    settings = open_file(file, "alpha", "max")
    assert settings.decoder is not None
    assert (settings.decoder.name, settings.source["speed"]) == ("alpha", "max")


def test_a_window_that_is_closed_while_it_starts_starts_no_engine(
    window: MainWindow, engines: list[ScriptedEngine]
) -> None:
    settings = validate({"source": {"kind": "synthetic"}, "decoder": None}, "test")
    window.is_whole = False  # as while its panels are being made
    window.run(settings)
    window.close()
    window._make_panels([], one_by_one=False)
    window.run(settings)
    assert engines == []
    assert not window.client.is_running
