"""Decisions, states and notices as lines in a terminal."""

from __future__ import annotations

from pydantic import Field
from rich.console import Console

from bci_app.events import DecisionEvent, Event, MarkerEvent, NoticeEvent, QualityEvent, Session, StateEvent
from pipelines.plugins import PluginSettings


class Settings(PluginSettings):
    """How much is said."""

    decisions: bool = Field(True, description="Whether every decision makes a line.")


class ConsoleLines:
    """Writes to standard output."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._console = Console(highlight=False, markup=False, soft_wrap=True)

    def open(self, session: Session) -> None:
        """Say what runs."""
        spec = session.spec
        self._console.print(f"{spec.source_id}: {spec.n_channels} channels at {spec.rate_hz:g} Hz")

    def accept(self, event: Event) -> None:
        """Write one event."""
        match event:
            case DecisionEvent(d) if self._settings.decisions:
                shares = "  ".join(f"{label} {p:.2f}" for label, p in zip(d.labels, d.probabilities, strict=True))
                self._console.print(f"no decision: {d.reason}" if d.abstained else f"{d.label}   ({shares})")
            case StateEvent(state, message):
                self._console.print(f"state: {state.value} {message}".rstrip())
            case NoticeEvent(level, text):
                self._console.print(f"{level}: {text}")
            case QualityEvent(bad_channels):
                self._console.print(f"bad channels: {', '.join(bad_channels) or 'none'}")
            case MarkerEvent(marker):
                self._console.print(f"marker: {marker.label} ({marker.stream})")

    def close(self) -> None:
        """Nothing to free."""


def build(settings: Settings) -> ConsoleLines:
    """Make the sink."""
    return ConsoleLines(settings)
