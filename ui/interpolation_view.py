"""What interpolation would do to one channel: the last seconds as measured, and as the other electrodes say."""

from __future__ import annotations

import numpy as np
import pyqtgraph as pg
from numpy.typing import NDArray
from PySide6.QtWidgets import QLabel, QWidget

from pipelines.channel_faults import MIN_COMPARED
from pipelines.head_projection import placed
from pipelines.montage import positions, spline_weights
from ui import layouts, theme

SHOWN_S = 3.0


class InterpolationView(QWidget):
    """Two curves and a sentence."""

    def __init__(self) -> None:
        super().__init__()
        self.words = QLabel("Choose a channel to see what interpolation does to it.", wordWrap=True)
        self.words.setProperty("role", "muted")
        self.plot = pg.PlotWidget()
        self.plot.setMenuEnabled(False)
        self.plot.setMouseEnabled(False, False)
        menu = self.plot.plotItem.ctrlMenu
        menu.setParent(self.plot, menu.windowFlags())  # pyqtgraph's menu has no parent and would outlive the plot
        self.plot.hideButtons()
        self.plot.setFixedHeight(150)
        self.plot.hide()
        self.plot.getAxis("left").setWidth(54)
        self.plot.setLabel("left", "µV")
        self._measured = self.plot.plot([], [])
        self._made = self.plot.plot([], [])
        column = layouts.column(self, 2, (0, 0, 0, 0))
        column.addWidget(self.words)
        column.addWidget(self.plot)
        self.restyle()

    def restyle(self) -> None:
        """Take the colours of the theme in force."""
        colours = theme.palette()
        self.plot.setBackground(colours.surface)
        for side in ("bottom", "left"):
            self.plot.getAxis(side).setPen(colours.muted)
            self.plot.getAxis(side).setTextPen(colours.muted)
        self._measured.setPen(pg.mkPen(colours.muted, width=1))
        self._made.setPen(pg.mkPen(colours.accent, width=2, style=theme.CLASS_LINES[1]))

    def show_channel(
        self, name: str, names: tuple[str, ...], bad: frozenset[str], samples: NDArray[np.float32], rate_hz: float
    ) -> None:
        """Compare one channel with what the good ones say of its place.

        Parameters
        ----------
        name
            The channel.
        names
            All EEG channels in the order of the columns.
        bad
            Channels that have no say.
        samples
            (n_samples, n_channels), the newest last.
        rate_hz
            Sampling rate.
        """
        at_home = [i for i in placed(names) if names[i] not in bad and names[i] != name]
        if name not in names or not placed([name]) or len(at_home) < MIN_COMPARED or len(samples) < 2:
            self._say_why_not(name, names)
            return
        weights = spline_weights(positions([names[i] for i in at_home]), positions([name]))
        rows = np.nan_to_num(samples.astype(np.float64))
        measured, made = rows[:, names.index(name)], (rows[:, at_home] @ weights.T)[:, 0]
        measured, made = measured - measured.mean(), made - made.mean()
        times_s = (np.arange(len(rows)) - len(rows)) / rate_hz
        self.plot.show()
        self._measured.setData(times_s, measured)
        self._made.setData(times_s, made)
        spread = measured.std() * made.std()
        agreement = f"r = {float((measured * made).mean() / spread):.2f}" if spread > 0 else "one of them is flat"
        self.words.setText(
            f"{name} as measured (solid) and as {len(at_home)} other electrodes say (dashed): {agreement}; "
            f"standard deviation {measured.std():.1f} and {made.std():.1f} µV."
        )

    def _say_why_not(self, name: str, names: tuple[str, ...]) -> None:
        self.plot.hide()
        if name and name in names and not placed([name]):
            self.words.setText(f"{name} has no place on the head: give it the name of an electrode to interpolate it.")
        elif name:
            self.words.setText(f"Interpolation needs a signal and {MIN_COMPARED} good electrodes with known places.")
        else:
            self.words.setText("Choose a channel to see what interpolation does to it.")
