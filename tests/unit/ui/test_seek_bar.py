from __future__ import annotations

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QImage
from pytestqt.qtbot import QtBot

from pipelines.signal import Marker
from ui.seek_bar import SeekBar, Stretch, clock, runs


@pytest.fixture
def bar(qtbot: QtBot) -> SeekBar:
    bar = SeekBar()
    qtbot.addWidget(bar)
    bar.resize(800, 130)
    bar.show()
    bar.show_recording(100.0, (Marker(50.0, "task"),), ((20.0, 22.0),))
    return bar


def sought(bar: SeekBar) -> list[float]:
    found: list[float] = []
    bar.sought.connect(found.append)
    return found


@pytest.mark.parametrize("time_s", [0.0, 25.0, 60.0, 99.0])
def test_a_click_asks_for_the_time_under_it(bar: SeekBar, qtbot: QtBot, time_s: float) -> None:
    found = sought(bar)
    qtbot.mouseClick(bar, Qt.MouseButton.LeftButton, pos=QPoint(round(bar.x_of(time_s)), 40))
    assert found == [pytest.approx(time_s, abs=0.2)]
    assert bar.position_s == 0.0  # it moves when the engine says so


def test_dragging_asks_once_where_it_is_let_go(bar: SeekBar, qtbot: QtBot) -> None:
    found = sought(bar)
    qtbot.mousePress(bar, Qt.MouseButton.LeftButton, pos=QPoint(round(bar.x_of(10)), 40))
    qtbot.mouseMove(bar, QPoint(round(bar.x_of(30)), 40))
    qtbot.mouseMove(bar, QPoint(round(bar.x_of(70)), 40))
    assert found == []
    qtbot.mouseRelease(bar, Qt.MouseButton.LeftButton, pos=QPoint(round(bar.x_of(70)), 40))
    assert found == [pytest.approx(70.0, abs=0.2)]


@pytest.mark.parametrize(
    ("key", "time_s"),
    [
        (Qt.Key.Key_Left, 39.0), (Qt.Key.Key_Right, 41.0), (Qt.Key.Key_PageUp, 30.0), (Qt.Key.Key_PageDown, 50.0),
        (Qt.Key.Key_Home, 0.0), (Qt.Key.Key_End, 100.0),
    ],
)  # fmt: skip
def test_keys_ask_too(bar: SeekBar, qtbot: QtBot, key: Qt.Key, time_s: float) -> None:
    bar.show_position(40.0)
    found = sought(bar)
    qtbot.keyClick(bar, key)
    assert found == [time_s]


def test_without_a_recording_nothing_is_asked(bar: SeekBar, qtbot: QtBot) -> None:
    bar.show_recording(0.0)
    found = sought(bar)
    qtbot.mouseClick(bar, Qt.MouseButton.LeftButton, pos=QPoint(300, 40))
    qtbot.keyClick(bar, Qt.Key.Key_Right)
    assert found == []
    bar.grab()


def test_what_is_decided_is_drawn_and_told(bar: SeekBar) -> None:
    def picture() -> QImage:
        return bar.grab().toImage()

    bare = picture()
    bar.show_lane("now", [Stretch(10.0, 40.0, "rest"), Stretch(40.0, 60.0, "")])
    decided = picture()
    assert decided != bare
    bar.show_position(80.0)
    assert picture() != decided
    assert bar.words_at(20.0) == "0:20.0\nnow: rest"
    assert bar.words_at(50.0) == "0:50.0\nnow: abstained\n0:50.0 task"


def test_like_decisions_become_one_stretch_and_a_hole_ends_it() -> None:
    made = [Stretch(0, 1, "a"), Stretch(1, 2, "a"), Stretch(2, 3, "b"), Stretch(9, 10, "b")]
    assert runs(made, 0.5) == [Stretch(0, 2, "a"), Stretch(2, 3, "b"), Stretch(9, 10, "b")]
    assert clock(61.25) == "1:01.2"
