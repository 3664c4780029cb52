"""The time line of a recording: markers, what was decided then and now, what is lost, and where it is being played."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QBrush, QColor, QFontMetricsF, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from pipelines.signal import Marker
from ui import layouts, theme

LABEL_PX, MARGIN_PX, LANE_PX, TICKS_PX = 64, 8, 26, 18
STEP_S, LEAP_S = 1.0, 10.0
NICE_S = (1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600)
FEWEST_PX = 90
"""Between two labels of the time axis."""


@dataclass(frozen=True, slots=True)
class Stretch:
    """A run of like decisions; an empty label is none."""

    start_s: float
    end_s: float
    label: str


def runs(stretches: Sequence[Stretch], most_gap_s: float) -> list[Stretch]:
    """Join stretches of one label that follow one another; they come in the order of time."""
    joined: list[Stretch] = []
    for one in stretches:
        last = joined[-1] if joined else None
        if last is not None and last.label == one.label and one.start_s - last.end_s <= most_gap_s:
            joined[-1] = Stretch(last.start_s, max(last.end_s, one.end_s), last.label)
        else:
            joined.append(one)
    return joined


def clock(seconds: float) -> str:
    """Return a position as ``m:ss.t``."""
    minutes, left = divmod(max(0.0, seconds), 60)
    return f"{int(minutes)}:{left:04.1f}"


class SeekBar(QWidget):
    """Click or drag to go elsewhere; arrows go by a second, Page keys by ten, Home and End to the ends."""

    sought = Signal(float)
    """Emitted with the position (s) that was asked for."""

    def __init__(self) -> None:
        super().__init__()
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setMouseTracking(True)
        self.setAccessibleName("Position in the recording")
        self.length_s = 0.0
        self.position_s = 0.0
        self.markers: Sequence[Marker] = ()
        self.losses_s: Sequence[tuple[float, float]] = ()
        self.lanes: dict[str, list[Stretch]] = {"then": [], "now": []}
        self.classes: list[str] = []
        self._dragged_s: float | None = None

    def sizeHint(self) -> QSize:  # noqa: N802 - Qt's name
        """Two lanes, the markers above, the time below."""
        return QSize(400, 3 * LANE_PX + TICKS_PX + 3 * MARGIN_PX)

    def minimumSizeHint(self) -> QSize:  # noqa: N802 - Qt's name
        """As high as wanted."""
        return self.sizeHint()

    def show_recording(
        self,
        length_s: float,
        markers: Sequence[Marker] = (),
        losses_s: Sequence[tuple[float, float]] = (),
        classes: Sequence[str] = (),
    ) -> None:
        """Show another recording, from its begin; ``classes`` in the decoder's order have its colours."""
        self.length_s, self.markers, self.losses_s = length_s, markers, losses_s
        self.position_s, self._dragged_s = 0.0, None
        self.lanes = {"then": [], "now": []}
        self.classes = list(classes)
        self.update()

    def show_lane(self, name: str, stretches: list[Stretch]) -> None:
        """Show what was decided ``then`` or ``now``."""
        self.lanes[name] = stretches
        self.classes += [
            label for label in dict.fromkeys(s.label for s in stretches) if label and label not in self.classes
        ]
        self.update()

    def show_position(self, seconds: float) -> None:
        """Move the playhead."""
        if seconds != self.position_s:
            self.position_s = seconds
            self.update()

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802 - Qt's name
        """Draw everything."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        colours = theme.palette()
        lanes = self._lanes()
        for name, lane in lanes.items():
            painter.setPen(QColor(colours.muted))
            where = QRectF(MARGIN_PX, lane.top(), LABEL_PX - MARGIN_PX, lane.height())
            painter.drawText(where, Qt.AlignmentFlag.AlignVCenter, name)
            painter.fillRect(lane, QColor(colours.background))
        if self.length_s <= 0:
            painter.drawText(lanes["then"], Qt.AlignmentFlag.AlignCenter, "open a recording, or drop one here")
            return
        for start_s, end_s in self.losses_s:
            for lane in lanes.values():
                painter.fillRect(self._rect(lane, start_s, end_s), QColor(colours.gap))
        for name in ("then", "now"):
            for one in self.lanes[name]:
                self._draw_stretch(painter, lanes[name], one)
        self._draw_markers(painter, lanes["markers"])
        self._draw_ticks(painter, lanes["now"].bottom())
        self._draw_playhead(painter, lanes)
        if self.hasFocus():
            painter.setPen(QColor(colours.accent))
            painter.drawRect(QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5))

    def mousePressEvent(self, event: QMouseEvent) -> None:  # noqa: N802 - Qt's name
        """Take hold of the playhead."""
        if event.button() == Qt.MouseButton.LeftButton and self.length_s > 0:
            self._dragged_s = self._time_at(event.position().x())
            self.update()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:  # noqa: N802 - Qt's name
        """Drag the playhead, or say what is under the pointer."""
        if self.length_s <= 0:
            return
        time_s = self._time_at(event.position().x())
        if self._dragged_s is not None:
            self._dragged_s = time_s
            self.update()
        QToolTip.showText(event.globalPosition().toPoint(), self.words_at(time_s), self)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:  # noqa: N802 - Qt's name
        """Go where the playhead was let go."""
        if self._dragged_s is not None:
            time_s, self._dragged_s = self._dragged_s, None
            self.sought.emit(time_s)
            self.update()

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802 - Qt's name
        """Go elsewhere by keys."""
        moves = {
            Qt.Key.Key_Left: self.position_s - STEP_S,
            Qt.Key.Key_Right: self.position_s + STEP_S,
            Qt.Key.Key_PageUp: self.position_s - LEAP_S,
            Qt.Key.Key_PageDown: self.position_s + LEAP_S,
            Qt.Key.Key_Home: 0.0,
            Qt.Key.Key_End: self.length_s,
        }
        wanted = moves.get(Qt.Key(event.key()))
        if wanted is None or self.length_s <= 0:
            super().keyPressEvent(event)
            return
        self.sought.emit(min(max(0.0, wanted), self.length_s))

    def changeEvent(self, event: QEvent) -> None:  # noqa: N802 - Qt's name
        """Draw anew when the style changes."""
        super().changeEvent(event)
        self.update()

    def words_at(self, time_s: float) -> str:
        """Return what is known of a moment: position, decisions, markers near it."""
        lines = [clock(time_s)]
        for name, stretches in self.lanes.items():
            found = next((s for s in stretches if s.start_s <= time_s < s.end_s), None)
            if found is not None:
                lines.append(f"{name}: {layouts.words(found.label) or 'abstained'}")
        near_s = self.length_s * 4 / max(1.0, self._width())
        lines += [f"{clock(m.time_s)} {m.label}" for m in self.markers if abs(m.time_s - time_s) <= near_s][:4]
        return "\n".join(lines)

    def x_of(self, time_s: float) -> float:
        """Return where a time lies (px)."""
        return LABEL_PX + self._width() * time_s / self.length_s

    def _time_at(self, x: float) -> float:
        return min(max(0.0, (x - LABEL_PX) / self._width()), 1.0) * self.length_s

    def _width(self) -> float:
        return float(max(1, self.width() - LABEL_PX - MARGIN_PX))

    def _lanes(self) -> dict[str, QRectF]:
        return {
            name: QRectF(LABEL_PX, MARGIN_PX + k * (LANE_PX + 4), self._width(), LANE_PX)
            for k, name in enumerate(("markers", "then", "now"))
        }

    def _rect(self, lane: QRectF, start_s: float, end_s: float) -> QRectF:
        x = self.x_of(start_s)
        return QRectF(x, lane.top(), max(1.0, self.x_of(end_s) - x), lane.height())

    def _draw_stretch(self, painter: QPainter, lane: QRectF, one: Stretch) -> None:
        """Draw a class as a bar of its colour at a height of its own; an abstention hatched."""
        colours = theme.palette()
        where = self._rect(lane, one.start_s, one.end_s)
        if not one.label:
            painter.fillRect(where, QBrush(QColor(colours.muted), Qt.BrushStyle.BDiagPattern))
            return
        row = self.classes.index(one.label)
        height = lane.height() / max(2, len(self.classes))
        bar = QRectF(where.left(), lane.bottom() - height * (row + 1), where.width(), height)
        painter.fillRect(bar, QColor(colours.class_colour(row)))
        text = layouts.words(one.label)
        metrics = QFontMetricsF(self.font())
        if metrics.horizontalAdvance(text) + 8 < bar.width() and metrics.height() <= lane.height() / 2 + 4:
            painter.setPen(QColor(colours.text))
            beside = QRectF(bar.left() + 4, lane.top(), bar.width(), lane.height() - height)
            if row == 0:
                painter.drawText(beside, Qt.AlignmentFlag.AlignVCenter, text)
            elif row == 1 and len(self.classes) == 2:
                painter.drawText(beside.translated(0, height), Qt.AlignmentFlag.AlignVCenter, text)

    def _draw_markers(self, painter: QPainter, lane: QRectF) -> None:
        colours = theme.palette()
        metrics = QFontMetricsF(self.font())
        places = [self.x_of(marker.time_s) for marker in self.markers]
        painter.setPen(QPen(QColor(colours.accent), 1.0))
        for x in places:
            painter.drawLine(QPointF(x, lane.top()), QPointF(x, lane.bottom()))
        painter.setPen(QColor(colours.muted))
        for marker, x, until in zip(self.markers, places, [*places[1:], lane.right()], strict=False):
            if until - x >= FEWEST_PX / 3:
                text = metrics.elidedText(layouts.words(marker.label), Qt.TextElideMode.ElideRight, until - x - 7)
                where = QRectF(x + 4, lane.top(), until - x - 5, lane.height())
                painter.drawText(where, Qt.AlignmentFlag.AlignVCenter, text)

    def _draw_ticks(self, painter: QPainter, top: float) -> None:
        painter.setPen(QColor(theme.palette().muted))
        least_s = self.length_s * FEWEST_PX / self._width()
        step_s = next((nice for nice in NICE_S if nice >= least_s), NICE_S[-1])
        for k in range(int(self.length_s // step_s) + 1):
            x = self.x_of(k * step_s)
            painter.drawLine(QPointF(x, top), QPointF(x, top + 4))
            where = QRectF(x - 40, top + 4, 80, TICKS_PX)
            where.moveRight(min(where.right(), float(self.width())))
            painter.drawText(where, Qt.AlignmentFlag.AlignHCenter, clock(k * step_s).removesuffix(".0"))

    def _draw_playhead(self, painter: QPainter, lanes: dict[str, QRectF]) -> None:
        x = self.x_of(self.position_s if self._dragged_s is None else self._dragged_s)
        painter.setPen(QPen(QColor(theme.palette().text), 2.0))
        painter.drawLine(QPointF(x, lanes["markers"].top() - 4), QPointF(x, lanes["now"].bottom() + 4))
