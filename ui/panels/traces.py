"""Traces of all channels, filtered for display, with markers, gaps and bad channels."""

from __future__ import annotations

from typing import Literal

import numpy as np
from pydantic import Field
from PySide6.QtWidgets import QComboBox, QDoubleSpinBox, QHBoxLayout, QPushButton, QWidget

from bci_app.events import QualityEvent, Session
from pipelines.plugins import PluginSettings
from pipelines.signal import Chunk, Flag, Marker, StreamSpec
from ui import layouts, theme
from ui.display_filter import DisplayFilter
from ui.panel import Panel
from ui.sample_history import SampleHistory
from ui.scaling import STEPS, LaneScales, next_step
from ui.trace_view import TraceView

MAX_WINDOW_S = 60.0
AUTO = "auto"


class Settings(PluginSettings):
    """How the traces look at first; everything can be changed in the window."""

    window_s: float = Field(10.0, ge=1, le=MAX_WINDOW_S, description="Seconds across the plot.")
    scale_uv: float | None = Field(None, gt=0, description="Units per lane; none follows the signal.")
    high_pass_hz: float = Field(1.0, ge=0, description="Display high-pass (Hz); 0 is off.")
    low_pass_hz: float = Field(40.0, ge=0, description="Display low-pass (Hz); 0 is off.")
    notch_hz: float = Field(0.0, ge=0, description="Display notch (Hz); 0 is off.")
    motion: Literal["scroll", "sweep"] = Field("scroll", description="Move the picture, or write over it.")


class TracesPanel(Panel):
    """Raw samples in, picture out. Only what is new is filtered and drawn."""

    title = "Signals"

    def __init__(self, settings: Settings) -> None:
        super().__init__()
        self.view = TraceView(settings.window_s, settings.motion)
        self.view.rebuild.connect(self._rebuild)
        self._spec: StreamSpec | None = None
        self._waiting: list[Chunk] = []
        self._clock: tuple[float, int] | None = None
        self._next_fit = 0
        self._frozen_at: int | None = None
        self._stale = False
        """Whether samples came that the picture has not seen."""
        self._build_controls(settings)

    def _build_controls(self, settings: Settings) -> None:
        self.window_box = QDoubleSpinBox(minimum=1, maximum=MAX_WINDOW_S, decimals=0, value=settings.window_s)
        self.window_box.setFixedSize(66, 27)
        self.window_box.setToolTip("Seconds across the plot: 1 to 60")
        self.window_box.setSuffix(" s")
        self.window_box.valueChanged.connect(self.view.set_window)
        self.scale_box = QComboBox()
        self.scale_box.addItems([AUTO, *(f"{step:g}" for step in STEPS)])
        self.scale_box.setCurrentText(AUTO if settings.scale_uv is None else f"{settings.scale_uv:g}")
        self.scale_box.currentTextChanged.connect(self._set_scale)
        self.smaller, self.larger = QPushButton("−"), QPushButton("+")
        self.smaller.setToolTip("Smaller traces (more units per lane)")
        self.larger.setToolTip("Larger traces (fewer units per lane)")
        self.smaller.clicked.connect(lambda: self._step_scale(1))
        self.larger.clicked.connect(lambda: self._step_scale(-1))
        self.high_pass = _choice((0, 0.1, 0.5, 1, 2, 5), settings.high_pass_hz)
        self.low_pass = _choice((0, 15, 30, 40, 70, 100), settings.low_pass_hz)
        self.notch = _choice((0, 50, 60), settings.notch_hz)
        for box in (self.high_pass, self.low_pass, self.notch):
            box.currentIndexChanged.connect(self._rebuild)
        self.motion = QComboBox()
        self.motion.addItems(["scroll", "sweep"])
        self.motion.setCurrentText(settings.motion)
        self.motion.currentTextChanged.connect(self.view.set_motion)
        self.freeze = QPushButton("Freeze")
        self.freeze.setCheckable(True)
        self.freeze.setToolTip("Hold the picture; recording and decoding go on")
        self.freeze.toggled.connect(self._freeze_changed)
        row = layouts.row(margins=(10, 8, 10, 6))
        for text, widgets in (
            ("Window", (self.window_box,)),
            ("Scale", (self.smaller, self.scale_box, self.larger)),
            ("High-pass", (self.high_pass,)),
            ("Low-pass", (self.low_pass,)),
            ("Notch", (self.notch,)),
        ):
            _add(row, text, *widgets)
        row.addStretch(1)
        row.addWidget(self.motion)
        row.addWidget(self.freeze)
        column = layouts.column(self, 0, (0, 0, 0, 0))
        column.addLayout(row)
        column.addWidget(self.view, 1)

    def on_session(self, session: Session) -> None:
        """Show another stream from its first sample on."""
        self._spec = spec = session.spec
        self._history = SampleHistory(spec.n_channels, round(MAX_WINDOW_S * spec.rate_hz) + 1)
        self._filter = self._new_filter(spec)
        self.scales = LaneScales(spec)
        self._waiting.clear()
        self._clock, self._next_fit, self._frozen_at = None, 0, None
        self.freeze.setChecked(False)
        self.view.prepare(spec)
        self._set_scale(self.scale_box.currentText())

    def on_chunk(self, chunk: Chunk) -> None:
        """Remember the samples until the next redraw."""
        if self._spec is not None and chunk.n_samples:
            self._waiting.append(chunk)
            self._clock = (float(chunk.times_s[-1]), chunk.end_index - 1)
            self.touch()

    def on_marker(self, marker: Marker) -> None:
        """Show a line at the marker's time."""
        if self._spec is None or self._clock is None:
            return
        time_s, index = self._clock
        colour = {"ground_truth": theme.MUTED, "operator": theme.CLASS_COLOURS[1]}.get(marker.stream, theme.ACCENT)
        self.view.add_marker(index + round((marker.time_s - time_s) * self._spec.rate_hz), marker.label, colour)
        self.touch()

    def on_quality(self, event: QualityEvent) -> None:
        """Grey out bad channels."""
        if self._spec is not None:
            self.view.set_bad_channels(frozenset(event.bad_channels))

    def absorb(self) -> None:
        """Keep the samples; the picture is filled anew when it is seen again."""
        for chunk in self._waiting:
            self._history.push(np.array(chunk.samples), (chunk.flags & Flag.LOST) != 0, chunk.first_index)
        self._stale = self._stale or bool(self._waiting)
        self._waiting.clear()

    def redraw(self) -> None:
        """Filter and draw what has arrived; while frozen only keep it."""
        if self._stale:
            self.absorb()
            self._stale = False
            self._rebuild()
        for chunk in self._waiting:
            samples, lost = np.array(chunk.samples), (chunk.flags & Flag.LOST) != 0
            if not self.freeze.isChecked():
                if chunk.first_index != self._history.end_index:
                    self._filter.interrupt()
                self.view.push(self._filter.process(samples, lost, chunk.first_index), lost, chunk.first_index)
            self._history.push(samples, lost, chunk.first_index)
        self._waiting.clear()
        if not self.freeze.isChecked():
            self._follow_amplitude()
            self.view.show_new()

    def _rebuild(self) -> None:
        """Fill the picture anew from the raw samples kept."""
        if self._spec is None:
            return
        self._filter = self._new_filter(self._spec)
        wanted = round(self.view.window_s * self._spec.rate_hz)
        # Some seconds more than are shown, so that the filter has settled where the picture begins.
        samples, lost, first = self._history.last(wanted + round(5 * self._spec.rate_hz), self._frozen_at)
        shown = self._filter.process(samples, lost, first)
        self.view.push(shown, lost, first)
        self.view.show_new()

    def _new_filter(self, spec: StreamSpec) -> DisplayFilter:
        return DisplayFilter(spec, self.high_pass.currentData(), self.low_pass.currentData(), self.notch.currentData())

    def _follow_amplitude(self) -> None:
        """Fit automatic scales, once for each second of signal."""
        if self._spec is None or self._history.end_index < self._next_fit:
            return
        self._next_fit = self._history.end_index + round(self._spec.rate_hz)
        if self.scales.fit(self.view.spans(), common=self.scale_box.currentText() == AUTO):
            self.view.set_scales(self.scales.per_lane(), self.scales.text())

    def _set_scale(self, text: str) -> None:
        if self._spec is None:
            return
        if text != AUTO:
            self.scales.common = float(text)
        self._next_fit = 0
        self.view.set_scales(self.scales.per_lane(), self.scales.text())

    def _step_scale(self, up: int) -> None:
        now = self.scales.common if self._spec is not None else 100.0
        self.scale_box.setCurrentText(f"{next_step(now, up):g}")

    def _freeze_changed(self, frozen: bool) -> None:
        self.redraw()
        if self._spec is not None:
            self._frozen_at = self._history.end_index if frozen else None
            self._rebuild()


def _choice(values_hz: tuple[float, ...], chosen: float) -> QComboBox:
    box = QComboBox()
    for value in sorted({*values_hz, chosen}):
        box.addItem(f"{value:g} Hz" if value else "off", float(value))
    box.setCurrentIndex(box.findData(float(chosen)))
    return box


def _add(row: QHBoxLayout, text: str, *widgets: QWidget) -> None:
    row.addWidget(layouts.muted(text))
    for widget in widgets:
        row.addWidget(widget)
    row.addSpacing(10)


def build(settings: Settings) -> TracesPanel:
    """Make the panel."""
    return TracesPanel(settings)
