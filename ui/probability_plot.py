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
from ui.shaded_band import ShadedBand

MAX_BANDS, BAND_DECISIONS = 3, 9
"""With more classes than 3 bands would hide one another; each is of so many decisions around its place."""
FEWEST_PX = 100
"""More decisions than pixels are drawn as means of neighbours; no plot is narrower than this."""
SILENCE_HOPS = 2.5
"""Hops without a decision behind which curves begin anew."""
SHORTEST_S, TOP_Y = 10.0, 1.1
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
        self.getAxis("bottom").setStyle(maxTickLevel=0)
        self.showGrid(y=True, alpha=0.15)
        self._bands: list[ShadedBand] = []
        self.strips = pg.BarGraphItem(x0=[], x1=[], y0=[], y1=[], brushes=[], pen=None)
        self.addItem(self.strips)
        self._name_axis(truth=False)
        self.setXRange(0.0, SHORTEST_S, padding=0)
        self.restyle()

    def clear_all(self) -> None:
        """Forget everything."""
        self._decisions.clear()
        self._truths.clear()
        self._set_labels(())
        self.strips.setOpts(x0=[], x1=[], y0=[], y1=[], brushes=[])
        self._name_axis(truth=False)

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
        self._draw_curves([(t, d) for t, d in shown if d.labels == self._labels], SILENCE_HOPS * self._hop_s(shown))
        self._draw_strips(shown, now_s)
        self.setXRange(max(now_s - self._history_s, 0.0), max(now_s, min(self._history_s, SHORTEST_S)), padding=0)

    def _draw_curves(self, shown: list[tuple[float, Decision]], silence_s: float) -> None:
        gone = (np.nan,) * len(self._labels)
        known = [gone if d.abstained else d.probabilities for _, d in shown]
        values = np.array(known).reshape(len(shown), len(self._labels))
        edges = [edge for row in range(len(self._bands)) for edge in _band(values[:, row])]
        columns = np.column_stack([np.array([t for t, _ in shown]), values, *edges])
        columns = _thinned(columns, np.array([d.window_index for _, d in shown]), max(self.width(), FEWEST_PX))
        columns = _parted(columns, silence_s * max(1, len(shown) // max(1, len(columns))))
        times_s, drawn = columns[:, 0], columns[:, 1:]
        for row, curve in enumerate(self._curves):
            curve.setData(times_s, drawn[:, row], connect="finite")
        for row, band in enumerate(self._bands):
            low = len(self._curves) + 2 * row
            band.show_between(times_s, drawn[:, low], drawn[:, low + 1])

    def restyle(self) -> None:
        """Take the colours of the theme in force."""
        super().restyle()
        self.getAxis("left").setWidth(theme.px(54))
        for row, curve in enumerate(self._curves):
            curve.setPen(_pen(row))
        for row, band in enumerate(self._bands):
            band.set_colour(theme.palette().class_colour(row))

    def _draw_strips(self, shown: list[tuple[float, Decision]], now_s: float) -> None:
        hop_s, before_s = self._hop_s(shown), -np.inf
        decided = []
        for time_s, decision in shown:
            # A decision speaks of the time before it; a longer silence stays empty.
            start_s = before_s if time_s - before_s < 2 * hop_s else time_s - hop_s
            decided.append((start_s, time_s, "" if decision.abstained else decision.label))
            before_s = time_s
        truths = list(self._truths)
        ends_s = [*(time_s for time_s, _ in truths[1:]), now_s]
        true = [(start_s, end_s, label) for (start_s, label), end_s in zip(truths, ends_s, strict=False)]
        bars = [(*bar, DECIDED_Y) for bar in _joined(decided)] + [(*bar, TRUTH_Y) for bar in _joined(true)]
        self.strips.setOpts(
            x0=[bar[0] for bar in bars],
            x1=[bar[1] for bar in bars],
            y0=[bar[3] - STRIP_HEIGHT / 2 for bar in bars],
            y1=[bar[3] + STRIP_HEIGHT / 2 for bar in bars],
            brushes=[self._fill(bar[2]) for bar in bars],
        )
        self._name_axis(truth=bool(truths))

    def _name_axis(self, *, truth: bool) -> None:
        ticks = [(0.0, "0"), (0.5, "0.5"), (1.0, "1")]
        strips = [(DECIDED_Y, "decided"), (TRUTH_Y, "truth")][: 1 + truth]
        shown = strips if self._decisions or truth else []
        self.getAxis("left").setTicks([[*ticks, *shown]])
        self.setYRange(TRUTH_Y - STRIP_HEIGHT / 2 if shown else 1.0 - TOP_Y, TOP_Y, padding=0)

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
        for item in (*self._bands, *self._curves):
            self.removeItem(item)
        self._labels = labels
        shaded = range(len(labels)) if len(labels) <= MAX_BANDS else ()
        self._bands = [ShadedBand(theme.palette().class_colour(row)) for row in shaded]
        for band in self._bands:
            self.addItem(band)
        self._curves = [self.plot([], [], pen=_pen(row)) for row in range(len(labels))]


def _thinned(columns: NDArray[np.float64], numbers: NDArray[np.int64], most: int) -> NDArray[np.float64]:
    """Return means over as many neighbouring rows (n, k) as leave about ``most``; one unknown makes its mean unknown.

    Neighbours are told by their ``numbers`` (n,), so that they stay together while rows come and go.
    """
    together = -(-len(columns) // most)
    if together <= 1:
        return columns
    starts = np.flatnonzero(np.diff(numbers // together, prepend=-1))
    counts = np.diff(np.append(starts, len(columns)))
    return np.asarray(np.add.reduceat(columns, starts, axis=0) / counts[:, None])


def _parted(columns: NDArray[np.float64], silence_s: float) -> NDArray[np.float64]:
    """Return rows (n, k), times first, with an unknown one wherever nothing was decided for longer than that."""
    late = np.flatnonzero(np.diff(columns[:, 0]) > silence_s) + 1
    unknown = np.full((len(late), columns.shape[1]), np.nan)
    unknown[:, 0] = columns[late - 1, 0]
    return np.insert(columns, late, unknown, axis=0)


def _joined(bars: list[tuple[float, float, str]]) -> list[tuple[float, float, str]]:
    """Return bars (start, end, label) with neighbours of one label as one."""
    joined: list[tuple[float, float, str]] = []
    for start_s, end_s, label in bars:
        if joined and joined[-1][2] == label and joined[-1][1] == start_s:
            joined[-1] = (joined[-1][0], end_s, label)
        else:
            joined.append((start_s, end_s, label))
    return joined


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


def _pen(row: int) -> QPen:
    line = theme.CLASS_LINES[row % len(theme.CLASS_LINES)]
    pen: QPen = pg.mkPen(theme.palette().class_colour(row), width=2, style=line)
    return pen
