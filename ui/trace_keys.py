"""The keys of the traces."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QScrollBar

from ui.shown_signal import VIEWS
from ui.trace_controls import AUTO, MAX_WINDOW_S, TraceControls

WINDOWS_S = (1.0, 2.0, 5.0, 10.0, 20.0, 30.0, MAX_WINDOW_S)


class Traces(Protocol):
    """What the keys need of the panel."""

    controls: TraceControls

    def step_scale(self, up: int) -> None:
        """Go to more (1) or fewer (-1) units per lane."""
        ...

    def look(self, action: QScrollBar.SliderAction) -> None:
        """Look back or forth in time."""
        ...


def keys_of(traces: Traces) -> dict[Qt.Key, Callable[[], object]]:
    """Return what each key does."""
    c, action, key = traces.controls, QScrollBar.SliderAction, Qt.Key
    return {
        key.Key_Up: lambda: traces.step_scale(-1),
        key.Key_Plus: lambda: traces.step_scale(-1),
        key.Key_Down: lambda: traces.step_scale(1),
        key.Key_Minus: lambda: traces.step_scale(1),
        key.Key_A: lambda: c.scale_box.setCurrentText(AUTO),
        key.Key_BracketLeft: lambda: c.window_box.setValue(next_window(c.window_box.value(), -1)),
        key.Key_BracketRight: lambda: c.window_box.setValue(next_window(c.window_box.value(), 1)),
        key.Key_B: lambda: c.arrangement.setCurrentIndex(1 - c.arrangement.currentIndex()),
        key.Key_V: lambda: _next_view(c),
        key.Key_Space: c.freeze.toggle,
        key.Key_Left: lambda: traces.look(action.SliderSingleStepSub),
        key.Key_Right: lambda: traces.look(action.SliderSingleStepAdd),
        key.Key_PageUp: lambda: traces.look(action.SliderPageStepSub),
        key.Key_PageDown: lambda: traces.look(action.SliderPageStepAdd),
        key.Key_Home: lambda: traces.look(action.SliderToMinimum),
        key.Key_End: lambda: traces.look(action.SliderToMaximum),
    }


def next_window(window_s: float, up: int) -> float:
    """Return the next shorter (-1) or longer (1) usual window (s)."""
    beyond = [step for step in WINDOWS_S if (step - window_s) * up > 0]
    return min(beyond, key=lambda step: abs(step - window_s), default=window_s)


def _next_view(controls: TraceControls) -> None:
    box = controls.view_box
    for step in range(1, len(VIEWS)):
        row = (box.currentIndex() + step) % len(VIEWS)
        if controls.offers(row):
            box.setCurrentIndex(row)
            return
