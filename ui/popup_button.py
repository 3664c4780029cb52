"""A button that says what is chosen, and opens the boxes to choose it."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QComboBox, QFormLayout, QMenu, QSizePolicy, QToolButton, QWidget, QWidgetAction

from ui import layouts


class PopupButton(QToolButton):
    """Boxes that are changed seldom, behind one button.

    Parameters
    ----------
    boxes
        Name and box, from top to bottom.
    words
        What the button says.
    tip
        Its tooltip.
    """

    def __init__(self, boxes: Mapping[str, QComboBox], words: Callable[[], str], tip: str) -> None:
        super().__init__()
        self._words = words
        self.setToolTip(tip)
        self.setObjectName("popupButton")
        self.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Preferred)
        inside = QWidget()
        form = QFormLayout(inside, horizontalSpacing=14, verticalSpacing=5)
        for name, box in boxes.items():
            form.addRow(layouts.muted(name), box)
            box.currentIndexChanged.connect(self._say)
        menu = QMenu(self)
        action = QWidgetAction(menu)
        action.setDefaultWidget(inside)
        menu.addAction(action)
        self.setMenu(menu)
        self._say()

    def _say(self) -> None:
        self.setText(self._words())
