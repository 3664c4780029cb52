"""Welch's spectrum of the raw signal, by channel, region or mean, with the bands and the strongest rhythm."""

from __future__ import annotations

from html import escape

import numpy as np
from pydantic import Field
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QCheckBox, QLabel

from bci_app.events import QualityEvent, Session
from pipelines.channel_names import canonical_name
from pipelines.plugins import PluginSettings
from pipelines.signal import Chunk, StreamSpec
from pipelines.spectra import peak_frequency
from ui import layouts, theme
from ui.channel_picker import ALL_REGIONS, ChannelPicker
from ui.flow_layout import FlowLayout
from ui.live_spectra import LiveSpectra
from ui.number_box import number_box
from ui.scaling import eeg_unit
from ui.slow_panel import SlowPanel
from ui.spectrum_plot import MOST_NAMED, SpectrumPlot
from ui.steady_label import SteadyLabel

AVERAGES_S = (4.0, 10.0, 30.0)
TOP_HZ = (40.0, 60.0, 120.0)
PEAK_BETWEEN_HZ = (2.0, 40.0)


class Settings(PluginSettings):
    """What the spectrum shows at first."""

    channels: str = Field(ALL_REGIONS, description="EEG mean, all regions, all channels, a region or a channel.")
    average_s: float = Field(10.0, ge=2, le=60, description="Seconds of signal averaged.")
    segment_s: float = Field(2.0, ge=0.5, le=4, description="Length of Welch's segments (s); they overlap by half.")
    top_hz: float = Field(60.0, ge=10, le=250, description="Highest frequency shown (Hz).")
    mains_hz: float = Field(50.0, ge=0, le=60, description="Mains frequency that is marked (Hz); 0 is none.")


class SpectrumPanel(SlowPanel):
    """Samples in, at most five spectra a second out."""

    title = "Spectrum"

    def __init__(self, settings: Settings) -> None:
        super().__init__()
        self._settings = settings
        self._spec: StreamSpec | None = None
        self._live: LiveSpectra | None = None
        self._bad: frozenset[str] = frozenset()
        self.plot = SpectrumPlot()
        self.plot.max_hz = settings.top_hz
        self.picker = ChannelPicker(settings.channels, several=True)
        self.average = number_box(AVERAGES_S, settings.average_s, "s", tip="How much signal is averaged (Welch)")
        self.top = number_box(TOP_HZ, settings.top_hz, "Hz", tip="Highest frequency shown")
        self.mains = number_box(
            (0.0, 50.0, 60.0), settings.mains_hz, "Hz mains", "no mains", "Mains frequency, marked in the plot"
        )
        self.log_x, self.in_db = QCheckBox("log f"), QCheckBox("dB")
        self.in_db.setChecked(True)
        self.log_x.setToolTip("Frequency on a logarithmic axis")
        self.in_db.setToolTip("Density in decibels; off: as it is")
        self.peak = SteadyLabel("◆ 10.0 Hz: 0.123 µV²/Hz")
        self.peak.setToolTip("Strongest rhythm between 2 and 40 Hz above the 1/f slope, in the mean of what is shown")
        self.names = QLabel("", textFormat=Qt.TextFormat.RichText)
        for box in (self.picker, self.average, self.top, self.mains):
            box.currentIndexChanged.connect(self._show_choice)
        for check in (self.log_x, self.in_db):
            check.toggled.connect(self._show_choice)
        controls = FlowLayout((10, 6, 10, 0), 6)
        for widget in (self.picker, self.average, self.top, self.mains, self.log_x, self.in_db, self.peak, self.names):
            controls.addWidget(widget)
        column = layouts.column(self, 4, (0, 0, 0, 4))
        column.addLayout(controls)
        column.addWidget(self.plot, 1)
        self.setMinimumSize(260, 170)

    def on_session(self, session: Session) -> None:
        """Begin anew with another stream."""
        self._spec = spec = session.spec
        self._live = LiveSpectra(
            spec, self._settings.segment_s, self._settings.segment_s / 2, 60.0, max(*TOP_HZ, self._settings.top_hz)
        )
        self._bad = frozenset()
        self.picker.offer(spec)
        self.plot.unit = eeg_unit(spec)
        self.plot.lay_out(self.mains.currentData())
        self.touch()

    def on_chunk(self, chunk: Chunk) -> None:
        """Remember samples."""
        if self._live is not None and chunk.n_samples:
            self._live.push(chunk)
            if self._live.is_due:
                self.touch()

    def on_quality(self, event: QualityEvent) -> None:
        """Leave bad channels out of means."""
        self._bad = frozenset(event.bad_channels)
        self.touch()

    def restyle(self) -> None:
        """Take the new colours into the plot."""
        self.plot.restyle()
        super().restyle()

    def recompute(self) -> bool:
        """Transform what is new and draw."""
        if self._live is None or self._spec is None:
            return False
        more = self._live.update()
        waiting = f"Waiting for {self._settings.segment_s:g} s without a gap …"
        if not self._live.next_number:
            self.plot.draw(self._live.frequencies_hz, {})
            self._say_peak(None)
            self.plot.say(waiting)
            return more
        density, _ = self._live.mean(self.average.currentData())
        groups = self.picker.groups()
        several = len(groups) > 1
        shown = {
            name: (density[:, self._good(columns)].mean(axis=1), self._colour(name, columns, several))
            for name, columns in groups.items()
        }
        frequencies = self._live.frequencies_hz
        self.plot.draw(frequencies, shown)
        self._name_curves({name: colour for name, (_, colour) in shown.items()})
        whole = np.mean([curve for curve, _ in shown.values()], axis=0)
        at = peak_frequency(frequencies, whole, (PEAK_BETWEEN_HZ[0], min(PEAK_BETWEEN_HZ[1], self.plot.max_hz)))
        self._say_peak(at)
        self.plot.say("" if np.isfinite(whole).any() else waiting)
        return more

    def _say_peak(self, at: tuple[float, float] | None) -> None:
        self.plot.mark_peak(at)
        self.peak.setText("no peak" if at is None else f"◆ {at[0]:.1f} Hz: {at[1]:.3g} {self.plot.unit}²/Hz")

    def _name_curves(self, colours: dict[str, str]) -> None:
        """Name a few curves above the plot: within it names would lie on the curves."""
        several = 1 < len(colours) <= MOST_NAMED
        parts = [f'<span style="color:{colour}">━</span>&nbsp;{escape(name)}' for name, colour in colours.items()]
        text = "&nbsp; ".join(parts) if several else ""
        if text != self.names.text():
            self.names.setText(text)
            self.names.setVisible(several)

    def _good(self, columns: list[int]) -> list[int]:
        assert self._spec is not None
        names = self._spec.names
        good = [i for i in columns if names[i] not in self._bad and canonical_name(names[i]) not in self._bad]
        return good or columns

    def _colour(self, name: str, columns: list[int], several: bool) -> str:
        assert self._spec is not None
        channel = self._spec.channels[columns[0]]
        return theme.trace_colour(canonical_name(channel.name), channel.kind) if several else theme.palette().accent

    def _show_choice(self) -> None:
        self.plot.log_x, self.plot.in_db = self.log_x.isChecked(), self.in_db.isChecked()
        self.plot.max_hz = self.top.currentData()
        self.plot.lay_out(self.mains.currentData())
        self.recompute()


def build(settings: Settings) -> SpectrumPanel:
    """Make the panel."""
    return SpectrumPanel(settings)
