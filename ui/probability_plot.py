"""Probabilities over time, with strips of what was decided and what was true."""

from __future__ import annotations

from collections import deque

import numpy as np
import pyqtgraph as pg
from numpy.typing import NDArray
from PySide6.QtGui import QBrush, QColor, QPen

from pipelines.decision import Decision
from ui import theme
from ui.quiet_plot import QuietPlot

MAX_BANDS, BAND_DECISIONS = 3, 9
"""With more classes than 3 bands would hide one another; each is of so many decisions around its place."""
DECIDED_Y, TRUTH_Y, STRIP_HEIGHT = -0.14, -0.30, 0.12


class ProbabilityPlot(QuietPlot):
    """The last ``history_s`` of decisions; times are seconds since ``origin_s``."""

    def __init__(self, history_s: float) -> None:
        super().__init__()
        self._history_s = history_s
        self._labels: tuple[str, ...] = ()
        self._curves: list[pg.PlotDataItem] = []
        self._decisions: deque[tuple[float, Decision]] = deque(maxlen=5000)
        self._truths: deque[tuple[float, str]] = deque(maxlen=1000)
        self.setYRange(TRUTH_Y - STRIP_HEIGHT / 2, 1.06, padding=0)
        self.getAxis("bottom").setStyle(maxTickLevel=0)
        self.getAxis("left").setWidth(54)
        self.showGrid(y=True, alpha=0.15)
        self._bands: list[pg.FillBetweenItem] = []
        self.strips = pg.BarGraphItem(x0=[], x1=[], y0=[], y1=[], brushes=[], pen=None)
        self.addItem(self.strips)

    def clear_all(self) -> None:
        """Forget everything."""
        self._decisions.clear()
        self._truths.clear()
        self._set_labels(())
        self.strips.setOpts(x0=[], x1=[], y0=[], y1=[], brushes=[])

    def add(self, time_s: float, decision: Decision) -> None:
        """Remember a decision on a window that ends at ``time_s``."""
        self._decisions.append((time_s, decision))

    def add_truth(self, time_s: float, label: str) -> None:
        """Remember that from ``time_s`` on the true state is ``label``."""
        self._truths.append((time_s, label))

    def redraw(self, now_s: float) -> None:
        """Draw what lies between ``now_s - history_s`` and ``now_s``."""
        shown = [(t, d) for t, d in self._decisions if t >= now_s - self._history_s]
        if shown and shown[-1][1].labels != self._labels:
            self._set_labels(shown[-1][1].labels)
        times = np.array([t for t, _ in shown])
        for row, curve in enumerate(self._curves):
            values = [np.nan if d.abstained else d.probabilities[row] for _, d in shown if d.labels == self._labels]
            shown_s = times[-len(values) :] if values else times[:0]
            curve.setData(shown_s, values, connect="finite")
            if self._bands:
                low, high = _band(np.array(values, dtype=np.float64))
                self._bands[row].curves[0].setData(shown_s, low, connect="finite")
                self._bands[row].curves[1].setData(shown_s, high, connect="finite")
        self._draw_strips(shown, now_s)
        self.setXRange(max(now_s - self._history_s, 0.0), max(now_s, min(self._history_s, 10.0)), padding=0)

    def restyle(self) -> None:
        """Take the colours of the theme in force."""
        super().restyle()
        for row, curve in enumerate(self._curves):
            curve.setPen(_pen(row))
        for row, band in enumerate(self._bands):
            band.setBrush(_brush(row))

    def _draw_strips(self, shown: list[tuple[float, Decision]], now_s: float) -> None:
        bars: list[tuple[float, float, float, QBrush]] = []
        hop_s, before_s = self._hop_s(shown), -np.inf
        for time_s, decision in shown:
            # A decision speaks of the time before it; a longer silence stays empty.
            fill = self._fill("" if decision.abstained else decision.label)
            bars.append((before_s if time_s - before_s < 2 * hop_s else time_s - hop_s, time_s, DECIDED_Y, fill))
            before_s = time_s
        truths = list(self._truths)
        for position, (time_s, label) in enumerate(truths):
            until = truths[position + 1][0] if position + 1 < len(truths) else now_s
            bars.append((time_s, until, TRUTH_Y, self._fill(label)))
        self.strips.setOpts(
            x0=[bar[0] for bar in bars],
            x1=[bar[1] for bar in bars],
            y0=[bar[2] - STRIP_HEIGHT / 2 for bar in bars],
            y1=[bar[2] + STRIP_HEIGHT / 2 for bar in bars],
            brushes=[bar[3] for bar in bars],
        )
        ticks = [(0.0, "0"), (0.5, "0.5"), (1.0, "1"), (DECIDED_Y, "decided")]
        self.getAxis("left").setTicks([[*ticks, (TRUTH_Y, "truth")] if truths else ticks])

    def _hop_s(self, shown: list[tuple[float, Decision]]) -> float:
        times = [t for t, _ in shown]
        return float(np.median(np.diff(times))) if len(times) > 1 else 1.0

    def _fill(self, label: str) -> QBrush:
        """Return the colour and pattern of a class; plain and pale where it is none of the decoder's."""
        if label not in self._labels:
            return QBrush(QColor(theme.palette().border))
        row = self._labels.index(label)
        return QBrush(QColor(theme.palette().class_colour(row)), theme.CLASS_FILLS[row % len(theme.CLASS_FILLS)])

    def _set_labels(self, labels: tuple[str, ...]) -> None:
        for item in (*self._curves, *self._bands, *(curve for band in self._bands for curve in band.curves)):
            self.removeItem(item)
        self._labels = labels
        self._bands = [self._new_band(row) for row in range(len(labels))] if len(labels) <= MAX_BANDS else []
        self._curves = [self.plot([], [], pen=_pen(row)) for row in range(len(labels))]

    def _new_band(self, row: int) -> pg.FillBetweenItem:
        edges = [pg.PlotCurveItem([], [], pen=None) for _ in range(2)]
        band = pg.FillBetweenItem(*edges, brush=_brush(row))
        for item in (*edges, band):
            self.addItem(item)
        return band


def _band(values: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return mean less and plus standard deviation over the decisions around each (n,), NaN where there is none."""
    padded = np.pad(values, BAND_DECISIONS // 2, constant_values=np.nan)
    around = np.lib.stride_tricks.sliding_window_view(padded, BAND_DECISIONS)[: len(values)]
    known = np.isfinite(around)
    count = np.maximum(known.sum(axis=1), 1)
    mean = np.where(known, around, 0.0).sum(axis=1) / count
    spread = np.sqrt((np.where(known, around - mean[:, None], 0.0) ** 2).sum(axis=1) / count)
    gone = ~np.isfinite(values)
    return np.where(gone, np.nan, np.clip(mean - spread, 0, 1)), np.where(gone, np.nan, np.clip(mean + spread, 0, 1))


def _brush(row: int) -> QColor:
    colour = QColor(theme.palette().class_colour(row))
    colour.setAlpha(50)
    return colour


def _pen(row: int) -> QPen:
    line = theme.CLASS_LINES[row % len(theme.CLASS_LINES)]
    pen: QPen = pg.mkPen(theme.palette().class_colour(row), width=2, style=line)
    return pen
