"""The :class:`Panel`: one part of the window, fed by the engine's events, drawn at most once per refresh.

A panel talks to the engine's client alone, never to another panel. Its handlers only remember; drawing belongs in
:meth:`Panel.redraw`, which the client's refresh calls once however many events came before it, and not at all while
the panel is hidden.
"""

from __future__ import annotations

from typing import ClassVar, Literal

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QWidget

from bci_app.events import (
    ChannelQualityEvent,
    DecoderEvent,
    DiskEvent,
    LoopTiming,
    NoticeEvent,
    PlaybackEvent,
    QualityEvent,
    QuestionEvent,
    RecordingEvent,
    Session,
    StateEvent,
)
from devices.playback import Outline
from models.unimind.replies import Reply
from pipelines.decision import Decision
from pipelines.signal import Chunk, Marker
from ui import theme
from ui.engine_client import TOPICS, EngineClient, WindowStalls


class Panel(QWidget):
    """Base of all panels. Override the handlers of the events that matter, and :meth:`redraw`."""

    title = ""
    area: ClassVar[Literal["right", "bottom", "left"]] = "right"
    """Where in the window it docks at first."""
    command = Signal(object)
    """Emitted with a :data:`bci_app.commands.Command` for the engine."""

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("panel")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self._touched = False
        self.redraws = 0
        """How often :meth:`redraw` ran."""

    def attach(self, client: EngineClient) -> None:
        """Listen to a client, and speak through it."""
        for topic in TOPICS:
            getattr(client, topic).connect(getattr(self, f"on_{topic}"))
        client.refresh.connect(self.refresh)
        self.command.connect(client.send)
        theme.notifier().changed.connect(self.restyle)

    def touch(self) -> None:
        """Ask for a redraw at the next refresh."""
        self._touched = True

    def refresh(self) -> None:
        """Redraw once if anything happened; a panel that nobody sees only takes in what waits."""
        if not self._touched:
            return
        if not self.isVisible():
            self.absorb()
            return
        self._touched = False
        self.redraws += 1
        self.redraw()

    def showEvent(self, event: QShowEvent) -> None:  # noqa: N802 - Qt's name
        """Catch up with what happened while it was hidden."""
        super().showEvent(event)
        self.refresh()

    def absorb(self) -> None:
        """Take in what waits without drawing, so that a hidden panel's memory does not grow; the rest may wait."""

    def restyle(self) -> None:
        """Draw everything anew: the theme or the size of fonts has changed. What keeps a colour overrides this."""
        self.touch()
        self.refresh()

    def redraw(self) -> None:
        """Bring what is shown up to date with what was remembered."""

    def on_session(self, session: Session) -> None:
        """Forget the last session; a new one begins."""

    def on_chunk(self, chunk: Chunk) -> None:
        """Take raw samples."""

    def on_marker(self, marker: Marker) -> None:
        """Take a marker."""

    def on_decision(self, decision: Decision) -> None:
        """Take a decision."""

    def on_decoder(self, event: DecoderEvent) -> None:
        """Take that another decoder decides from now on."""

    def on_state(self, event: StateEvent) -> None:
        """Take a change of the engine's state."""

    def on_quality(self, event: QualityEvent) -> None:
        """Take the channels now held to be bad."""

    def on_channel_quality(self, event: ChannelQualityEvent) -> None:
        """Take how every channel of the raw signal is."""

    def on_notice(self, event: NoticeEvent) -> None:
        """Take a message for a person."""

    def on_recording(self, event: RecordingEvent) -> None:
        """Take the start or the end of a recording."""

    def on_stalls(self, stalls: WindowStalls) -> None:
        """Take how often the window's own thread stood still."""

    def on_disk(self, event: DiskEvent) -> None:
        """Take how full the disk is."""

    def on_outline(self, outline: Outline) -> None:
        """Take what is in the recording that is replayed."""

    def on_playback(self, event: PlaybackEvent) -> None:
        """Take how the replay goes on."""

    def on_timing(self, timing: LoopTiming) -> None:
        """Take the loop's timing."""

    def on_answer(self, reply: Reply) -> None:
        """Take what came back on a question."""

    def on_question(self, event: QuestionEvent) -> None:
        """Take what is asked from now on, and what may be asked."""
