"""Colours, fonts and style of the window: one token for each role, in a dark and a light theme.

Widgets ask for :func:`palette` when they paint, and panels draw anew when the theme changes (``Panel.restyle``);
texts take their colour from the style sheet by the property ``role`` (``muted``, ``heading``, ``state``) or ``tone``
(``good``, ``warning``, ``bad``, ``accent``). Colours of classes and states stay
apart for people with any kind of colour vision (after Okabe and Ito, https://jfly.uni-koeln.de/color/), and no meaning
hangs on a colour alone: :data:`MARKS` stand beside them.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Literal

import pyqtgraph as pg
from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtGui import QColor, QPalette
from PySide6.QtWidgets import QApplication, QWidget

from bci_app.events import EngineState
from ui.style_sheet import style_sheet

Tone = Literal["good", "warning", "bad", "accent", "muted", ""]
MARKS = {"good": "●", "warning": "▲", "bad": "✖", "accent": "◆", "muted": "○", "": ""}
"""The sign that says the same as a tone's colour."""
TONE_OF_STATE: dict[EngineState, Tone] = {
    EngineState.IDLE: "muted",
    EngineState.CONNECTING: "accent",
    EngineState.CALIBRATING: "accent",
    EngineState.RUNNING: "good",
    EngineState.STALE: "warning",
    EngineState.RECONNECTING: "warning",
    EngineState.STOPPING: "muted",
    EngineState.FAILED: "bad",
}
TONE_OF_LEVEL: dict[str, Tone] = {"info": "accent", "warning": "warning", "error": "bad"}
CLASS_LINES = (
    Qt.PenStyle.SolidLine,
    Qt.PenStyle.DashLine,
    Qt.PenStyle.DotLine,
    Qt.PenStyle.DashDotLine,
    Qt.PenStyle.DashDotDotLine,
)
"""How the curves of a decoder's classes are drawn, in their order."""
CLASS_FILLS = (
    Qt.BrushStyle.SolidPattern,
    Qt.BrushStyle.BDiagPattern,
    Qt.BrushStyle.Dense4Pattern,
    Qt.BrushStyle.CrossPattern,
    Qt.BrushStyle.FDiagPattern,
)
"""How areas of the classes are filled, in their order."""
_REGION_OF = {
    **dict.fromkeys(("Fp", "AF", "F"), 0),
    **dict.fromkeys(("FC", "C"), 1),
    **dict.fromkeys(("FT", "T", "TP"), 2),
    **dict.fromkeys(("CP", "P"), 3),
    **dict.fromkeys(("PO", "O", "I"), 4),
}


@dataclass(frozen=True, slots=True)
class Theme:
    """One colour (``#rrggbb``) for each role.

    Parameters
    ----------
    background, surface, raised, border, grid
        From the furthest back (plots) to the nearest (buttons), and lines.
    text, muted, faint
        What is read, what stands back, what cannot be used now.
    accent, good, warning, bad
        Meanings; each carries text of colour ``on_tone``.
    gap, bad_trace, other_trace
        Lost samples, channels held to be bad, channels that are no EEG.
    classes
        Classes of a decoder, in its order.
    regions
        EEG traces: frontal, central, temporal, parietal, occipital.
    """

    name: str
    background: str
    surface: str
    raised: str
    border: str
    grid: str
    text: str
    muted: str
    faint: str
    accent: str
    good: str
    warning: str
    bad: str
    on_tone: str
    gap: str
    bad_trace: str
    other_trace: str
    classes: tuple[str, ...]
    regions: tuple[str, ...]

    def tone(self, tone: Tone) -> str:
        """Return the colour of a tone; the text's for none."""
        return self.text if not tone else str(getattr(self, tone))

    def class_colour(self, row: int) -> str:
        """Return the colour of a decoder's class."""
        return self.classes[row % len(self.classes)]


DARK = Theme(
    name="dark",
    background="#12161b",
    surface="#1a2027",
    raised="#252d37",
    border="#3b4653",
    grid="#242c35",
    text="#e4e9ef",
    muted="#97a4b2",
    faint="#6b7784",
    accent="#56b4e9",
    good="#3fc79a",
    warning="#f0c64c",
    bad="#ff7a5c",
    on_tone="#12161b",
    gap="#43301f",
    bad_trace="#59626d",
    other_trace="#aab4bf",
    classes=("#56b4e9", "#e69f00", "#a6e8c5", "#c46aa0", "#f0e442", "#ff7a5c", "#9aa7ff", "#c8cdd3"),
    regions=("#8fb8de", "#9ccfa6", "#d9c48f", "#c7a6d9", "#e0a3a3"),
)
LIGHT = Theme(
    name="light",
    background="#ffffff",
    surface="#f4f6f8",
    raised="#e6eaee",
    border="#b9c2cc",
    grid="#e6eaee",
    text="#14191f",
    muted="#55606c",
    faint="#8d97a2",
    accent="#0063a8",
    good="#006b5a",
    warning="#8a5a00",
    bad="#8f0f2e",
    on_tone="#ffffff",
    gap="#f7e3d0",
    bad_trace="#a3abb4",
    other_trace="#5a646f",
    classes=("#0072b2", "#b86e00", "#004d38", "#8f2f69", "#7a7000", "#b3321a", "#4652c4", "#555e68"),
    regions=("#22608f", "#2c7a3c", "#8a6a12", "#74469a", "#a04343"),
)
THEMES = {theme.name: theme for theme in (DARK, LIGHT)}
_in_force: Theme = DARK
_scale = 1.0


def palette() -> Theme:
    """Return the theme in force."""
    return _in_force


def px(base: float) -> int:
    """Return a size of text that is ``base`` pixels at 100 %."""
    return max(1, round(base * _scale))


def apply(app: QApplication, name: str = DARK.name, scale: float = 1.0) -> None:
    """Give the application a theme and a size of fonts; every widget hears of it as a change of its style."""
    global _in_force, _scale
    _in_force, _scale = THEMES[name], scale
    theme = _in_force
    pg.setConfigOptions(background=theme.surface, foreground=theme.muted, antialias=True)
    app.setStyle("Fusion")
    colours = QPalette()
    for role, colour in (
        (QPalette.ColorRole.Window, theme.background),
        (QPalette.ColorRole.Base, theme.background),
        (QPalette.ColorRole.AlternateBase, theme.surface),
        (QPalette.ColorRole.Button, theme.raised),
        (QPalette.ColorRole.WindowText, theme.text),
        (QPalette.ColorRole.Text, theme.text),
        (QPalette.ColorRole.ButtonText, theme.text),
        (QPalette.ColorRole.PlaceholderText, theme.muted),
        (QPalette.ColorRole.Highlight, theme.accent),
        (QPalette.ColorRole.HighlightedText, theme.on_tone),
        (QPalette.ColorRole.ToolTipBase, theme.raised),
        (QPalette.ColorRole.ToolTipText, theme.text),
    ):
        colours.setColor(role, QColor(colour))
    app.setPalette(colours)
    app.setStyleSheet(style_sheet(theme, px))
    notifier().changed.emit()


class Notifier(QObject):
    """Tells those who paint for themselves that colours and sizes are others now."""

    changed = Signal()


@cache
def notifier() -> Notifier:
    """Return the one notifier."""
    return Notifier()


def set_tone(widget: QWidget, tone: Tone | str) -> None:
    """Colour a widget's text by a tone, or ``class0`` …; a sign of :data:`MARKS` belongs beside it."""
    if widget.property("tone") != tone:
        widget.setProperty("tone", tone)
        widget.style().polish(widget)


def argb(colour: str) -> int:
    """Return ``#rrggbb`` as 0xffrrggbb."""
    return 0xFF000000 | int(colour[1:], 16)


def trace_colour(name: str, kind: str) -> str:
    """Return the trace colour of a channel: EEG by the region that its 10-10 name says."""
    letters = name.split("-")[0].rstrip("0123456789zh")
    if kind != "eeg":
        return _in_force.other_trace
    return _in_force.regions[_REGION_OF[letters]] if letters in _REGION_OF else _in_force.accent
