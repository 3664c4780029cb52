"""Band powers on the head: one map for each band, or one band alone."""

from __future__ import annotations

from typing import Literal

import numpy as np
from pydantic import Field
from PySide6.QtCore import Qt
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QComboBox, QGridLayout, QLabel, QSizePolicy, QWidget

from bci_app.events import QualityEvent, Session
from pipelines.channel_names import canonical_name
from pipelines.errors import BciError
from pipelines.head_projection import MIN_ELECTRODES, HeadGrid, placed
from pipelines.plugins import PluginSettings
from pipelines.signal import Chunk, StreamSpec
from pipelines.spectra import BANDS_HZ, band_power, decibel
from ui import layouts
from ui.channel_picker import eeg_of
from ui.flow_layout import FlowLayout
from ui.live_spectra import LiveSpectra
from ui.number_box import number_box
from ui.scaling import eeg_unit
from ui.shown_signal import DECODER, RAW, DecoderSignal
from ui.slow_panel import SlowPanel
from ui.topography_map import TopographyMap

ALL_BANDS = "all bands"
HEAD_PX = 70
"""Least width of a map (px): the ends of its colour bar stay apart."""
SEGMENT_S, HOP_S, KEEP_S = 2.0, 0.5, 30.0


class Settings(PluginSettings):
    """What the maps show at first."""

    band: str = Field(ALL_BANDS, description="All bands, or delta, theta, alpha, beta, gamma.")
    average_s: float = Field(4.0, ge=2, le=KEEP_S, description="Seconds of signal averaged.")
    view: Literal["raw", "decoder's view"] = Field("raw", description="What of the signal is mapped.")


class TopographyPanel(SlowPanel):
    """Power in each band and electrode, in decibels re 1 µV²; each map has its own colours' range."""

    title = "Topography"

    def __init__(self, settings: Settings) -> None:
        super().__init__()
        self._spec: StreamSpec | None = None
        self._session: Session | None = None
        self._stages: DecoderSignal | None = None
        self._live: LiveSpectra | None = None
        self._columns: list[int] = []
        self._head_grid: HeadGrid | None = None
        self._about_maps = ""
        self._is_new = False
        """Whether the electrodes shown are still those of the stream before."""
        self._bad: frozenset[str] = frozenset()
        self.band = QComboBox()
        self.band.addItem(ALL_BANDS, "")
        for name, (low, high) in BANDS_HZ.items():
            self.band.addItem(f"{name} {low:g}–{high:g} Hz", name)
        self.band.setCurrentIndex(max(0, self.band.findData(settings.band)))
        layouts.name(self.band, "Frequency bands", "Which frequency bands are mapped")
        self.average = number_box((2.0, 4.0, 10.0, 30.0), settings.average_s, "s", tip="How much signal is averaged")
        self.maps = {name: TopographyMap(name) for name in BANDS_HZ}
        self.note = QLabel("", alignment=Qt.AlignmentFlag.AlignCenter, wordWrap=True)
        self.note.setProperty("role", "muted")
        self._heads = QWidget()
        for head in self.maps.values():
            head.setParent(self._heads)
        # The panel's size must not follow from how the heads are arranged, which follows from the panel's size.
        self._heads.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Ignored)
        self._arranged: tuple[list[str], int] | None = None
        self._grid = QGridLayout(self._heads)
        self._grid.setContentsMargins(4, 0, 4, 4)
        self._grid.setSpacing(4)
        self.view = QComboBox()
        self.view.addItems([RAW, DECODER])
        self.view.setCurrentText(settings.view)
        self.view.setAccessibleName("Signal that is mapped")
        self.view.setToolTip(f"{RAW}: the signal as it comes; {DECODER}: behind the session's own stages")
        self.band.currentIndexChanged.connect(self._show_choice)
        self.average.currentIndexChanged.connect(self.recompute)
        self.view.currentIndexChanged.connect(self._change_view)
        row = FlowLayout((10, 6, 10, 0), 6)
        self.unit = layouts.muted("dB re 1 µV²")
        for widget in (self.band, self.average, self.view, self.unit):
            row.addWidget(widget)
        column = layouts.column(self, 4, (0, 0, 0, 4))
        column.addLayout(row)
        column.addWidget(self.note)
        column.addWidget(self._heads, 1)
        self.setMinimumSize(260, 150)
        self._say("No signal yet")
        self._arrange()

    def on_session(self, session: Session) -> None:
        """Show another stream."""
        self._session, self._bad = session, frozenset()
        self._begin()

    def on_chunk(self, chunk: Chunk) -> None:
        """Remember samples, through the session's stages where they are wanted."""
        if self._live is not None and chunk.n_samples:
            self._live.push(chunk if self._stages is None else self._stages.follow(chunk))
            if self._live.is_due:
                self.touch()

    def _begin(self) -> None:
        """Begin anew with the stream, raw or as the decoder gets it: find the electrodes with a place on the head."""
        if self._session is None:
            return
        fault = self._make_stages(self._session)
        self._spec = spec = self._session.spec if self._stages is None else self._stages.spec
        eeg = eeg_of(spec)
        self._columns = [eeg[i] for i in placed([spec.names[i] for i in eeg])]
        names = [canonical_name(spec.names[i]) for i in self._columns]
        self._head_grid = HeadGrid(names) if len(names) >= MIN_ELECTRODES else None
        self._live = LiveSpectra(spec, SEGMENT_S, HOP_S, KEEP_S, BANDS_HZ["gamma"][1] + 1) if names else None
        self._about_maps = fault or self._about(len(names), len(eeg), spec.names[eeg[0]])
        self._is_new = True
        self.touch()
        if self._live is None:
            self._lay_out()

    def _change_view(self) -> None:
        self._begin()
        if self._is_new:
            self._lay_out()

    def _lay_out(self) -> None:
        """Show the electrodes of this stream, without values so far."""
        assert self._spec is not None
        self._is_new = False
        names = [canonical_name(self._spec.names[i]) for i in self._columns]
        for head in self.maps.values():
            head.prepare(names, self._head_grid)
        self.unit.setText(f"dB re 1 {eeg_unit(self._spec)}²")
        self._say(self._about_maps)
        self._arrange()

    def _make_stages(self, session: Session) -> str:
        """Prepare the session's stages if they are wanted; return why they cannot be shown."""
        self._stages = None
        if self.view.currentText() != DECODER:
            return ""
        if not session.stages:
            return f"This session has no stages: {RAW}."
        try:
            self._stages = DecoderSignal(session.spec, session.stages)
        except BciError as exc:
            return f"{exc}: {RAW}."
        return ""

    def on_quality(self, event: QualityEvent) -> None:
        """Show bad channels as crosses that colour nothing."""
        self._bad = frozenset(canonical_name(name) for name in event.bad_channels)
        self.touch()

    def restyle(self) -> None:
        """Paint the maps in the new colours."""
        for head in self.maps.values():
            head.renew()
        super().restyle()

    def recompute(self) -> bool:
        """Transform what is new and colour the maps."""
        if self._live is None:
            return False
        more = self._live.update()
        new = self._is_new
        if new:
            self._lay_out()
        if not self._live.next_number:
            if not new and self._head_grid is not None:
                _ = self._head_grid.weights  # now, in a turn in which nothing else is worked out
            return new
        density, _ = self._live.mean(self.average.currentData())
        density = density[:, self._columns]
        for name in self._shown():
            power = band_power(density, self._live.frequencies_hz, BANDS_HZ[name])
            self.maps[name].show_values(np.where(np.isfinite(power), decibel(power), np.nan), self._bad)
        return more

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802 - Qt's name
        """Place the heads anew."""
        super().resizeEvent(event)
        self._arrange()

    def _shown(self) -> list[str]:
        """Return the bands that are mapped; none above half the sampling rate."""
        chosen = self.band.currentData()
        half_hz = self._spec.rate_hz / 2 if self._spec else np.inf
        return [name for name, (_, high) in BANDS_HZ.items() if chosen in ("", name) and high <= half_hz]

    def _arrange(self) -> None:
        """Lay the heads out in as many columns as make them largest."""
        shown = self._shown() if self._live is not None else []
        width, height = max(1, self.width() - 8), max(1, self.height() - 80)
        fitting = [n for n in range(1, len(shown) + 1) if n == 1 or width / n >= HEAD_PX]
        sizes = {n: min(width / n, height / -(-len(shown) // n) - 50) for n in fitting}
        columns = max(sizes, key=lambda n: sizes[n], default=1)
        if (shown, columns) == self._arranged:
            return
        self._arranged = shown, columns
        for head in self.maps.values():
            self._grid.removeWidget(head)
            head.hide()
        for place, name in enumerate(shown):
            self._grid.addWidget(self.maps[name], place // columns, place % columns)
            self.maps[name].show()
        self._heads.setVisible(bool(shown))

    def _about(self, n_placed: int, n_eeg: int, example: str) -> str:
        if not n_placed:
            return (
                f"No map: none of the {n_eeg} channels (“{example}” …) is an electrode of the 10-05 system. "
                "Give the channels their electrode names, and the map appears."
            )
        if n_placed < MIN_ELECTRODES:
            return f"{n_placed} electrodes are too few for a map between them: each shows its own value."
        left_out = n_eeg - n_placed
        if left_out == 1:
            return "1 channel has no place on the head and is left out."
        return f"{left_out} channels have no place on the head and are left out." if left_out else ""

    def _say(self, text: str) -> None:
        self.note.setText(text)
        self.note.setVisible(bool(text))

    def _show_choice(self) -> None:
        self._arrange()
        self.recompute()


def build(settings: Settings) -> TopographyPanel:
    """Make the panel."""
    return TopographyPanel(settings)
