"""The path of steps and the panels around it: reached by click and key, arranged by the person, remembered."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from PySide6.QtCore import QCoreApplication, QEvent, Qt
from PySide6.QtWidgets import QTabBar, QWidget
from pytestqt.qtbot import QtBot

from bci_app.config import demo_session
from bci_app.events import Session, SessionEvent
from pipelines.signal import Channel, StreamSpec
from tests.unit.ui.scripted_engine import ScriptedEngine
from ui.engine_client import EngineClient
from ui.main_window import MainWindow


@pytest.fixture
def open_window(qtbot: QtBot) -> Iterator[Callable[[], MainWindow]]:
    opened: list[MainWindow] = []

    def open_one() -> MainWindow:
        window = MainWindow(EngineClient(ScriptedEngine))
        qtbot.addWidget(window)
        window.show()
        opened.append(window)
        return window

    yield open_one
    for window in opened:
        window.close()


def shut(window: MainWindow) -> None:
    window.close()
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)


def shown_by(window: MainWindow, step: str) -> set[str]:
    return {name for place in window.steps[step].shows for name in place.split("|")}


def visible(window: MainWindow) -> set[str]:
    return {name for name, dock in window.docks.docks.items() if dock.isVisible()}


def test_each_step_brings_its_own_panels(open_window: Callable[[], MainWindow]) -> None:
    window = open_window()
    for name, step in window.steps.items():
        window.go_to(name)
        assert window.stack.currentWidget() is step
        assert window.step_bar.buttons[name].isChecked()
        assert visible(window) == shown_by(window, name)


def turn() -> None:
    for _ in range(6):  # as much as Qt needs to lay out; what waits longer tidies up by itself
        QCoreApplication.processEvents()


def test_tabs_of_one_step_are_not_left_in_another(open_window: Callable[[], MainWindow]) -> None:
    window = open_window()
    for size in ((1440, 900), (1000, 700)):
        window.resize(*size)
        for name in window.steps:  # the second time as each was left
            window.go_to(name)
            turn()
            bars = window.findChildren(QTabBar, options=Qt.FindChildOption.FindDirectChildrenOnly)
            tabs = {bar.tabText(k) for bar in bars if bar.isVisible() for k in range(bar.count())}
            assert ("Spectrum" in tabs) == (name == "signal"), name
            assert visible(window) == shown_by(window, name)


def test_every_step_fits_a_small_window(open_window: Callable[[], MainWindow]) -> None:
    window = open_window()
    window.message_bar.say("warning", "200 samples (0.8 s) were lost before sample 12200")
    spec = StreamSpec(250.0, tuple(Channel(name) for name in ("C3", "Cz", "C4", "Pz")))
    window.client.deliver(SessionEvent(Session("s", spec, classes=("rest", "task"), model_id="m")))
    for size in ((1440, 900), (1000, 700)):
        window.resize(*size)
        for name in window.steps:
            window.go_to(name)
            turn()
            window.grab()
            assert (window.width(), window.height()) == size, name


def test_the_controls_of_the_traces_are_one_line(open_window: Callable[[], MainWindow]) -> None:
    window = open_window()
    window.resize(1000, 700)
    for name in ("signal", "replay"):
        window.go_to(name)
        turn()
        controls = window.panels["traces"].controls  # type: ignore[attr-defined]  # the traces have some
        tops = {child.y() for child in controls.children() if isinstance(child, QWidget) and child.isVisible()}
        assert max(tops) - min(tops) < 10, "middles may differ by a pixel or two"


def test_a_panel_named_by_the_step_stands_in_its_page(open_window: Callable[[], MainWindow]) -> None:
    window = open_window()
    window.go_to("signal")
    assert window.steps["signal"].isAncestorOf(window.panels["traces"])
    assert window.panels["traces"].isVisible()
    assert "traces" not in window.docks.docks


def test_steps_are_reached_by_click_by_key_and_by_going_on(open_window: Callable[[], MainWindow], qtbot: QtBot) -> None:
    window = open_window()
    with qtbot.waitActive(window):
        window.activateWindow()
    for name, step in window.steps.items():
        qtbot.keyClick(window, Qt.Key(Qt.Key.Key_0 + step.order), Qt.KeyboardModifier.ControlModifier)
        assert window.step == name
    for name, button in window.step_bar.buttons.items():
        button.click()
        assert window.step == name
    assert not window.step_bar.next.isEnabled(), "after the last step comes nothing"
    window.go_to(next(iter(window.steps)))
    for name in list(window.steps)[1:]:
        window.step_bar.next.click()
        assert window.step == name


def test_the_arrangement_of_a_step_is_there_again_in_the_next_window(open_window: Callable[[], MainWindow]) -> None:
    window = open_window()
    window.go_to("signal")
    window.docks.docks["timing"].close()
    shut(window)
    window = open_window()
    window.go_to("signal")
    assert visible(window) == shown_by(window, "signal") - {"timing"}
    window.docks.reset(window.steps["signal"].shows)
    assert visible(window) == shown_by(window, "signal")


def test_what_was_chosen_can_be_taken_back(open_window: Callable[[], MainWindow]) -> None:
    window = open_window()
    window.draft.choose("source", source={"kind": "synthetic"})
    window.draft.choose("no decoder", decoder=None)
    assert window.draft.settings().decoder is None
    assert window.draft.undo_stack.undoText() == "no decoder"
    window.draft.undo_stack.undo()
    assert window.draft.settings().decoder is not None
    window.draft.undo_stack.undo()
    assert not window.draft.is_ready
    assert not window.bar.start_stop.isEnabled()
    window.draft.undo_stack.redo()
    assert window.bar.start_stop.isEnabled()


def test_a_session_that_a_step_asks_for_is_run_and_becomes_the_draft(open_window: Callable[[], MainWindow]) -> None:
    window = open_window()
    window.steps["signal"].start_session.emit(demo_session())
    assert window.client.is_running
    assert window.draft.settings() == demo_session()
