"""The path across the top of the window: one button for each step, the present one marked."""

from __future__ import annotations

from collections.abc import Mapping

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QButtonGroup, QFrame, QToolButton

from ui import layouts
from ui.step import Step


class StepBar(QFrame):
    """Buttons of the steps in their order, and one that goes on to the next."""

    chosen = Signal(str)
    """Emitted with the name of the step that was clicked."""

    def __init__(self, steps: Mapping[str, Step]) -> None:
        super().__init__()
        self._names = list(steps)
        self._current = ""
        self.buttons: dict[str, QToolButton] = {}
        group = QButtonGroup(self)
        row = layouts.row(self, 2, (0, 0, 0, 0))
        for name, step in steps.items():
            button = self.buttons[name] = QToolButton()
            button.setText(f"{step.order} {step.title}")
            button.setCheckable(True)
            button.setToolTip(f"{step.hint} (Ctrl+{step.order})")
            button.clicked.connect(lambda _checked=False, name=name: self.chosen.emit(name))
            group.addButton(button)
            row.addWidget(button)
        row.addStretch(1)
        self.next = QToolButton()
        self.next.setText("Next ▸")
        self.next.setToolTip("Go on to the next step (Alt+Right)")
        self.next.clicked.connect(self.go_on)
        row.addWidget(self.next)

    def show_current(self, name: str) -> None:
        """Mark a step as the present one."""
        self._current = name
        self.buttons[name].setChecked(True)
        self.next.setEnabled(name != self._names[-1])

    def go_on(self) -> None:
        """Ask for the step after the present one."""
        place = self._names.index(self._current) + 1
        if place < len(self._names):
            self.chosen.emit(self._names[place])
