"""Decisions, states and notices as lines in a terminal."""

from __future__ import annotations

import os
import time
from typing import Literal

from pydantic import Field
from rich.console import Console
from rich.text import Text

from bci_app.events import DecisionEvent, Event, MarkerEvent, NoticeEvent, QualityEvent, Session, StateEvent
from pipelines.decision import Decision
from pipelines.errors import RecordingError
from pipelines.plugins import PluginSettings

STYLES = {"info": "", "warning": "yellow", "error": "bold red"}


class Settings(PluginSettings):
    """How much is said, and where."""

    quiet: bool = Field(False, description="Whether only warnings and errors make a line.")
    decisions: bool = Field(True, description="Whether every decision makes a line.")
    stream: Literal["stdout", "stderr"] = Field("stdout", description="Standard output or standard error.")


class ConsoleLines:
    """One line an event, with the time of day in a terminal's colours where it is one."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._console = _Console(highlight=False, soft_wrap=True, stderr=settings.stream == "stderr")

    def open(self, session: Session) -> None:
        """Say what runs."""
        spec = session.spec
        decoder = f", decoder {session.model_id}" if session.model_id else ""
        self._say(f"{spec.source_id or session.name}: {spec.n_channels} channels at {spec.rate_hz:g} Hz{decoder}")

    def accept(self, event: Event) -> None:
        """Write one event.

        Raises
        ------
        RecordingError
            If nobody reads the output any more.
        """
        match event:
            case NoticeEvent(level, text):
                self._say(f"{level}: {text}", level)
            case DecisionEvent(decision) if self._settings.decisions:
                self._say(_sentence(decision))
            case StateEvent(state, message):
                self._say(f"state: {state.value}{message and f': {message}'}")
            case QualityEvent(bad_channels):
                self._say(f"bad channels: {', '.join(bad_channels) or 'none'}")
            case MarkerEvent(marker):
                self._say(f"marker: {marker.label} ({marker.stream})")

    def close(self) -> None:
        """Nothing to free."""

    def _say(self, text: str, level: str = "info") -> None:
        if self._settings.quiet and level == "info":
            return
        try:
            self._console.print(Text(f"{time.strftime('%H:%M:%S')} {printable(text)}", style=STYLES[level]))
        except OSError as exc:
            raise RecordingError(f"the {self._settings.stream} of the console: {exc.strerror or exc}") from exc


class _Console(Console):
    """rich ends the process when its reader goes away; a session must go on."""

    def on_broken_pipe(self) -> None:
        self.quiet = True
        # What the stream still holds must go somewhere when Python ends.
        devnull = os.open(os.devnull, os.O_WRONLY)
        os.dup2(devnull, self.file.fileno())
        os.close(devnull)
        raise RecordingError("the console's output was closed by its reader")


def _sentence(d: Decision) -> str:
    doubts = f" [{d.doubts()}]" if d.doubts() else ""
    if d.abstained:
        return f"window {d.window_index}: no decision: {d.reason}{doubts}"
    shares = ", ".join(f"{label} {p:.2f}" for label, p in zip(d.labels, d.probabilities, strict=True))
    return f"window {d.window_index}: {d.label} ({shares}){doubts}"


def printable(text: str) -> str:
    """Write control and direction characters as escapes: labels come from devices and networks."""
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)


def build(settings: Settings) -> ConsoleLines:
    """Make the sink."""
    return ConsoleLines(settings)
