"""Docks come back as they were left, in a smaller window with no greater share of it."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from ui.main_window import MainWindow


def width(window: MainWindow) -> int:
    dock = window.docks.docks["status"]
    return dock.width() if dock.isVisible() else 0


def arranged(window: MainWindow, qtbot: QtBot, px: int) -> None:
    """Give the dock of a step a width, and leave the step."""
    window.go_to("montage")
    qtbot.waitUntil(lambda: width(window) > 0)
    window.resizeDocks([window.docks.docks["status"]], [px], Qt.Orientation.Horizontal)
    qtbot.waitUntil(lambda: abs(width(window) - px) < 12)
    window.go_to("source")
    qtbot.wait(20)  # the window sets its size once more when the step has come


@pytest.mark.parametrize(("px", "share"), [(390, 390 / 1440), (800, 0.5)])
def test_a_smaller_window_keeps_their_share_and_half_for_the_step(
    window: MainWindow, qtbot: QtBot, px: int, share: float
) -> None:
    arranged(window, qtbot, px)
    window.resize(1000, 700)
    found = []
    for _ in range(3):  # coming back again and again takes nothing more
        window.go_to("montage")
        qtbot.waitUntil(lambda: 0 < width(window) < share * 1000 + 12)
        qtbot.wait(20)
        found.append(width(window))
        assert (window.width(), window.stack.width() >= 0.48 * 1000) == (1000, True)
        window.go_to("source")
        qtbot.wait(20)
    assert max(found) - min(found) < 12
    assert found[0] > 200


def test_the_same_window_and_a_larger_one_have_them_as_they_were(window: MainWindow, qtbot: QtBot) -> None:
    window.resize(1100, 800)
    arranged(window, qtbot, 310)
    window.go_to("montage")
    qtbot.waitUntil(lambda: abs(width(window) - 310) < 12)
    window.go_to("source")
    window.resize(1440, 900)
    window.go_to("montage")
    qtbot.waitUntil(lambda: abs(width(window) - 310) < 12)
