"""A button with a list of labels, each to be ticked or not."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QMenu, QToolButton

from ui import layouts


class LabelList(QToolButton):
    """Labels in the order in which they came; the first few are ticked by themselves."""

    changed = Signal()

    def __init__(self, ticked_at_first: int) -> None:
        super().__init__()
        self._ticked_at_first = ticked_at_first
        self.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self.setToolTip("Which markers are averaged and shown")
        self._menu = QMenu(self)
        self.setMenu(self._menu)
        self._actions: dict[str, QAction] = {}
        self._name()

    @property
    def labels(self) -> tuple[str, ...]:
        """All labels."""
        return tuple(self._actions)

    def ticked(self) -> list[str]:
        """Return the labels that are ticked."""
        return [label for label, action in self._actions.items() if action.isChecked()]

    def tick(self, label: str, ticked: bool) -> None:
        """Tick a label, or take its tick away."""
        self._actions[label].setChecked(ticked)

    def add(self, label: str) -> None:
        """List a label; a known one stays as it is."""
        if label in self._actions:
            return
        action = self._actions[label] = QAction(layouts.words(label), self._menu, checkable=True)
        action.setChecked(len(self.ticked()) < self._ticked_at_first)
        action.toggled.connect(self._toggled)
        self._menu.addAction(action)
        self._name()

    def forget(self) -> None:
        """Empty the list."""
        self._menu.clear()
        self._actions.clear()
        self._name()

    def _toggled(self) -> None:
        self._name()
        self.changed.emit()

    def _name(self) -> None:
        self.setText(f"Markers: {len(self.ticked())} of {len(self._actions)}" if self._actions else "No markers yet")
