"""The second window on a real (offscreen) screen: what it shows, which markers it sets when, pause and end."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest
from PySide6.QtCore import QCoreApplication, QEvent, QSizeF, Qt, QTimer
from PySide6.QtGui import QImage, QKeyEvent, QPainter
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from bci_app.commands import InsertMarker
from bci_app.paradigm import Paradigm
from bci_app.scenes import Cue, Disc, Flicker, Letters, Scene
from bci_app.speller import ROWS
from devices.clock import now_s
from pipelines.plugins import make, names
from ui.paradigm_preview import first_scenes
from ui.stimulus_painter import paint, paint_words
from ui.stimulus_screens import TimerScreen
from ui.stimulus_window import MakeScreen, StimulusWindow

SHORT: dict[str, Any] = {
    "kind": "ssvep", "frequencies_hz": (10.0, 12.0), "blocks": 2, "cue_s": 0.1, "flicker_s": 2.5, "pause_s": 0.1,
    "block_pause_s": 0.2,
}  # fmt: skip


class Watched:
    """A window and all it said."""

    def __init__(self, paradigm: Paradigm, kind: MakeScreen | None = None) -> None:
        self.markers: list[InsertMarker] = []
        self.ends: list[tuple[object, bool]] = []
        self.refusals: list[str] = []
        self.heard_s: list[float] = []
        self.window = StimulusWindow(paradigm, full_screen=False, kind=kind)
        self.window.command.connect(self._keep)
        self.window.finished.connect(lambda timing, complete: self.ends.append((timing, complete)))
        self.window.refused.connect(self.refusals.append)

    def _keep(self, marker: InsertMarker) -> None:
        self.markers.append(marker)
        self.heard_s.append(now_s())

    @property
    def labels(self) -> list[str]:
        return [marker.label for marker in self.markers if marker.stream == "paradigm"]

    def press(self, key: Qt.Key) -> None:
        event = QKeyEvent(QEvent.Type.KeyPress, key, Qt.KeyboardModifier.NoModifier)
        QApplication.sendEvent(self.window.window, event)


@pytest.fixture
def watch(qapp: QApplication) -> Iterator[Callable[..., Watched]]:
    made: list[Watched] = []

    def make_one(screen: MakeScreen | None = None, **table: Any) -> Watched:
        made.append(Watched(make("paradigms", {**SHORT, **table}), screen))
        return made[-1]

    yield make_one
    for one in made:
        one.window.close()
        one.window.deleteLater()
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)


def test_a_run_sets_every_marker_at_the_time_of_its_frame(watch: Callable[..., Watched], qtbot: QtBot) -> None:
    watched = watch()
    qtbot.waitUntil(lambda: watched.window.phase == "ready", timeout=30_000)
    assert watched.markers == []
    watched.press(Qt.Key.Key_Space)
    qtbot.waitUntil(lambda: bool(watched.ends), timeout=60_000)
    steps = watched.window.paradigm.steps
    assert watched.labels == [marker for step in steps for marker in step.markers]
    times_s = [marker.time_s for marker in watched.markers if marker.time_s is not None]
    assert len(times_s) == len(watched.markers)
    assert times_s == sorted(times_s)
    assert all(heard_s >= time_s for heard_s, time_s in zip(watched.heard_s, times_s, strict=True))
    start, end = (json.loads(m.label) for m in watched.markers if m.stream == "paradigm_info")
    assert (start["event"], end["event"], end["complete"]) == ("start", "end", True)
    assert start["shown_hz"] == [10.0, 12.0]
    assert end["timing"]["n"] == len(steps)
    timing, complete = watched.ends[0]
    assert complete
    assert timing == watched.window.player.timing()  # type: ignore[union-attr]
    assert dict(watched.window.shown) == watched.window.paradigm.counts
    assert watched.window.phase == "done"


def test_it_can_be_paused_and_goes_on_with_the_trial(watch: Callable[..., Watched], qtbot: QtBot) -> None:
    watched = watch()
    qtbot.waitUntil(lambda: watched.window.phase == "ready", timeout=30_000)
    watched.window.begin()
    qtbot.waitUntil(lambda: len(watched.labels) >= 3, timeout=30_000)
    first = watched.labels[2]
    watched.press(Qt.Key.Key_Space)
    assert watched.window.phase == "paused"
    assert watched.labels[3] == "pause"
    watched.press(Qt.Key.Key_Space)
    qtbot.waitUntil(lambda: len(watched.labels) >= 5, timeout=30_000)
    assert watched.labels[4] == first


def test_escape_ends_it_and_says_that_it_is_not_whole(watch: Callable[..., Watched], qtbot: QtBot) -> None:
    watched = watch()
    qtbot.waitUntil(lambda: watched.window.phase == "ready", timeout=30_000)
    watched.window.begin()
    qtbot.waitUntil(lambda: len(watched.labels) >= 3, timeout=30_000)
    with qtbot.waitSignal(watched.window.gone, timeout=5_000):
        watched.press(Qt.Key.Key_Escape)
    assert [complete for _, complete in watched.ends] == [False]
    assert json.loads(watched.markers[-1].label)["complete"] is False


def test_closing_it_before_it_began_shows_nothing(watch: Callable[..., Watched], qtbot: QtBot) -> None:
    watched = watch()
    qtbot.waitUntil(lambda: watched.window.phase == "ready", timeout=30_000)
    watched.window.window.close()
    assert watched.ends == [(None, False)]
    assert watched.markers == []


def test_a_flicker_that_the_screen_cannot_show_is_refused(watch: Callable[..., Watched], qtbot: QtBot) -> None:
    watched = watch(wave="square", frequencies_hz=(8.0, 10.0))
    qtbot.waitUntil(lambda: bool(watched.refusals), timeout=30_000)
    assert "8 Hz cannot be shown at 60 Hz" in watched.refusals[0]
    assert watched.markers == []


class Unlocked(TimerScreen):
    """Claims to follow the screen, but shows frames as fast as it can."""

    can_lock = True

    def run(self) -> None:
        self._fast = QTimer(self, interval=2)
        self._fast.timeout.connect(lambda: self.frame_shown.emit(now_s()))
        self._fast.start()

    def halt(self) -> None:
        self._fast.stop()


class Silent(TimerScreen):
    """Claims to follow the screen, and shows nothing."""

    can_lock = True

    def run(self) -> None:
        pass


@pytest.mark.parametrize("screen", [Unlocked, Silent])
def test_swaps_that_do_not_follow_the_screen_are_replaced_by_a_timer(
    screen: MakeScreen, watch: Callable[..., Watched], qtbot: QtBot
) -> None:
    watched = watch(screen)
    qtbot.waitUntil(lambda: watched.window.phase == "ready", timeout=30_000)
    assert type(watched.window.window) is TimerScreen
    assert watched.window.player is not None
    assert watched.window.player.refresh_hz == 60.0
    assert not watched.window.player.timing().frame_locked


def picture(scene: Scene, frame: int = 0) -> np.ndarray:
    image = QImage(480, 320, QImage.Format.Format_Grayscale8)
    painter = QPainter(image)
    paint(painter, QSizeF(image.size()), scene, frame, 60.0)
    painter.end()
    rows = np.frombuffer(image.constBits(), np.uint8).reshape(320, image.bytesPerLine())
    return rows[:, :480].copy()


@pytest.mark.parametrize("kind", names("paradigms"))
def test_every_scene_of_a_paradigm_looks_like_itself(qapp: QApplication, kind: str) -> None:
    paradigm: Paradigm = make("paradigms", {"kind": kind})
    pictures = [picture(scene).tobytes() for scene in first_scenes(paradigm)]
    assert len(pictures) >= 2
    assert len(set(pictures)) == len(pictures)


def test_a_field_is_as_bright_as_its_frame_says(qapp: QApplication) -> None:
    scene = Flicker((10.0, 15.0), "square")
    middle = [picture(scene, frame)[137, 120] for frame in range(12)]
    assert middle == [255, 255, 255, 0, 0, 0] * 2
    assert picture(Flicker((10.0,), "sine"), 0)[137, 240] == 128


def test_only_what_is_lit_is_bright(qapp: QApplication) -> None:
    plain, lit = picture(Letters(ROWS, word="AB")), picture(Letters(ROWS, "ABCDEF", word="AB"))
    assert lit.sum() > plain.sum()
    changed = np.flatnonzero((plain != lit).any(axis=1))
    assert changed.max() < 0.4 * 320, "the first row alone"


def test_a_large_disc_is_larger_and_nothing_is_black(qapp: QApplication) -> None:
    small, large = (np.count_nonzero(picture(Disc(size)) > 200) for size in (0.12, 0.3))
    assert large > 4 * small
    assert not picture(Cue()).any()


@pytest.mark.parametrize("size", [(320, 200), (1920, 1080), (800, 1280)])
def test_words_fit_any_screen(qapp: QApplication, size: tuple[int, int]) -> None:
    image = QImage(*size, QImage.Format.Format_Grayscale8)
    painter = QPainter(image)
    paint_words(painter, QSizeF(image.size()), "Title", "word " * 20, "footer")
    painter.end()
    rows = np.frombuffer(image.constBits(), np.uint8).reshape(size[1], image.bytesPerLine())[:, : size[0]]
    assert rows.any()
    border = np.concatenate([rows[0], rows[-1], rows[:, 0], rows[:, -1]])
    assert not border.any(), "nothing is cut off"
