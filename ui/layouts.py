"""Layouts and labels with the window's own spacing."""

from __future__ import annotations

from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QLabel, QVBoxLayout, QWidget

PANEL_MARGINS = (12, 8, 12, 8)


def words(label: str) -> str:
    """Return a class name as a person would write it."""
    return label.replace("_", " ")


def column(parent: QWidget | None = None, spacing: int = 6, margins: tuple[int, ...] = PANEL_MARGINS) -> QVBoxLayout:
    """Return a vertical layout, set on its parent."""
    layout = QVBoxLayout()
    layout.setSpacing(spacing)
    layout.setContentsMargins(*margins)
    if parent is not None:
        parent.setLayout(layout)
    return layout


def row(parent: QWidget | None = None, spacing: int = 6, margins: tuple[int, ...] = PANEL_MARGINS) -> QHBoxLayout:
    """Return a horizontal layout, set on its parent."""
    layout = QHBoxLayout()
    layout.setSpacing(spacing)
    layout.setContentsMargins(*margins)
    if parent is not None:
        parent.setLayout(layout)
    return layout


def grid(spacing: int = 5) -> QGridLayout:
    """Return a grid of facts: wide between columns, ``spacing`` between rows (px)."""
    layout = QGridLayout()
    layout.setHorizontalSpacing(14)
    layout.setVerticalSpacing(spacing)
    return layout


def name(widget: QWidget, spoken: str, tip: str = "") -> None:
    """Say what a widget is to those who hear it, and what it does to those who point at it."""
    widget.setAccessibleName(spoken)
    if tip:
        widget.setToolTip(tip)


def muted(text: str) -> QLabel:
    """Return a label that stands back."""
    label = QLabel(text)
    label.setProperty("role", "muted")
    return label
