"""The widget that shows traces: labels, the raster, grid, time axis, markers, a scale bar."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QFont, QFontMetrics, QPainter, QPaintEvent, QPen, QPixmap, QResizeEvent
from PySide6.QtWidgets import QWidget

from pipelines.channel_names import canonical_name
from pipelines.signal import StreamSpec
from ui import theme
from ui.raster import RasterStyle, TraceRaster

Motion = Literal["scroll", "sweep"]
TICKS_S = (0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 30)
AXIS_PX, STRIP_PX, RIGHT_PX = 22, 18, 60


@dataclass(frozen=True, slots=True)
class ShownMarker:
    """A marker at its sample, in its colour."""

    index: int
    label: str
    colour: str


class TraceView(QWidget):
    """Scrolling or sweeping traces of all channels. Emits :attr:`rebuild` when its image must be filled anew."""

    rebuild = Signal()

    def __init__(self, window_s: float, motion: Motion) -> None:
        super().__init__()
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self.setMinimumSize(320, 200)
        self.window_s, self.motion = window_s, motion
        self._spec: StreamSpec | None = None
        self._names: tuple[str, ...] = ()
        self._bad: frozenset[str] = frozenset()
        self._scales = np.zeros(0, dtype=np.float32)
        self._scale_text = ""
        self._raster: TraceRaster | None = None
        self._margin = QPixmap()
        self._left_px = 42
        self._markers: deque[ShownMarker] = deque(maxlen=1000)

    def sizeHint(self) -> QSize:  # noqa: N802 - Qt's name
        """Return the size the widget would like."""
        return QSize(900, 640)

    def prepare(self, spec: StreamSpec) -> None:
        """Show another stream; forget the old one."""
        self._spec = spec
        self._names = tuple(canonical_name(name) for name in spec.names)
        self._bad = frozenset()
        self._markers.clear()
        self._scales = np.full(spec.n_channels, 100, dtype=np.float32)
        self.renew()

    def renew(self) -> None:
        """Start an empty image of the present size and window, and ask for samples."""
        if self._spec is None:
            return
        metrics = QFontMetrics(self.label_font()[0])
        self._left_px = min(120, max(metrics.horizontalAdvance(name) for name in self._names)) + 18
        area, ratio = self.plot_area(), self.devicePixelRatioF()
        samples = max(2, round(self.window_s * self._spec.rate_hz))
        self._raster = TraceRaster(
            self._spec.n_channels,
            samples,
            round(self._tick_s() * self._spec.rate_hz),
            max(16, round(area.width() * ratio)),
            max(16, round(area.height() * ratio)),
            self._style(),
        )
        self._margin = QPixmap()
        self.rebuild.emit()
        self.update()

    def set_window(self, window_s: float) -> None:
        """Show so many seconds."""
        self.window_s = window_s
        self.renew()

    def set_motion(self, motion: Motion) -> None:
        """Scroll, or sweep over a standing picture."""
        self.motion = motion
        self.update()

    def set_scales(self, scales: NDArray[np.float32], text: str) -> None:
        """Set signal units per lane of each channel (n_channels,) and what the scale bar says."""
        self._scales, self._scale_text = scales, text
        self._restyle()

    def set_bad_channels(self, names: frozenset[str]) -> None:
        """Show these channels, by their own or their canonical name, as bad."""
        self._bad = names
        self._restyle()

    def push(self, samples: NDArray[np.float32], lost: NDArray[np.bool_], first_index: int) -> None:
        """Take samples (n_samples, n_channels) to show."""
        if self._raster is not None:
            self._raster.push(samples, lost, first_index)

    def add_marker(self, index: int, label: str, colour: str) -> None:
        """Show a marker at a sample."""
        self._markers.append(ShownMarker(index, label, colour))

    def spans(self) -> NDArray[np.float32]:
        """Return what each channel spans on the screen (n_channels,), NaN where nothing is."""
        return np.zeros(0, dtype=np.float32) if self._raster is None else self._raster.spans()

    def show_new(self) -> None:
        """Draw what is new and repaint the plot."""
        if self._raster is not None:
            self._raster.draw()
            area = self.plot_area()
            self.update(QRect(area.left() - 1, 0, self.width() - area.left() + 1, self.height()))

    def _is_bad(self, channel: int) -> bool:
        assert self._spec is not None
        return self._spec.names[channel] in self._bad or self._names[channel] in self._bad

    def _restyle(self) -> None:
        if self._raster is not None:
            self._raster.set_style(self._style())
            self._margin = QPixmap()
            self._raster.draw()
            self.update()

    def _style(self) -> RasterStyle:
        assert self._spec is not None
        n, ratio = self._spec.n_channels, self.devicePixelRatioF()
        lane = self.plot_area().height() * ratio / n
        colours = [
            theme.argb("#59626d" if self._is_bad(i) else theme.trace_colour(self._names[i], channel.kind))
            for i, channel in enumerate(self._spec.channels)
        ]
        return RasterStyle(
            centre_px=((np.arange(n) + 0.5) * lane).astype(np.float32),
            gain_px=(lane / self._scales).astype(np.float32),
            lane_px=lane,
            colours=np.array(colours, dtype=np.uint32),
            background=theme.argb(theme.BACKGROUND),
            grid=theme.argb(theme.GRID),
            gap=theme.argb(theme.GAP),
        )

    def label_font(self) -> tuple[QFont, int]:
        """Return the labels' font and how many channels share one label."""
        lane = self._plot_area_height() / max(1, len(self._names))
        font = QFont(self.font())
        font.setPixelSize(int(min(12, max(9, lane))))
        return font, max(1, int(np.ceil(9 / lane)))

    def _plot_area_height(self) -> int:
        return max(16, self.height() - AXIS_PX - STRIP_PX)

    def plot_area(self) -> QRect:
        """Return where the traces lie (px)."""
        left = self._left_px
        return QRect(left, STRIP_PX, max(16, self.width() - left - RIGHT_PX), self._plot_area_height())

    def _tick_s(self) -> float:
        wanted = self.window_s / max(1, self.plot_area().width() / 80)
        return next((tick for tick in TICKS_S if tick >= wanted), TICKS_S[-1])

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802 - Qt's name
        """Start anew at the new size."""
        super().resizeEvent(event)
        self.renew()

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802 - Qt's name
        """Paint the raster and what lies around it."""
        painter = QPainter(self)
        if self._raster is None or self._spec is None:
            painter.fillRect(self.rect(), QColor(theme.BACKGROUND))
            painter.setPen(QColor(theme.MUTED))
            painter.drawText(self.rect(), Qt.AlignmentFlag.AlignCenter, "No signal yet")
            painter.end()
            return
        area = self.plot_area()
        background = QColor(theme.BACKGROUND)
        painter.fillRect(0, 0, self.width(), area.top(), background)
        painter.fillRect(0, area.bottom() + 1, self.width(), self.height(), background)
        painter.fillRect(area.right() + 1, area.top(), RIGHT_PX, area.height(), background)
        self._paint_labels(painter, area)
        self._paint_raster(painter, area)
        self._paint_axis(painter, area)
        self._paint_markers(painter, area)
        self._paint_scale(painter, area)
        painter.end()

    def _paint_raster(self, painter: QPainter, area: QRect) -> None:
        assert self._raster is not None
        raster, ratio = self._raster, self.devicePixelRatioF()
        if self.motion == "sweep":
            painter.drawImage(QRectF(area), raster.image, QRectF(raster.image.rect()))
            x = area.left() + ((raster.newest_column + 1) % raster.width) / ratio
            width = min(14.0, area.right() + 1 - x)
            painter.fillRect(QRectF(x, area.top(), width, area.height()), QColor(theme.BACKGROUND))
            painter.fillRect(QRectF(x, area.top(), 1, area.height()), QColor(theme.ACCENT))
            return
        seam = (raster.right_column + 1) % raster.width
        for start, stop, x in ((seam, raster.width, 0), (0, seam, raster.width - seam)):
            target = QRectF(area.left() + x / ratio, area.top(), (stop - start) / ratio, area.height())
            painter.drawImage(target, raster.image, QRectF(start, 0, stop - start, raster.height))

    def _x_of(self, index: int, area: QRect) -> float | None:
        """Return where a sample lies (px); None if it is not on the screen."""
        assert self._raster is not None
        raster = self._raster
        column = raster.column_of(index)
        if not raster.newest_column - raster.width < column <= raster.newest_column:
            return None
        place = column % raster.width if self.motion == "sweep" else column - (raster.right_column - raster.width + 1)
        return area.left() + place / self.devicePixelRatioF()

    def _paint_axis(self, painter: QPainter, area: QRect) -> None:
        assert self._raster is not None
        assert self._spec is not None
        painter.setPen(QColor(theme.MUTED))
        painter.setFont(self._small_font())
        tick_s, rate = self._tick_s(), self._spec.rate_hz
        step = max(1, round(tick_s * rate))
        newest = (self._raster.newest_column + 1) * self._raster.window_samples // self._raster.width
        number = max(0, newest - self._raster.window_samples) // step
        while number * step <= newest:
            x = self._x_of(number * step, area)
            if x is not None:
                box = QRectF(x - 40, area.bottom() + 3, 80, AXIS_PX - 4)
                painter.drawText(box, Qt.AlignmentFlag.AlignCenter, _clock(number * tick_s, tick_s))
            number += 1

    def _paint_markers(self, painter: QPainter, area: QRect) -> None:
        painter.setFont(self._small_font())
        metrics = painter.fontMetrics()
        shown = [(x, marker) for marker in self._markers if (x := self._x_of(marker.index, area)) is not None]
        shown.sort(key=lambda pair: pair[0])
        for position, (x, marker) in enumerate(shown):
            room = (shown[position + 1][0] if position + 1 < len(shown) else area.right() + RIGHT_PX) - x - 8
            painter.setPen(QPen(QColor(marker.colour), 1, Qt.PenStyle.DashLine))
            painter.drawLine(QPointF(x, 4), QPointF(x, area.bottom()))
            if room > 12:
                painter.setPen(QColor(marker.colour))
                text = metrics.elidedText(marker.label, Qt.TextElideMode.ElideRight, int(room))
                painter.drawText(QPointF(x + 4, STRIP_PX - 5), text)

    def _paint_scale(self, painter: QPainter, area: QRect) -> None:
        lane = area.height() / len(self._names)
        x, top = area.right() + 9, area.top() + 6
        painter.setPen(QPen(QColor(theme.MUTED), 1))
        painter.drawLine(QPointF(x, top), QPointF(x, top + lane))
        for y in (top, top + lane):
            painter.drawLine(QPointF(x - 3, y), QPointF(x + 3, y))
        painter.setFont(self._small_font())
        box = QRectF(x + 8, top + lane / 2 - 8, RIGHT_PX - 18, 16)
        painter.drawText(box, Qt.AlignmentFlag.AlignVCenter, self._scale_text)

    def _paint_labels(self, painter: QPainter, area: QRect) -> None:
        """Paint the channel names from a picture made once: texts are the dearest part of a frame."""
        ratio = self.devicePixelRatioF()
        if self._margin.isNull():
            self._margin = QPixmap(round(area.left() * ratio), round(area.height() * ratio))
            self._margin.setDevicePixelRatio(ratio)
            self._margin.fill(QColor(theme.BACKGROUND))
            inner = QPainter(self._margin)
            font, every = self.label_font()
            inner.setFont(font)
            lane = area.height() / len(self._names)
            for channel in range(0, len(self._names), every):
                inner.setPen(QColor(theme.BAD if self._is_bad(channel) else theme.TEXT))
                box = QRectF(4, (channel + 0.5) * lane - 8, area.left() - 12, 16)
                align = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
                inner.drawText(box, align, self._names[channel])
            inner.end()
        painter.drawPixmap(0, area.top(), self._margin)

    def _small_font(self) -> QFont:
        font = QFont(self.font())
        font.setPixelSize(11)
        return font


def _clock(seconds: float, step_s: float) -> str:
    minutes, rest = divmod(seconds + 1e-9, 60)
    return f"{int(minutes)}:{rest:04.1f}" if step_s < 1 else f"{int(minutes)}:{int(rest):02d}"
