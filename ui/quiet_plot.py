"""A pyqtgraph plot that does not answer the mouse and leaves nothing behind when it is closed."""

from __future__ import annotations

import pyqtgraph as pg
from PySide6.QtCore import Qt
from PySide6.QtGui import QFont, QResizeEvent
from PySide6.QtWidgets import QLabel

from ui import theme
from ui.still_axis import StillAxis

PLOT_MARGIN_PX = 60
TICK_PX = 12
"""Size of the numbers along the axes at 100 %."""


class QuietPlot(pg.PlotWidget):
    """Plot without menu, buttons and dragging: ranges belong to the panel. Where there is nothing it says why."""

    def __init__(self, bottom: pg.AxisItem | None = None) -> None:
        self._note: QLabel | None = None  # Qt resizes the plot before it is finished
        super().__init__(axisItems={"left": StillAxis("left"), "bottom": bottom or StillAxis("bottom")})
        self.setMenuEnabled(False)
        self.setMouseEnabled(False, False)
        menu = self.plotItem.ctrlMenu
        menu.setParent(self, menu.windowFlags())  # pyqtgraph's menu has no parent and would outlive the plot
        self.hideButtons()
        for side in ("bottom", "left"):
            self.getAxis(side).enableAutoSIPrefix(False)
        self.getAxis("bottom").setStyle(tickLength=4)
        self.getAxis("left").setStyle(tickLength=0)
        self._note = QLabel("", self, alignment=Qt.AlignmentFlag.AlignCenter, wordWrap=True)
        self._note.setProperty("role", "muted")
        self._note.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self._note.hide()
        QuietPlot.restyle(self)  # what heirs colour is not there yet

    def restyle(self) -> None:
        """Take the colours of the theme in force."""
        colours, font = theme.palette(), QFont()
        font.setPixelSize(theme.px(TICK_PX))
        self.setBackground(colours.surface)
        for side in ("bottom", "left"):
            self.getAxis(side).setTickFont(font)
            self.getAxis(side).label.setFont(font)
            self.getAxis(side).setPen(colours.muted)
            self.getAxis(side).setTextPen(colours.muted)

    @property
    def note(self) -> str:
        """What stands in the middle of the plot."""
        return self._note.text() if self._note is not None else ""

    def say(self, text: str) -> None:
        """Write a sentence in the middle of the plot; none takes it away."""
        if self._note is not None and text != self._note.text():
            self._note.setText(text)
            self._note.setVisible(bool(text))

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802 - Qt's name
        """Keep the sentence above the middle, clear of a zero line; a title that the axis cannot hold goes."""
        super().resizeEvent(event)
        if self._note is not None and (axis := self.getAxis("left")).labelText:
            axis.showLabel(axis.label.boundingRect().width() < self.height())
        if self._note is not None:
            margin = min(PLOT_MARGIN_PX, self.width() // 4)
            self._note.setGeometry(margin, 0, self.width() - 2 * margin, round(0.7 * self.height()))
