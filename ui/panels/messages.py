"""Everything the engine wanted a person to know, in order."""

from __future__ import annotations

import html
from collections import deque
from datetime import datetime

from pydantic import Field
from PySide6.QtWidgets import QPlainTextEdit

from bci_app.events import EngineState, NoticeEvent, StateEvent
from pipelines.plugins import PluginSettings
from pipelines.signal import Marker
from ui import layouts, theme
from ui.panel import Panel


class Settings(PluginSettings):
    """How much is kept."""

    max_lines: int = Field(500, ge=10, description="Lines kept; older ones go.")


class MessagesPanel(Panel):
    """A list that only grows; the newest line stands at the end."""

    title = "Messages"
    area = "bottom"

    def __init__(self, settings: Settings) -> None:
        super().__init__()
        self._waiting: list[tuple[str, theme.Tone]] = []
        self._lines: deque[tuple[str, theme.Tone]] = deque(maxlen=settings.max_lines)
        self.text = QPlainTextEdit(readOnly=True, placeholderText="Messages appear here")
        layouts.name(self.text, "Messages", "What the engine has told in this session, the newest last")
        self.text.setMaximumBlockCount(settings.max_lines)
        self.text.setMinimumHeight(48)
        self.text.setFrameStyle(0)
        layouts.column(self).addWidget(self.text)

    def on_notice(self, event: NoticeEvent) -> None:
        """List a notice."""
        self._add(event.text, theme.TONE_OF_LEVEL[event.level])

    def on_state(self, event: StateEvent) -> None:
        """List a change of state."""
        text = event.state.value + (f": {event.message}" if event.message else "")
        self._add(text, "bad" if event.state is EngineState.FAILED else "muted")

    def on_marker(self, marker: Marker) -> None:
        """List a marker set by hand."""
        if marker.stream == "operator":
            self._add(f"marker: {marker.label}", "")

    def absorb(self) -> None:
        """Append what has come: lines that nobody sees cost little."""
        self.redraw()

    def redraw(self) -> None:
        """Append what has come."""
        for text, tone in self._waiting:
            colour = theme.palette().tone(tone)
            self.text.appendHtml(f'<span style="color:{colour}">{html.escape(text)}</span>')
        self._waiting.clear()

    def restyle(self) -> None:
        """Write every line again, in the colours of now."""
        self.text.clear()
        self._waiting = list(self._lines)
        super().restyle()

    def _add(self, text: str, tone: theme.Tone) -> None:
        line = (f"{datetime.now():%H:%M:%S} {theme.MARKS[tone] or '◇'} {text}", tone)
        self._waiting.append(line)
        self._lines.append(line)
        self.touch()


def build(settings: Settings) -> MessagesPanel:
    """Make the panel."""
    return MessagesPanel(settings)
