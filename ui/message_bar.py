"""A line under the toolbar that says in plain words what went wrong; it never blocks the window."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFrame, QLabel, QPushButton, QSizePolicy, QToolButton

from ui import layouts, theme


class MessageBar(QFrame):
    """Hidden until there is something to say; an error is never replaced by something lesser until it is closed."""

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("messageBar")
        self.level: Literal["info", "warning", "error"] = "info"
        self._passing = False
        self.text = QLabel(wordWrap=True, textFormat=Qt.TextFormat.PlainText)
        self.text.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.text.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        self.mark = QLabel()
        self._remedy: tuple[str, Callable[[], object]] | None = None
        self.remedy = QPushButton()
        self.remedy.clicked.connect(self._cure)
        self.remedy.hide()
        self.dismiss = QToolButton()
        self.dismiss.setText("✕")
        self.dismiss.setToolTip("Close this message")
        self.dismiss.clicked.connect(self.clear)
        row = layouts.row(self, margins=(12, 6, 6, 6))
        row.addWidget(self.mark)
        row.addWidget(self.text, 1)
        row.addWidget(self.remedy)
        row.addWidget(self.dismiss)
        self.hide()

    def say(
        self,
        level: Literal["info", "warning", "error"],
        text: str,
        *,
        passing: bool = False,
        remedy: tuple[str, Callable[[], object]] | None = None,
    ) -> None:
        """Show a message; a passing one goes away when what it speaks of is overcome; a remedy is a button."""
        ranks = ("info", "warning", "error")
        if not self.isHidden() and ranks.index(level) < ranks.index(self.level):
            return
        self.level, self._passing = level, passing
        self.setProperty("level", level)
        self.style().polish(self)
        tone = theme.TONE_OF_LEVEL[level]
        self.mark.setText(theme.MARKS[tone])
        theme.set_tone(self.mark, tone)
        self.text.setText(text)
        self._remedy = remedy
        self.remedy.setVisible(remedy is not None)
        self.remedy.setText(remedy[0] if remedy else "")
        self.show()

    def _cure(self) -> None:
        remedy = self._remedy
        self.clear()
        if remedy is not None:
            remedy[1]()

    def overcome(self) -> None:
        """Hide a passing message; anything else stays."""
        if self._passing:
            self.clear()

    def clear(self) -> None:
        """Hide, whatever it says."""
        self.hide()
        self.level, self._passing = "info", False
