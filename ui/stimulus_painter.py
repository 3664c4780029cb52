"""Paints the scenes of a paradigm. A stimulus looks the same whatever theme the window has: grey on black."""

from __future__ import annotations

import math

from PySide6.QtCore import QPointF, QRectF, QSizeF, Qt
from PySide6.QtGui import QColor, QFont, QPainter, QPen, QPolygonF

from bci_app.flicker_frames import brightness
from bci_app.scenes import Cue, Disc, Flicker, Letters, Scene

BACK, INK, DIM, MARK = QColor(0, 0, 0), QColor(235, 235, 235), QColor(95, 95, 95), QColor(240, 190, 60)
ANGLES = {"right": 0.0, "down": 90.0, "left": 180.0, "up": 270.0}
CENTRE = Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap


def paint(painter: QPainter, size: QSizeF, scene: Scene, frame: int, refresh_hz: float) -> None:
    """Paint one frame.

    Parameters
    ----------
    painter, size
        What is painted on, and how large it is (px).
    scene, frame
        What is shown, and the frame's number since it came up.
    refresh_hz
        Frames a second.
    """
    painter.fillRect(QRectF(QPointF(0, 0), size), BACK)
    match scene:
        case Cue():
            _cue(painter, size, scene)
        case Flicker():
            _flicker(painter, size, scene, frame, refresh_hz)
        case Letters():
            _letters(painter, size, scene)
        case Disc():
            _disc(painter, size, scene)


def paint_words(painter: QPainter, size: QSizeF, title: str, text: str, footer: str) -> None:
    """Paint a page of words: before a run, while it is paused, after it."""
    painter.fillRect(QRectF(QPointF(0, 0), size), BACK)
    width, height = size.width(), size.height()
    _text(painter, QRectF(0.1 * width, 0.14 * height, 0.8 * width, 0.16 * height), title, 0.06 * height, INK)
    _text(painter, QRectF(0.1 * width, 0.32 * height, 0.8 * width, 0.4 * height), text, 0.036 * height, INK)
    _text(painter, QRectF(0.06 * width, 0.76 * height, 0.88 * width, 0.16 * height), footer, 0.028 * height, MARK)


def paint_progress(painter: QPainter, size: QSizeF, share: float, counts: str) -> None:
    """Paint how far the run is along the lower edge, out of the way of the eyes."""
    width, height = size.width(), size.height()
    bar = QRectF(0.3 * width, height - 14, 0.4 * width, 4)
    painter.fillRect(bar, QColor(40, 40, 40))
    painter.fillRect(QRectF(bar.topLeft(), QSizeF(bar.width() * share, bar.height())), DIM)
    _text(painter, QRectF(0, height - 44, width, 24), counts, max(11.0, 0.018 * height), DIM)


def _cue(painter: QPainter, size: QSizeF, scene: Cue) -> None:
    width, height = size.width(), size.height()
    unit = min(width, height)
    middle = QPointF(width / 2, height / 2)
    if scene.symbol:
        _arrow(painter, middle, 0.28 * unit, ANGLES[scene.symbol])
    elif scene.cross:
        _cross(painter, middle, 0.05 * unit)
    if scene.text:
        beside = scene.symbol or scene.cross
        place = QRectF(0.05 * width, (0.68 if beside else 0.3) * height, 0.9 * width, (0.2 if beside else 0.4) * height)
        _text(painter, place, scene.text, (0.05 if beside else 0.08) * height, INK)


def _arrow(painter: QPainter, middle: QPointF, length: float, angle: float) -> None:
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.translate(middle)
    painter.rotate(angle)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(INK)
    shape = ((-0.5, -0.1), (0.1, -0.1), (0.1, -0.28), (0.5, 0.0), (0.1, 0.28), (0.1, 0.1), (-0.5, 0.1))
    painter.drawPolygon(QPolygonF([QPointF(x * length, y * length) for x, y in shape]))
    painter.restore()


def _cross(painter: QPainter, middle: QPointF, half: float, colour: QColor = INK) -> None:
    painter.setPen(QPen(colour, max(2.0, 0.16 * half)))
    painter.drawLine(middle - QPointF(half, 0), middle + QPointF(half, 0))
    painter.drawLine(middle - QPointF(0, half), middle + QPointF(0, half))


def _flicker(painter: QPainter, size: QSizeF, scene: Flicker, frame: int, refresh_hz: float) -> None:
    for number, place in enumerate(field_places(len(scene.frequencies_hz), size)):
        share = 0.4
        if scene.active:
            share = brightness(scene.frequencies_hz[number], scene.wave, frame, refresh_hz)
        level = round(255 * share)
        painter.fillRect(place, QColor(level, level, level))
        if number == scene.target:
            painter.setPen(QPen(MARK, max(3.0, 0.05 * place.width())))
            gap = 0.1 * place.width()
            painter.drawRect(place.adjusted(-gap, -gap, gap, gap))
        below = QRectF(place.left(), place.bottom() + 0.14 * place.height(), place.width(), 0.2 * place.height())
        _text(painter, below, f"{scene.frequencies_hz[number]:g} Hz", 0.1 * place.height(), DIM)
    if scene.target is None:
        _cross(painter, QPointF(size.width() / 2, size.height() / 2), 0.03 * size.height())


def field_places(n: int, size: QSizeF) -> list[QRectF]:
    """Return the places of flickering fields: one row for up to four, else two."""
    n_rows = 1 if n <= 4 else 2
    n_columns = math.ceil(n / n_rows)
    cell_w, cell_h = size.width() / n_columns, 0.86 * size.height() / n_rows
    side = 0.52 * min(cell_w, cell_h)
    places = []
    for number in range(n):
        row, column = divmod(number, n_columns)
        middle = QPointF((column + 0.5) * cell_w, (row + 0.5) * cell_h)
        places.append(QRectF(middle.x() - side / 2, middle.y() - side / 2, side, side))
    return places


def _letters(painter: QPainter, size: QSizeF, scene: Letters) -> None:
    width, height = size.width(), size.height()
    word = QRectF(0, 0.02 * height, width, 0.07 * height)
    done, rest = scene.word[: scene.n_spelled], scene.word[scene.n_spelled :]
    _text(painter, word, f"{done}[{rest[:1]}]{rest[1:]}", 0.045 * height, DIM)
    _text(painter, word.translated(0, 0.075 * height), scene.spelled or " ", 0.05 * height, MARK)
    cell = min(width / len(scene.rows[0]), 0.78 * height / len(scene.rows))
    left, top = (width - cell * len(scene.rows[0])) / 2, 0.18 * height
    for row, letters in enumerate(scene.rows):
        for column, letter in enumerate(letters):
            place = QRectF(left + column * cell, top + row * cell, cell, cell)
            lit = letter in scene.lit
            marked = letter in (scene.target, scene.chosen)
            colour = MARK if marked else INK if lit else DIM
            _text(painter, place, letter, (0.72 if lit or marked else 0.5) * cell, colour, bold=lit or marked)
            if marked:
                painter.setPen(QPen(MARK, max(2.0, 0.03 * cell)))
                painter.drawRect(place.adjusted(0.08 * cell, 0.08 * cell, -0.08 * cell, -0.08 * cell))


def _disc(painter: QPainter, size: QSizeF, scene: Disc) -> None:
    middle = QPointF(size.width() / 2, size.height() / 2)
    if scene.size > 0:
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(INK)
        radius = 0.5 * scene.size * size.height()
        painter.drawEllipse(middle, radius, radius)
    _cross(painter, middle, 0.02 * size.height(), BACK if scene.size > 0 else INK)


def _text(painter: QPainter, place: QRectF, text: str, size_px: float, colour: QColor, *, bold: bool = False) -> None:
    font = QFont(painter.font())
    font.setPixelSize(max(8, round(size_px)))
    font.setBold(bold)
    painter.setFont(font)
    painter.setPen(colour)
    painter.drawText(place, CENTRE, text)
