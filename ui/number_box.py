"""A box to choose one of some numbers with their unit."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtWidgets import QComboBox

from ui import layouts


def number_box(values: Sequence[float], chosen: float, unit: str, zero: str = "", tip: str = "") -> QComboBox:
    """Return a box of numbers, ``chosen`` among them; its data are floats. ``zero`` is what stands for 0."""
    box = QComboBox()
    for value in sorted({*values, chosen}):
        box.addItem(f"{value:g} {unit}" if value or not zero else zero, float(value))
    box.setCurrentIndex(box.findData(float(chosen)))
    layouts.name(box, tip, tip)
    return box
