"""The widget that shows traces: the raster, and around it names, time axis, markers and a scale bar."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QEvent, QPointF, QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QFont, QMouseEvent, QPainter, QPaintEvent, QPixmap, QResizeEvent
from PySide6.QtWidgets import QWidget

from pipelines.channel_names import canonical_name
from pipelines.signal import StreamSpec
from ui import theme, trace_decor
from ui.flagged_stretches import Stretch
from ui.raster import RasterStyle, TraceRaster
from ui.trace_decor import AXIS_PX, RIGHT_PX, STRIP_PX, Label, ShownMarker
from ui.trace_lanes import Arrangement, Lanes, arrange

Motion = Literal["scroll", "sweep"]
TICKS_S = (0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 30)
FLAG_TINT = 0.22
"""How much of the warning's colour is in the shade behind flagged samples."""


@dataclass(frozen=True, slots=True)
class Pointed:
    """A place on the plot: a sample of the shown stream, the channels of its lane, and the height (px from the top)."""

    index: int
    channels: tuple[int, ...]
    y: float


class TraceView(QWidget):
    """Scrolling or sweeping traces of all channels. Emits :attr:`rebuild` when its image must be filled anew."""

    rebuild = Signal()
    pointed = Signal()
    """The pointer has moved over the plot, or has left it."""

    def __init__(self, window_s: float, motion: Motion) -> None:
        super().__init__()
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self.setMinimumSize(320, 160)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMouseTracking(True)
        self.window_s, self.motion = window_s, motion
        self.arrangement: Arrangement = "stacked"
        self._spec: StreamSpec | None = None
        self._lanes: Lanes | None = None
        self._names: tuple[str, ...] = ()
        self._bad: frozenset[str] = frozenset()
        self._scales = np.zeros(0, dtype=np.float32)
        self._scale_text = self._readout = ""
        self._raster: TraceRaster | None = None
        self._margin = QPixmap()
        self._left_px = 42
        self._pointer: QPointF | None = None
        self._markers: deque[ShownMarker] = deque(maxlen=1000)
        self._flagged: Sequence[Stretch] = ()

    def sizeHint(self) -> QSize:  # noqa: N802 - Qt's name
        """Return the size the widget would like."""
        return QSize(900, 640)

    def prepare(self, spec: StreamSpec) -> None:
        """Show another stream, or the same one in another way; markers stay."""
        self._spec = spec
        self._names = tuple(canonical_name(name) for name in spec.names)
        self._scales = np.full(spec.n_channels, 100, dtype=np.float32)
        self.renew()

    def forget(self) -> None:
        """Forget markers and bad channels: another session begins."""
        self._bad, self._flagged = frozenset(), ()
        self._markers.clear()

    def renew(self) -> None:
        """Start an empty image of the present size and window, and ask for samples."""
        if self._spec is None:
            return
        self._lanes = arrange(self._spec, self.arrangement)
        self._left_px = trace_decor.labels_width(self._labels(), self.label_font()[0])
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

    def set_arrangement(self, arrangement: Arrangement) -> None:
        """Give each channel its lane, or lay the EEG on top of one another."""
        self.arrangement = arrangement
        self.renew()

    def set_scales(self, scales: NDArray[np.float32], text: str) -> None:
        """Set signal units per scale bar of each channel (n_channels,) and what the bar says."""
        self._scales, self._scale_text = scales, text
        self.restyle()

    def set_bad_channels(self, names: frozenset[str]) -> None:
        """Show these channels, by their own or their canonical name, as bad."""
        self._bad = names
        self.restyle()

    def set_readout(self, text: str) -> None:
        """Set what is written beside the pointer; empty: nothing."""
        self._readout = text

    def push(self, samples: NDArray[np.float32], lost: NDArray[np.bool_], first_index: int) -> None:
        """Take samples (n_samples, n_channels) to show."""
        if self._raster is not None:
            self._raster.push(samples, lost, first_index)

    def flag(self, stretches: Sequence[Stretch], shown: Sequence[Stretch]) -> None:
        """Shade new stretches of the samples pushed; ``shown`` are all of the window, for the bar above."""
        self._flagged = shown
        if self._raster is not None and self._spec is not None:
            for stretch in stretches:
                rate = self._spec.rate_hz
                self._raster.flag(round(stretch.start_s * rate), round(stretch.stop_s * rate))

    def add_marker(self, marker: ShownMarker) -> None:
        """Show a marker."""
        self._markers.append(marker)

    def spans(self) -> NDArray[np.float32]:
        """Return what each channel spans on the screen (n_channels,), NaN where nothing is."""
        return np.zeros(0, dtype=np.float32) if self._raster is None else self._raster.spans()

    def show_new(self) -> None:
        """Draw what is new and repaint the plot."""
        if self._raster is not None:
            self._raster.draw()
            area = self.plot_area()
            self.update(QRect(area.left() - 1, 0, self.width() - area.left() + 1, self.height()))

    def restyle(self) -> None:
        """Draw all columns anew: scale, colours or bad channels are others."""
        if self._raster is not None:
            self._raster.set_style(self._style())
            self._margin = QPixmap()
            self._raster.draw()
            self.update()

    def pointed_at(self) -> Pointed | None:
        """Return what lies under the pointer; None where it is off the plot or nothing is there yet."""
        if self._raster is None or self._lanes is None or self._pointer is None:
            return None
        area, raster = self.plot_area(), self._raster
        if not area.contains(self._pointer.toPoint()):
            return None
        place = int((self._pointer.x() - area.left()) * self.devicePixelRatioF())
        if self.motion == "sweep":
            column = raster.newest_column - (raster.newest_column - place) % raster.width
        else:
            column = raster.right_column - raster.width + 1 + place
        if not 0 <= column <= raster.newest_column:
            return None
        y = self._pointer.y() - area.top()
        # The middle sample of the column.
        index = ((2 * column + 1) * raster.window_samples) // (2 * raster.width)
        return Pointed(index, self._lanes.at(y / area.height()), y)

    def heights_of(self, values: NDArray[np.float32]) -> NDArray[np.float64]:
        """Return how high values (n_channels,) of the channels are drawn (px from the top of the plot)."""
        assert self._lanes is not None
        height = self.plot_area().height()
        return np.asarray((self._lanes.centre - values * self._lanes.unit / self._scales) * height)

    def _is_bad(self, channel: int) -> bool:
        assert self._spec is not None
        return self._spec.names[channel] in self._bad or self._names[channel] in self._bad

    def _style(self) -> RasterStyle:
        assert self._spec is not None
        assert self._lanes is not None
        height, colours, lanes = self.plot_area().height() * self.devicePixelRatioF(), theme.palette(), self._lanes
        traces = [
            theme.argb(colours.bad_trace if self._is_bad(i) else theme.trace_colour(self._names[i], channel.kind))
            for i, channel in enumerate(self._spec.channels)
        ]
        return RasterStyle(
            centre_px=(lanes.centre * height).astype(np.float32),
            gain_px=(lanes.unit * height / self._scales).astype(np.float32),
            lane_px=(lanes.lane * height).astype(np.float32),
            reach_px=(lanes.reach * height).astype(np.float32),
            colours=np.array(traces, dtype=np.uint32),
            background=theme.argb(colours.background),
            grid=theme.argb(colours.grid),
            gap=theme.argb(colours.gap),
            flagged=theme.argb(_mixed(colours.background, colours.warning, FLAG_TINT)),
        )

    def _labels(self) -> list[Label]:
        assert self._lanes is not None
        return [
            Label(place, self._names[channels[0]], self._is_bad(channels[0]))
            if len(channels) == 1
            else Label(place, f"{len(channels)} × EEG", bad=False)
            for place, channels in self._lanes.labels
        ]

    def label_font(self) -> tuple[QFont, int]:
        """Return the labels' font and how many channels share one label."""
        n_labels = max(1, len(self._lanes.labels) if self._lanes is not None else len(self._names))
        lane = self._plot_area_height() / n_labels
        font = QFont(self.font())
        font.setPixelSize(int(min(theme.px(12), max(9, lane))))
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

    def mouseMoveEvent(self, event: QMouseEvent) -> None:  # noqa: N802 - Qt's name
        """Follow the pointer."""
        self._pointer = event.position()
        self.pointed.emit()

    def leaveEvent(self, event: QEvent) -> None:  # noqa: N802 - Qt's name
        """Forget the pointer."""
        self._pointer = None
        self.pointed.emit()

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802 - Qt's name
        """Paint the raster and what lies around it."""
        painter = QPainter(self)
        background = QColor(theme.palette().background)
        if self._raster is None or self._spec is None or self._lanes is None:
            painter.fillRect(self.rect(), background)
            painter.setPen(QColor(theme.palette().muted))
            painter.drawText(self.rect(), Qt.AlignmentFlag.AlignCenter, "No signal yet")
            painter.end()
            return
        area = self.plot_area()
        painter.fillRect(0, 0, self.width(), area.top(), background)
        painter.fillRect(0, area.bottom() + 1, self.width(), self.height(), background)
        painter.fillRect(area.right() + 1, area.top(), RIGHT_PX, area.height(), background)
        if self._margin.isNull():
            font, every = self.label_font()
            self._margin = trace_decor.label_picture(self._labels(), every, area, self.devicePixelRatioF(), font)
        painter.drawPixmap(0, area.top(), self._margin)
        self._paint_raster(painter, area)
        self._paint_over(painter, area)
        painter.end()

    def _paint_over(self, painter: QPainter, area: QRect) -> None:
        assert self._raster is not None
        assert self._spec is not None
        assert self._lanes is not None

        def x_of(time_s: float) -> float | None:
            return self._x_of(time_s, area)

        painter.setFont(trace_decor.small_font(self.font()))
        rate = self._spec.rate_hz
        newest_s = (self._raster.newest_column + 1) * self._raster.window_samples / self._raster.width / rate
        oldest_s = newest_s - self.window_s
        trace_decor.paint_axis(painter, area, self._tick_s(), (oldest_s, newest_s), x_of)
        for stretch in self._flagged:
            left, right = (
                x_of(max(stretch.start_s, oldest_s + 2 / rate)),
                x_of(min(stretch.stop_s, newest_s) - 1 / rate),
            )
            if left is not None and right is not None and left <= right:
                trace_decor.paint_flag_bar(painter, area, left, right)
        trace_decor.paint_markers(painter, area, self._markers, x_of)
        trace_decor.paint_scale(
            painter, area, float(self._lanes.unit[self._lanes.labels[0][1][0]]) * area.height(), self._scale_text
        )
        if self._readout and self._pointer is not None:
            trace_decor.paint_readout(painter, area, self._pointer, self._readout)

    def _paint_raster(self, painter: QPainter, area: QRect) -> None:
        assert self._raster is not None
        raster, ratio, colours = self._raster, self.devicePixelRatioF(), theme.palette()
        if self.motion == "sweep":
            painter.drawImage(QRectF(area), raster.image, QRectF(raster.image.rect()))
            x = area.left() + ((raster.newest_column + 1) % raster.width) / ratio
            width = min(14.0, area.right() + 1 - x)
            painter.fillRect(QRectF(x, area.top(), width, area.height()), QColor(colours.background))
            painter.fillRect(QRectF(x, area.top(), 1, area.height()), QColor(colours.accent))
            return
        seam = (raster.right_column + 1) % raster.width
        for start, stop, x in ((seam, raster.width, 0), (0, seam, raster.width - seam)):
            target = QRectF(area.left() + x / ratio, area.top(), (stop - start) / ratio, area.height())
            painter.drawImage(target, raster.image, QRectF(start, 0, stop - start, raster.height))

    def _x_of(self, time_s: float, area: QRect) -> float | None:
        """Return where a time since the start of the stream lies (px); None if it is not on the screen."""
        assert self._raster is not None
        assert self._spec is not None
        raster = self._raster
        column = raster.column_of(round(time_s * self._spec.rate_hz))
        if not raster.newest_column - raster.width < column <= raster.newest_column:
            return None
        place = column % raster.width if self.motion == "sweep" else column - (raster.right_column - raster.width + 1)
        return area.left() + place / self.devicePixelRatioF()


def _mixed(first: str, second: str, share: float) -> str:
    """Return ``#rrggbb`` between two colours."""
    pairs = [(int(first[i : i + 2], 16), int(second[i : i + 2], 16)) for i in (1, 3, 5)]
    return "#" + "".join(f"{round(a + (b - a) * share):02x}" for a, b in pairs)
