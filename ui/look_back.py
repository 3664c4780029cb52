"""The bar that looks back in time while the traces are frozen."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QScrollBar

PER_S = 100
"""Steps of the bar in a second."""


class LookBack(QScrollBar):
    """Scroll bar over seconds of the stream; its value is the right edge of the picture."""

    looked = Signal(float)
    """A person looks at the time that ends here (s)."""

    def __init__(self) -> None:
        super().__init__(Qt.Orientation.Horizontal)
        self.setToolTip("Look back in time while the picture is frozen")
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.valueChanged.connect(lambda value: self.looked.emit(value / PER_S))
        # It keeps its place, so that freezing moves nothing.
        self.setEnabled(False)

    def follow(self, oldest_s: float, newest_s: float, window_s: float, at_s: float) -> None:
        """Set how far there is to look back and where one is; says nothing by itself."""
        self.blockSignals(True)
        self.setRange(round(PER_S * min(oldest_s + window_s, newest_s)), round(PER_S * newest_s))
        self.setPageStep(round(PER_S * window_s))
        self.setSingleStep(max(1, round(PER_S * window_s / 10)))
        self.setValue(round(PER_S * at_s))
        self.blockSignals(False)
