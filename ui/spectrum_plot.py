"""The plot of power densities: curves, bands shaded behind them, the mains frequency."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyqtgraph as pg
from numpy.typing import NDArray
from PySide6.QtCore import Qt
from PySide6.QtGui import QColor, QResizeEvent

from pipelines.spectra import BANDS_HZ, decibel
from ui import theme
from ui.quiet_plot import QuietPlot

GREEK = {"delta": "δ", "theta": "θ", "alpha": "α", "beta": "β", "gamma": "γ"}
MOST_NAMED = 8
"""More curves than these have no names beside the plot."""
NAME_PX = 60
"""Width of a band from which its name fits."""
LOWEST_HZ = 0.5
"""Where the axis begins: below it the mean was taken away."""


class SpectrumPlot(QuietPlot):
    """Curves of density over frequency. Both axes can be logarithmic; decibels are the logarithm of the upright one."""

    def __init__(self) -> None:
        self._bands: list[tuple[str, pg.LinearRegionItem, pg.TextItem]] = []
        super().__init__()
        self.log_x, self.in_db, self.max_hz, self.unit = False, True, 60.0, "µV"
        self._curves: dict[str, pg.PlotCurveItem] = {}
        self._range = (0.0, 1.0)
        for name in BANDS_HZ:
            item = pg.LinearRegionItem(pen=pg.mkPen(None), movable=False)
            text = pg.TextItem(name, anchor=(0.5, 0.0))
            self.addItem(item)
            self.addItem(text, ignoreBounds=True)
            self._bands.append((name, item, text))
        self.mains = pg.InfiniteLine(angle=90, label="{value}", labelOpts={"position": 0.06})
        self.addItem(self.mains)
        self.peak = pg.ScatterPlotItem(size=9, symbol="d")
        self.addItem(self.peak)
        self.showGrid(x=True, y=True, alpha=0.15)
        self.setLabel("bottom", "Frequency (Hz)")
        self.restyle()
        self.lay_out(50.0)
        self.say("No signal yet")

    def restyle(self) -> None:
        """Take the colours of the theme in force; curves take theirs when they are drawn."""
        super().restyle()
        colours = theme.palette()
        for number, (_, item, text) in enumerate(self._bands):
            shade = QColor(colours.text)
            shade.setAlpha(14 if number % 2 else 5)
            item.setBrush(shade)
            text.setColor(colours.muted)
        self.mains.setPen(pg.mkPen(colours.warning, style=Qt.PenStyle.DashLine))
        self.mains.label.setColor(colours.warning)
        self.peak.setPen(pg.mkPen(colours.text))
        self.peak.setBrush(pg.mkBrush(colours.accent))

    def lay_out(self, mains_hz: float) -> None:
        """Follow a change of axes or of the mains frequency (Hz; 0: none)."""
        self.setLogMode(x=self.log_x, y=False)
        unit = f"{self.unit}²/Hz"
        self.setLabel("left", f"Density (dB re 1 {unit})" if self.in_db else f"Density ({unit})")
        for name, item, _ in self._bands:
            low, high = BANDS_HZ[name]
            item.setRegion((self._x(low), self._x(min(high, self.max_hz))))
        self.mains.setVisible(0 < mains_hz <= self.max_hz)
        if mains_hz:
            self.mains.setValue(self._x(mains_hz))
            self.mains.label.setFormat("mains")
        self.setXRange(self._x(LOWEST_HZ), self._x(self.max_hz), padding=0.01)
        self._place_names()

    def draw(self, frequencies_hz: NDArray[np.float64], densities: dict[str, tuple[NDArray[np.float64], str]]) -> None:
        """Draw curves: name to density (n_bins,) and colour; curves of other names go."""
        shown = (frequencies_hz >= LOWEST_HZ) & (frequencies_hz <= self.max_hz)
        for name in [name for name in self._curves if name not in densities]:
            self.removeItem(self._curves.pop(name))
        levels = [self._level(density[shown]) for density, _ in densities.values()]
        for (name, (_, colour)), level in zip(densities.items(), levels, strict=True):
            if name not in self._curves:
                self._curves[name] = pg.PlotCurveItem()
                self.addItem(self._curves[name])
            # Antialiased lines wider than one pixel are many times dearer to paint.
            self._curves[name].setPen(pg.mkPen(colour, width=1))
            self._curves[name].setData(self._x(frequencies_hz[shown]), level, connect="finite")
        self._fit(np.concatenate(levels) if levels else np.zeros(0))

    def mark_peak(self, at: tuple[float, float] | None) -> None:
        """Mark a peak at frequency (Hz) and density; None: nothing."""
        if at is None:
            self.peak.setData([], [])
        else:
            self.peak.setData([float(self._x(at[0]))], [float(self._level(np.array(at[1])))])

    def _level(self, density: NDArray[np.float64]) -> NDArray[np.float64]:
        return decibel(density) if self.in_db else density

    def _x(self, frequency_hz: Any) -> Any:
        return np.log10(frequency_hz) if self.log_x else frequency_hz

    def _fit(self, levels: NDArray[np.float64]) -> None:
        """Keep the upright range in whole steps, so that it does not pump."""
        finite = levels[np.isfinite(levels)]
        if not finite.size:
            return
        low, high = float(finite.min()), float(finite.max())
        if self.in_db:
            wanted = (np.floor(low / 10) * 10, np.ceil((high + 4) / 10) * 10)
        else:
            digit = 10 ** np.floor(np.log10(max(high, 1e-6)))
            wanted = (0.0, float(np.ceil(high * 1.1 / digit) * digit))
        if wanted != self._range:
            self._range = (float(wanted[0]), float(wanted[1]))
            self.setYRange(*self._range, padding=0)
            self._place_names()

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802 - Qt's name
        """Shorten the names of the bands where they would run into one another."""
        super().resizeEvent(event)
        if self._bands:  # Qt resizes the plot before it is finished
            self._place_names()

    def _place_names(self) -> None:
        px = self.width() / (self._x(self.max_hz) - self._x(LOWEST_HZ))
        for name, _, text in self._bands:
            low, high = self._x(BANDS_HZ[name][0]), self._x(min(BANDS_HZ[name][1], self.max_hz))
            text.setVisible(BANDS_HZ[name][1] <= self.max_hz)
            text.setText(name if (high - low) * px > NAME_PX else GREEK[name])
            text.setPos((low + high) / 2, self._range[1])
