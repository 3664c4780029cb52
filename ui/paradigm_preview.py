"""What a paradigm looks like: its scenes in small, in the order in which they first come."""

from __future__ import annotations

from PySide6.QtCore import QSize, QSizeF
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QWidget

from bci_app.paradigm import Paradigm
from bci_app.scenes import Scene
from ui.stimulus_painter import paint

SHOWN = 3
GAP_PX = 8
PEAK_FRAME, PREVIEW_HZ = 1, 60.0
"""Frame of a flicker that is painted: one in which its fields differ."""


class ParadigmPreview(QWidget):
    """Paints the scenes with the painter of the stimulus window itself."""

    def __init__(self) -> None:
        super().__init__()
        self.scenes: list[Scene] = []
        self.setMinimumHeight(90)
        self.setAccessibleName("What is shown")

    def show_paradigm(self, paradigm: Paradigm | None) -> None:
        """Show the scenes of a paradigm."""
        self.scenes = [] if paradigm is None else first_scenes(paradigm)
        self.update()

    def sizeHint(self) -> QSize:  # noqa: N802 - Qt's name
        """Three small screens side by side."""
        return QSize(540, 120)

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802 - Qt's name
        """Paint each scene into its place."""
        if not self.scenes:
            return
        painter = QPainter(self)
        width = (self.width() - GAP_PX * (SHOWN - 1)) / SHOWN
        size = QSizeF(width, min(self.height(), 0.65 * width))
        for place, scene in enumerate(self.scenes):
            painter.save()
            painter.translate(place * (width + GAP_PX), 0)
            painter.setClipRect(0, 0, round(size.width()), round(size.height()))
            paint(painter, size, scene, PEAK_FRAME, PREVIEW_HZ)
            painter.restore()
        painter.end()


def first_scenes(paradigm: Paradigm) -> list[Scene]:
    """Return up to three scenes: the first of each class, then others that show something."""
    found: list[Scene] = []
    steps = [step for step in paradigm.steps if step.scene.words()]
    for wanted in (*paradigm.classes, ""):
        for step in steps:
            if (not wanted or wanted in step.markers) and step.scene not in found:
                found.append(step.scene)
                break
    return found[:SHOWN]
