"""PySide6 6.12.0 drops references to None in void calls; on Python 3.11, where None is mortal, a plot soon dies."""

from __future__ import annotations

import sys

import numpy as np
import pyqtgraph as pg
from PySide6.QtGui import QImage, QPainter, QPainterPath, QPen
from pytestqt.qtbot import QtBot


def references_lost(calls: int, action: object) -> float:
    """How many references to None vanish for each call; 0 where None is immortal (Python 3.12 and later)."""
    before = sys.getrefcount(None)
    for _ in range(calls):
        action()  # type: ignore[operator]
    return (before - sys.getrefcount(None)) / calls


def test_void_painter_calls_keep_their_references() -> None:
    image = QImage(50, 50, QImage.Format.Format_RGB32)
    painter, pen, path = QPainter(image), QPen(), QPainterPath()
    for action in (
        lambda: painter.setPen(pen),
        lambda: painter.drawPath(path),
        lambda: painter.setRenderHint(QPainter.RenderHint.Antialiasing),
        painter.save,
        painter.restore,
        lambda: path.lineTo(1, 1),
    ):
        assert abs(references_lost(500, action)) < 0.1
    painter.end()


def test_painting_a_curve_keeps_references(qtbot: QtBot) -> None:
    plot = pg.PlotWidget()
    qtbot.addWidget(plot)
    plot.resize(300, 200)
    curve = plot.plot(np.zeros(200))
    plot.show()

    def frame() -> None:
        curve.setData(np.random.default_rng(0).normal(size=200))
        plot.grab()

    frame()
    assert references_lost(50, frame) < 10  # the faulty version lost about 156
