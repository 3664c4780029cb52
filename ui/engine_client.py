"""The window's end of the pipe: the engine's events become Qt signals, at most once per screen refresh."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Protocol

from PySide6.QtCore import QObject, Qt, QTimer, Signal

from bci_app.engine_process import EngineProcess
from bci_app.events import (
    ChannelQualityEvent,
    ChunkEvent,
    Command,
    DecisionEvent,
    EngineState,
    Event,
    LoopTiming,
    MarkerEvent,
    NoticeEvent,
    QualityEvent,
    RecordingEvent,
    SessionEvent,
    StateEvent,
)
from devices.clock import now_s

TOPICS = (
    *("session", "chunk", "marker", "decision", "state", "quality", "channel_quality"),
    *("notice", "recording", "timing"),
)
"""Signals of the client that carry an event's content."""
SIGNALS: dict[type, tuple[str, str]] = {
    SessionEvent: ("session", "session"),
    ChunkEvent: ("chunk", "chunk"),
    MarkerEvent: ("marker", "marker"),
    DecisionEvent: ("decision", "decision"),
    QualityEvent: ("quality", ""),
    ChannelQualityEvent: ("channel_quality", ""),
    NoticeEvent: ("notice", ""),
    RecordingEvent: ("recording", ""),
    LoopTiming: ("timing", ""),
}
"""The signal of each kind of event but the state's, and the attribute it carries; empty: the event whole."""
REFRESH_MS = 16
"""Time between two looks at the pipe (ms): about 60 a second."""


class EngineLike(Protocol):
    """What the client needs of :class:`bci_app.engine_process.EngineProcess`."""

    def start(self) -> None:
        """Start running."""
        ...

    def poll(self) -> list[Event]:
        """Return all events that wait, without blocking."""
        ...

    def send(self, command: Command) -> None:
        """Send a command."""
        ...

    def stop(self, timeout_s: float = 5.0) -> list[Event]:
        """End it, free everything, and return what it still said."""
        ...

    def is_alive(self) -> bool:
        """Whether it runs."""
        ...

    def exit_message(self) -> str:
        """Say why it ended; empty after a good end."""
        ...


class EngineClient(QObject):
    """Runs one engine at a time and tells the panels what it says. Used by the Qt thread.

    Every signal carries one object of :mod:`bci_app.events` or :mod:`pipelines`. While no engine runs nothing wakes up.
    """

    any_event = Signal(object)
    """Every event whole, before the signal of its kind."""
    session = Signal(object)
    """Session: a new one has begun."""
    chunk = Signal(object)
    """Chunk: raw samples."""
    marker = Signal(object)
    """Marker."""
    decision = Signal(object)
    """Decision."""
    state = Signal(object)
    """StateEvent: the engine's own, and FAILED or IDLE when its process has ended."""
    quality = Signal(object)
    """QualityEvent."""
    channel_quality = Signal(object)
    """ChannelQualityEvent, about once a second."""
    notice = Signal(object)
    """NoticeEvent."""
    recording = Signal(object)
    """RecordingEvent."""
    timing = Signal(object)
    """LoopTiming, once a second."""
    refresh = Signal()
    """After all events that came together: time to redraw."""
    running = Signal(bool)
    """Whether an engine runs."""
    completed = Signal()
    """The session came to an end of its own, without a fault."""

    def __init__(
        self, make_engine: Callable[[Mapping[str, Any]], EngineLike] = EngineProcess, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._make_engine = make_engine
        self._engine: EngineLike | None = None
        self._last = StateEvent(EngineState.IDLE)
        self._timer = QTimer(self, interval=REFRESH_MS, timerType=Qt.TimerType.PreciseTimer)
        self._timer.timeout.connect(self._look)

    @property
    def is_running(self) -> bool:
        """Whether an engine runs."""
        return self._engine is not None

    def start(self, settings: Mapping[str, Any]) -> None:
        """End what runs, then start an engine with JSON-able session settings."""
        self.stop()
        self._engine = self._make_engine(settings)
        self._engine.start()
        self.deliver(StateEvent(EngineState.CONNECTING, "", now_s()))
        self._timer.start()
        self.running.emit(True)
        self.refresh.emit()

    def stop(self) -> None:
        """End the engine and wait for it; its recording is closed. Harmless while none runs."""
        if self._engine is None:
            return
        self.deliver(StateEvent(EngineState.STOPPING, "", now_s()))
        self.refresh.emit()
        self._end("")

    def send(self, command: Command) -> None:
        """Send a command to the engine; say so when there is none."""
        if self._engine is None:
            self.notice.emit(NoticeEvent("warning", "nothing is running: start a session first", now_s()))
            self.refresh.emit()
        else:
            self._engine.send(command)

    def _look(self) -> None:
        engine = self._engine
        if engine is None:
            return
        alive = engine.is_alive()  # asked first, so that the last words of a dead engine are still read
        events = engine.poll()
        for event in events:
            self.deliver(event)
            if self._engine is not engine:
                return  # a listener stopped or replaced the engine
        if not alive:
            self._end(engine.exit_message())
            if self._last.state is EngineState.IDLE:
                self.completed.emit()
        elif events:
            self.refresh.emit()

    def _end(self, message: str) -> None:
        engine, self._engine = self._engine, None
        self._timer.stop()
        if engine is not None:
            for event in engine.stop():
                self.deliver(event)
            message = message or engine.exit_message()
        if self._last.state is not EngineState.FAILED:
            state = EngineState.FAILED if message else EngineState.IDLE
            self.deliver(StateEvent(state, message, now_s()))
        self.running.emit(False)
        self.refresh.emit()

    def _follow(self, event: StateEvent) -> None:
        if (event.state, event.message) != (self._last.state, self._last.message):
            self._last = event
            self.state.emit(event)

    def deliver(self, event: Event) -> None:
        """Emit the signals of one event."""
        self.any_event.emit(event)
        if isinstance(event, StateEvent):
            self._follow(event)
            return
        topic, content = SIGNALS[type(event)]
        getattr(self, topic).emit(getattr(event, content) if content else event)
