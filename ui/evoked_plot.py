"""The plot of event-related averages: one curve with its interval for each label."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pyqtgraph as pg
from numpy.typing import NDArray
from PySide6.QtGui import QColor

from ui import theme
from ui.quiet_plot import QuietPlot
from ui.shaded_band import ShadedBand


@dataclass(frozen=True, slots=True)
class ShownAverage:
    """A mean (n_times,), half its interval (n_times,), NaN where there is none, and how it is called."""

    mean: NDArray[np.float64]
    half: NDArray[np.float64]
    name: str


@dataclass(slots=True)
class _Curve:
    line: pg.PlotDataItem
    band: ShadedBand


class EvokedPlot(QuietPlot):
    """Each label keeps the colour and the stroke of its place in the list, so that colour alone tells nothing."""

    def __init__(self) -> None:
        super().__init__()
        self._curves: dict[str, _Curve] = {}
        self._range = (0.0, 0.0)
        self._named: list[str] = []
        self._zeros = [pg.InfiniteLine(0, angle=angle) for angle in (0, 90)]
        self.baseline = pg.LinearRegionItem(pen=pg.mkPen(None), movable=False)
        for item in (*self._zeros, self.baseline):
            self.addItem(item)
        self.legend = self.addLegend(offset=(-8, 8), verSpacing=-4)
        self.showGrid(x=True, y=True, alpha=0.15)
        self.setLabel("bottom", "Time from the marker (s)")
        self.restyle()

    def restyle(self) -> None:
        """Take the colours of the theme in force; curves take theirs when they are drawn again."""
        super().restyle()
        colours = theme.palette()
        for line in self._zeros:
            line.setPen(pg.mkPen(colours.muted, width=1))
        shade = QColor(colours.text)
        shade.setAlpha(12)
        self.baseline.setBrush(shade)
        self.legend.setLabelTextColor(colours.text)
        self._named = []
        for label in tuple(self._curves):
            self._drop(label)

    def lay_out(self, times_s: NDArray[np.float64], baseline_s: tuple[float, float] | None, unit: str) -> None:
        """Set the axes."""
        self.setXRange(float(times_s[0]), float(times_s[-1]), padding=0.01)
        self.setLabel("left", f"Average ({unit})")
        self.baseline.setVisible(baseline_s is not None)
        if baseline_s is not None:
            self.baseline.setRegion(baseline_s)

    def draw(self, times_s: NDArray[np.float64], shown: Mapping[str, tuple[int, ShownAverage]]) -> None:
        """Draw averages: label to its place in the list and what there is; curves of other labels go."""
        for label in [label for label in self._curves if label not in shown]:
            self._drop(label)
        for label, (place, average) in shown.items():
            if label not in self._curves:
                self._curves[label] = self._make(place)
            curve = self._curves[label]
            curve.line.setData(times_s, average.mean, connect="finite")
            curve.band.show_between(times_s, average.mean - average.half, average.mean + average.half)
        self._write_legend(shown)
        self._fit([average for _, average in shown.values()])

    def _write_legend(self, shown: Mapping[str, tuple[int, ShownAverage]]) -> None:
        """Name the curves; the same ones only get their new texts, which is much cheaper."""
        if list(shown) != self._named:
            self._named = list(shown)
            self.legend.clear()
            for label in shown:
                self.legend.addItem(self._curves[label].line, "")
        for label, (_, average) in shown.items():
            line = self.legend.getLabel(self._curves[label].line)
            if line.text != average.name:
                line.setText(average.name)

    def _make(self, place: int) -> _Curve:
        colour = theme.palette().class_colour(place)
        # Wider antialiased lines cost many times more to paint.
        pen = pg.mkPen(colour, width=1, style=theme.CLASS_LINES[place % len(theme.CLASS_LINES)])
        band = ShadedBand(colour)
        line = pg.PlotDataItem(pen=pen)
        for item in (band, line):
            self.addItem(item)
        return _Curve(line, band)

    def _drop(self, label: str) -> None:
        curve = self._curves.pop(label)
        for item in (curve.band, curve.line):
            self.removeItem(item)

    def _fit(self, averages: list[ShownAverage]) -> None:
        """Keep the upright range in steps of a leading digit, so that it does not pump."""
        edges = [edge for a in averages for edge in (a.mean - np.nan_to_num(a.half), a.mean + np.nan_to_num(a.half))]
        values = np.concatenate(edges) if edges else np.zeros(0)
        values = values[np.isfinite(values)]
        if not values.size:
            return
        step = 10 ** np.floor(np.log10(max(float(np.abs(values).max()), 1e-3)))
        low = float(min(0, np.floor(values.min() / step) * step))
        high = float(max(0, np.ceil(values.max() / step) * step))
        if (low, high) != self._range:
            self._range = (low, high)
            self.setYRange(low, max(high, low + step), padding=0.02)
