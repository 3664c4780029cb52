"""Traces of all channels, with markers, gaps, doubtful stretches and bad channels."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import numpy as np
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QKeyEvent, QWheelEvent

from bci_app.events import QualityEvent, Session
from pipelines.signal import Chunk, Flag, Marker, StreamSpec
from ui import layouts
from ui.flagged_stretches import FlaggedStretches, Stretch
from ui.look_back import LookBack
from ui.panel import Panel
from ui.sample_history import SampleHistory
from ui.scaling import LaneScales, next_step
from ui.shown_signal import DECODER, FILTERED, DecoderSignal, FilteredSignal, ShownSignal
from ui.trace_controls import AUTO, MAX_WINDOW_S, TraceControls, TraceSettings
from ui.trace_decor import ShownMarker
from ui.trace_keys import keys_of
from ui.trace_readout import describe
from ui.trace_view import TraceView

Settings = TraceSettings
LOOK_BACK_S = 300.0
"""How much can be looked back at; less where that many channels would take more than 128 MiB."""
SETTLE_S = 5.0
"""Signal filtered before what is shown, so that the filter has settled where the picture begins."""
ROLES = {"ground_truth": "truth", "operator": "operator"}


class TracesPanel(Panel):
    """Raw samples in, picture out. Only what is new is filtered and drawn."""

    title = "Signals"

    def __init__(self, settings: Settings) -> None:
        super().__init__()
        self.view = TraceView(settings.window_s, settings.motion)
        self.view.arrangement = settings.arrangement
        self.controls = TraceControls(settings)
        self.look_back = LookBack()
        self._spec: StreamSpec | None = None
        self._session: Session | None = None
        self._waiting: list[Chunk] = []
        self._clock: tuple[float, int] | None = None
        self._next_fit = 0
        self._frozen_at: int | None = None
        self._stale = False
        """Whether samples came that the picture has not seen."""
        self._connect()
        column = layouts.column(self, 0, (0, 0, 0, 0))
        column.addWidget(self.controls)
        column.addWidget(self.view, 1)
        column.addWidget(self.look_back)
        self.setFocusProxy(self.view)
        self._keys = keys_of(self)

    def _connect(self) -> None:
        c = self.controls
        self.view.rebuild.connect(self._rebuild)
        self.view.pointed.connect(self._pointed)
        c.window_box.valueChanged.connect(self.view.set_window)
        c.scale_box.currentTextChanged.connect(self._set_scale)
        c.smaller.clicked.connect(lambda: self.step_scale(1))
        c.larger.clicked.connect(lambda: self.step_scale(-1))
        c.view_box.currentTextChanged.connect(self._change_view)
        for box in c.filters:
            box.currentIndexChanged.connect(self._change_view)
        c.arrangement.currentTextChanged.connect(self.view.set_arrangement)
        c.motion.currentTextChanged.connect(self.view.set_motion)
        c.freeze.toggled.connect(self._freeze_changed)
        self.look_back.looked.connect(self._look_at)

    @property
    def frozen(self) -> bool:
        """Whether the picture is held."""
        return self.controls.freeze.isChecked()

    def on_session(self, session: Session) -> None:
        """Show another stream from its first sample on."""
        self.controls.freeze.setChecked(False)
        self._session, self._spec = session, session.spec
        spec = session.spec
        self._history = SampleHistory(spec.n_channels, round(LOOK_BACK_S * spec.rate_hz) + 1)
        self._flagged = FlaggedStretches(spec, session.stages)
        self._waiting.clear()
        self._clock = None
        self.controls.allow_decoder(self._flagged.fault or ("" if session.stages else "This session has no stages"))
        self.view.forget()
        self._change_view()

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
        at_s = index / self._spec.rate_hz + marker.time_s - time_s
        self.view.add_marker(ShownMarker(at_s, marker.label, ROLES.get(marker.stream, "")))
        self.touch()

    def on_quality(self, event: QualityEvent) -> None:
        """Grey out bad channels."""
        if self._spec is not None:
            self.view.set_bad_channels(frozenset(event.bad_channels))

    def restyle(self) -> None:
        """Draw everything in the new colours."""
        self.view.restyle()
        super().restyle()

    def absorb(self) -> None:
        """Keep the samples; the picture is filled anew when it is seen again."""
        for chunk in self._waiting:
            self._keep(chunk)
        self._stale = self._stale or bool(self._waiting)
        self._waiting.clear()

    def redraw(self) -> None:
        """Filter and draw what has arrived; while frozen only keep it."""
        if self._spec is None:
            return  # another theme, or Freeze, before the first session
        if self._stale:
            self.absorb()
            self._stale = False
            self._rebuild()
        flagged: list[Stretch] = []
        for chunk in self._waiting:
            samples, lost = np.array(chunk.samples), (chunk.flags & Flag.LOST) != 0
            if not self.frozen:
                self._show(samples, lost, chunk.first_index)
            flagged += self._keep(chunk)
        self._waiting.clear()
        if self.frozen:
            self._follow_look_back()
            return
        self.view.flag(flagged, self._flagged_now())
        self._follow_amplitude()
        self._read_out()
        self.view.show_new()

    def _keep(self, chunk: Chunk) -> list[Stretch]:
        """Remember raw samples; return what is doubtful in them."""
        self._history.push(chunk.samples, (chunk.flags & Flag.LOST) != 0, chunk.first_index)
        return self._flagged.push(chunk)

    def _show(self, samples: np.ndarray, lost: np.ndarray, first_index: int) -> None:
        shown = self._signal.process(samples, lost, first_index)
        self.view.push(shown.samples, shown.lost, shown.first_index)
        if len(shown.samples):
            self._values.push(shown.samples, shown.lost, shown.first_index)

    def _rebuild(self) -> None:
        """Fill the picture anew from the raw samples kept."""
        if self._spec is None:
            return
        self._signal = self._make_signal()
        self._values.clear()
        wanted = round((self.view.window_s + SETTLE_S) * self._spec.rate_hz)
        self._show(*self._history.last(wanted, self._frozen_at))
        flagged = self._flagged_now()
        self.view.flag(flagged, flagged)
        self._read_out()
        self.view.show_new()

    def _change_view(self) -> None:
        """Show another part of the way of the signal, perhaps of another rate and other channels."""
        if self._spec is None:
            self.controls.follow_view()
            return
        # View, values and signal change together: a new size of the view in between must not mix them.
        self._make_signal = self._signal_maker(self._spec)
        spec = self._make_signal().spec
        self.scales = LaneScales(spec)
        self._values = SampleHistory(spec.n_channels, round(MAX_WINDOW_S * spec.rate_hz) + 1)
        self._next_fit = 0
        self.view.prepare(spec)
        self._set_scale(self.controls.scale_box.currentText())
        self.controls.follow_view()
        if not self.frozen:
            self._follow_amplitude()

    def _signal_maker(self, spec: StreamSpec) -> Callable[[], ShownSignal]:
        """Return what makes the signal of the view that is chosen now, as if nothing had come yet."""
        view = self.controls.view_box.currentText()
        if view == DECODER and self._session is not None:
            return partial(DecoderSignal, spec, self._session.stages)
        edges_hz = [box.currentData() for box in self.controls.filters] if view == FILTERED else []
        return partial(FilteredSignal, spec, *edges_hz)

    def _flagged_now(self) -> list[Stretch]:
        """Return what is doubtful in the window."""
        assert self._spec is not None
        end_s = (self._history.end_index if self._frozen_at is None else self._frozen_at) / self._spec.rate_hz
        return self._flagged.between(end_s - self.view.window_s, end_s)

    def _follow_amplitude(self) -> None:
        """Fit automatic scales, once for each second of signal."""
        if self._spec is None or self._history.end_index < self._next_fit:
            return
        self._next_fit = self._history.end_index + round(self._spec.rate_hz)
        if self.scales.fit(self.view.spans(), common=self.controls.scale_box.currentText() == AUTO):
            self.view.set_scales(self.scales.per_lane(), self.scales.text())

    def _set_scale(self, text: str) -> None:
        if self._spec is None:
            return
        if text != AUTO:
            self.scales.common = float(text)
        self._next_fit = 0
        self.view.set_scales(self.scales.per_lane(), self.scales.text())

    def step_scale(self, up: int) -> None:
        """Go to more (1) or fewer (-1) units per lane."""
        now = self.scales.common if self._spec is not None else 100.0
        self.controls.scale_box.setCurrentText(f"{next_step(now, up):g}")

    def _freeze_changed(self, frozen: bool) -> None:
        self.redraw()
        self.look_back.setEnabled(frozen and self._spec is not None)
        if self._spec is not None:
            self._frozen_at = self._history.end_index if frozen else None
            self._follow_look_back()
            self._rebuild()

    def _follow_look_back(self) -> None:
        if self._spec is not None and self._frozen_at is not None:
            rate, history = self._spec.rate_hz, self._history
            at_s = self._frozen_at / rate
            self.look_back.follow(history.start_index / rate, history.end_index / rate, self.view.window_s, at_s)

    def _look_at(self, end_s: float) -> None:
        if self._spec is not None and self._frozen_at is not None:
            self._frozen_at = round(end_s * self._spec.rate_hz)
            self._rebuild()

    def look(self, action: LookBack.SliderAction) -> None:
        """Freeze, if that is not done, and look back or forth."""
        self.controls.freeze.setChecked(True)
        self.look_back.triggerAction(action)

    def _read_out(self) -> None:
        """Say what lies under the pointer."""
        pointed = self.view.pointed_at() if self._spec is not None else None
        text = "" if pointed is None else describe(pointed, self._signal.spec, self._values, self.view, self._flagged)
        self.view.set_readout(text)

    def _pointed(self) -> None:
        self._read_out()
        self.view.update()

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802 - Qt's name
        """Obey the keys that no control of the panel wanted."""
        act = self._keys.get(Qt.Key(event.key()))
        if act is None or event.modifiers() & ~Qt.KeyboardModifier.KeypadModifier & ~Qt.KeyboardModifier.ShiftModifier:
            super().keyPressEvent(event)
            return
        act()

    def wheelEvent(self, event: QWheelEvent) -> None:  # noqa: N802 - Qt's name
        """Look back and forth; with Ctrl, change the scale."""
        turned: QPoint = event.angleDelta()
        if event.modifiers() & Qt.KeyboardModifier.ControlModifier:
            self.step_scale(-1 if turned.y() > 0 else 1)
        elif turned.y() > 0 or self.frozen:
            action = LookBack.SliderAction
            self.look(action.SliderSingleStepSub if turned.y() > 0 else action.SliderSingleStepAdd)
        event.accept()


def build(settings: Settings) -> TracesPanel:
    """Make the panel."""
    return TracesPanel(settings)
