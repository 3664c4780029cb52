"""Spectrogram of one channel, a region or the mean: time to the right, frequency upwards, power as brightness."""

from __future__ import annotations

import numpy as np
import pyqtgraph as pg
from pydantic import Field
from PySide6.QtCore import QRectF

from bci_app.events import Session
from pipelines.plugins import PluginSettings
from pipelines.signal import Chunk
from pipelines.spectra import decibel
from ui import colour_scale, layouts, theme
from ui.channel_picker import MEAN, ChannelPicker
from ui.clock_axis import ClockAxis
from ui.colour_scale import ColourScale
from ui.live_spectra import LiveSpectra
from ui.number_box import number_box
from ui.quiet_plot import QuietPlot
from ui.scaling import eeg_unit
from ui.slow_panel import SlowPanel

KEEP_S = 120.0
HOP_S = 0.25


class Settings(PluginSettings):
    """What the spectrogram shows at first."""

    channels: str = Field(MEAN, description="EEG mean, a region or a channel.")
    window_s: float = Field(60.0, ge=10, le=KEEP_S, description="Seconds across the plot.")
    segment_s: float = Field(1.0, ge=0.25, le=4, description="Length of the segments transformed (s).")
    top_hz: float = Field(45.0, ge=10, le=120, description="Highest frequency shown (Hz).")


class SpectrogramPanel(SlowPanel):
    """A picture that moves on with the signal; what is missing in the signal is missing in it."""

    title = "Spectrogram"

    def __init__(self, settings: Settings) -> None:
        super().__init__()
        self._settings = settings
        self._live: LiveSpectra | None = None
        self._range = (0.0, 0.0)
        self._known, self._means = 0, np.zeros((0, 0))
        """Segments transformed, and mean densities of the channels shown, when it was last drawn."""
        self.picker = ChannelPicker(settings.channels, several=False)
        self.window_box = number_box((30.0, 60.0, KEEP_S), settings.window_s, "s", tip="Seconds across the plot")
        self.top = number_box((30.0, 45.0, 120.0), settings.top_hz, "Hz", tip="Highest frequency shown")
        for box in (self.picker, self.window_box, self.top):
            box.currentIndexChanged.connect(self._show_choice)
        self.plot = QuietPlot(ClockAxis("bottom"))
        self.plot.setLabel("left", "Frequency (Hz)")
        self.plot.getViewBox().setBackgroundColor(theme.palette().background)
        self.image = pg.ImageItem(axisOrder="row-major")
        self.plot.addItem(self.image)
        self.plot.say("No signal yet")
        self.scale = ColourScale("dB")
        row, below = layouts.row(margins=(10, 6, 10, 0)), layouts.row(spacing=2, margins=(0, 0, 4, 0))
        for widget in (self.picker, self.window_box, self.top):
            row.addWidget(widget)
        row.addStretch(1)
        below.addWidget(self.plot, 1)
        below.addWidget(self.scale)
        column = layouts.column(self, 4, (0, 0, 0, 4))
        column.addLayout(row)
        column.addLayout(below, 1)
        self.setMinimumSize(260, 150)

    def on_session(self, session: Session) -> None:
        """Begin anew with another stream."""
        self._live = LiveSpectra(session.spec, self._settings.segment_s, HOP_S, KEEP_S, 120.0)
        self._range = (0.0, 0.0)
        self._forget_means()
        self.picker.offer(session.spec)
        self.scale.setToolTip(f"Density in decibels re 1 {eeg_unit(session.spec)}²/Hz")
        self.touch()

    def on_chunk(self, chunk: Chunk) -> None:
        """Remember samples."""
        if self._live is not None and chunk.n_samples:
            self._live.push(chunk)
            if self._live.is_due:
                self.touch()

    def restyle(self) -> None:
        """Take the new colours into the plot."""
        self.plot.restyle()
        self.plot.getViewBox().setBackgroundColor(theme.palette().background)
        super().restyle()

    def recompute(self) -> bool:
        """Transform what is new and show it."""
        live = self._live
        if live is None:
            return False
        more = live.update()
        window_s, top_hz = self.window_box.currentData(), self.top.currentData()
        level = decibel(self._last(live, window_s)[:, live.frequencies_hz <= top_hz]).T
        self.plot.say("" if np.isfinite(level).any() else f"Waiting for {self._settings.segment_s:g} s without a gap …")
        self._range = colour_scale.steady_range(level[1:], self._range, 5.0)
        self.scale.show_range(*self._range)
        self._draw(level, live, window_s)
        return more

    def _last(self, live: LiveSpectra, window_s: float) -> np.ndarray:
        """Return mean densities of the channels shown (n_segments, n_bins); new segments alone cost something."""
        count = round(window_s / live.hop_s)
        new = live.next_number - self._known
        if not 0 <= new < count or not len(self._means):
            new = min(count, live.next_number)
            self._means = np.full((count, len(live.frequencies_hz)), np.nan)
        if new:
            columns = next(iter(self.picker.groups().values()), [])
            means = live.last(new * live.hop_s)[:, :, columns].mean(axis=2)
            self._means = np.concatenate((self._means, means))[-count:]
        self._known = live.next_number
        return self._means

    def _forget_means(self) -> None:
        self._known, self._means = 0, np.zeros((0, 0))

    def _draw(self, level: np.ndarray, live: LiveSpectra, window_s: float) -> None:
        """Place the picture: each column and row around the middle of its segment and frequency."""
        packed = colour_scale.pixels(level, *self._range)
        bytes_ = packed.view(np.uint8).reshape(*packed.shape, 4)
        self.image.setImage(bytes_[..., [2, 1, 0, 3]], autoLevels=False, levels=None)
        step_hz = float(live.frequencies_hz[1])
        n_rows, n_columns = level.shape
        end_s = live.end_s + live.hop_s / 2
        self.image.setRect(
            QRectF(end_s - n_columns * live.hop_s, -step_hz / 2, n_columns * live.hop_s, n_rows * step_hz)
        )
        left = max(0.0, end_s - window_s)
        self.plot.setRange(xRange=(left, left + window_s), yRange=(0, (n_rows - 0.5) * step_hz), padding=0)
        # Half a row above the highest frequency: its number would be cut off at the border.

    def _show_choice(self) -> None:
        self._range = (0.0, 0.0)
        self._forget_means()
        self.recompute()


def build(settings: Settings) -> SpectrogramPanel:
    """Make the panel."""
    return SpectrogramPanel(settings)
