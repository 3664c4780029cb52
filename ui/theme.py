"""Colours and style of the window: dark, calm, one colour for each meaning everywhere."""

from __future__ import annotations

import pyqtgraph as pg
from PySide6.QtGui import QColor, QPalette
from PySide6.QtWidgets import QApplication

from bci_app.events import EngineState

BACKGROUND = "#12161b"
SURFACE = "#1a2027"
RAISED = "#252d37"
BORDER = "#343e4a"
GRID = "#242c35"
TEXT = "#e4e9ef"
MUTED = "#97a4b2"
ACCENT = "#5aa9e6"
GAP = "#43301f"
BAD = "#e5736b"

STATE_COLOURS = {
    EngineState.IDLE: "#8a96a3",
    EngineState.CONNECTING: "#e0b04a",
    EngineState.CALIBRATING: "#5aa9e6",
    EngineState.RUNNING: "#5fbf7f",
    EngineState.STALE: "#e8923f",
    EngineState.RECONNECTING: "#e8923f",
    EngineState.STOPPING: "#8a96a3",
    EngineState.FAILED: "#ee6470",
}
LEVEL_COLOURS = {"info": ACCENT, "warning": "#e8923f", "error": "#ee6470"}
CLASS_COLOURS = ("#5aa9e6", "#f0a860", "#7fcf8f", "#d387d9", "#e5736b", "#62cfc6", "#c9c46a", "#a79bea")
"""Classes of a decoder, in its order."""
REGION_COLOURS = {
    "Fp": "#8fb8de", "AF": "#8fb8de", "F": "#8fb8de",
    "FC": "#9ccfa6", "C": "#9ccfa6", "FT": "#d9c48f", "T": "#d9c48f", "TP": "#d9c48f",
    "CP": "#c7a6d9", "P": "#c7a6d9", "PO": "#e0a3a3", "O": "#e0a3a3", "I": "#e0a3a3",
}  # fmt: skip
"""Traces of EEG channels by the letters of their 10-10 name."""
OTHER_TRACE = "#aab4bf"

_STYLE = f"""
* {{ color: {TEXT}; font-size: 12px; }}
QMainWindow, QDialog, QFileDialog {{ background: {BACKGROUND}; }}
QMainWindow::separator {{ background: {BACKGROUND}; width: 5px; height: 5px; }}
QMainWindow::separator:hover {{ background: {BORDER}; }}
QDockWidget {{ font-weight: 600; }}
QDockWidget::title {{ background: {SURFACE}; padding: 6px 10px; text-align: left; }}
#panel, #stepBar, QMenuBar {{ background: {SURFACE}; }}
QMenuBar::item:selected {{ background: {BORDER}; }}
QToolBar {{ background: {SURFACE}; border: none; padding: 5px 8px; spacing: 4px; }}
QToolBar::separator {{ background: {BORDER}; width: 1px; margin: 4px 6px; }}
QToolButton, QPushButton {{ background: transparent; border: 1px solid transparent; border-radius: 4px;
    padding: 5px 10px; }}
QPushButton {{ background: {RAISED}; border-color: {BORDER}; }}
QToolButton:hover, QPushButton:hover {{ background: {BORDER}; }}
QToolButton:pressed, QPushButton:pressed, QToolButton:checked, QPushButton:checked {{ background: {RAISED};
    border-color: {ACCENT}; }}
QToolButton:disabled, QPushButton:disabled {{ color: #5d6874; }}
QLineEdit, QComboBox, QPlainTextEdit {{ background: {BACKGROUND};
    border: 1px solid {BORDER}; border-radius: 4px; padding: 3px 6px; selection-background-color: {ACCENT}; }}
QAbstractSpinBox QLineEdit {{ background: transparent; border: none; padding: 0; }}
QLineEdit:focus, QComboBox:focus {{ border-color: {ACCENT}; }}
QComboBox QAbstractItemView {{ background: {RAISED}; selection-background-color: {BORDER}; }}
QLabel {{ background: transparent; }}
QLabel[role="muted"] {{ color: {MUTED}; }}
QLabel[role="heading"] {{ color: {MUTED}; font-weight: 600; }}
QToolTip {{ background: {RAISED}; color: {TEXT}; border: 1px solid {BORDER}; }}
QScrollBar:vertical {{ background: {BACKGROUND}; width: 10px; }}
QScrollBar::handle:vertical {{ background: {BORDER}; border-radius: 4px; min-height: 24px; }}
QScrollBar::add-line, QScrollBar::sub-line {{ height: 0; }}
QMenu {{ background: {RAISED}; border: 1px solid {BORDER}; }}
QMenu::item:selected {{ background: {BORDER}; }}
"""


def apply(app: QApplication) -> None:
    """Give the application its style; once, before the first window."""
    app.setStyle("Fusion")
    palette = QPalette()
    for role, colour in (
        (QPalette.ColorRole.Window, BACKGROUND),
        (QPalette.ColorRole.Base, BACKGROUND),
        (QPalette.ColorRole.Button, RAISED),
        (QPalette.ColorRole.WindowText, TEXT),
        (QPalette.ColorRole.Text, TEXT),
        (QPalette.ColorRole.ButtonText, TEXT),
        (QPalette.ColorRole.PlaceholderText, MUTED),
        (QPalette.ColorRole.Highlight, ACCENT),
    ):
        palette.setColor(role, QColor(colour))
    app.setPalette(palette)
    app.setStyleSheet(_STYLE)
    pg.setConfigOptions(background=SURFACE, foreground=MUTED, antialias=True)


def argb(colour: str) -> int:
    """Return ``#rrggbb`` as 0xffrrggbb."""
    return 0xFF000000 | int(colour[1:], 16)


def trace_colour(name: str, kind: str) -> str:
    """Return the trace colour of a channel: EEG by the region that its 10-10 name says."""
    letters = name.split("-")[0].rstrip("0123456789zh")
    return REGION_COLOURS.get(letters, ACCENT) if kind == "eeg" else OTHER_TRACE
