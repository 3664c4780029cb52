"""The window's end of the pipe: the engine's events become Qt signals, at most once per screen refresh."""

from __future__ import annotations

import gc
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from PySide6.QtCore import QObject, Qt, QTimer, Signal

from bci_app.commands import Command
from bci_app.engine_process import EngineProcess
from bci_app.events import (
    AnswerEvent,
    ChannelQualityEvent,
    ChunkEvent,
    DecisionEvent,
    DecoderEvent,
    DiskEvent,
    EngineState,
    Event,
    HeartbeatEvent,
    LoopTiming,
    MarkerEvent,
    NoticeEvent,
    OutlineEvent,
    PlaybackEvent,
    QualityEvent,
    QuestionEvent,
    RecordingEvent,
    SessionEvent,
    StateEvent,
)
from devices.clock import now_s

TOPICS = (
    *("session", "chunk", "marker", "decision", "decoder", "state", "quality", "channel_quality"),
    *("notice", "recording", "disk", "outline", "playback", "timing", "stalls", "answer", "question"),
)
"""Signals of the client that carry an event's content."""
SIGNALS: dict[type, tuple[str, str]] = {
    SessionEvent: ("session", "session"),
    ChunkEvent: ("chunk", "chunk"),
    MarkerEvent: ("marker", "marker"),
    DecisionEvent: ("decision", "decision"),
    DecoderEvent: ("decoder", ""),
    QualityEvent: ("quality", ""),
    ChannelQualityEvent: ("channel_quality", ""),
    NoticeEvent: ("notice", ""),
    RecordingEvent: ("recording", ""),
    DiskEvent: ("disk", ""),
    OutlineEvent: ("outline", "outline"),
    PlaybackEvent: ("playback", ""),
    LoopTiming: ("timing", ""),
    AnswerEvent: ("answer", "reply"),
    QuestionEvent: ("question", ""),
}
"""The signal of each kind of event but the state's, and the attribute it carries; empty: the event whole."""
HUNG_S = 0.9
"""Silence of a live engine after which it counts as hung (s): it beats every quarter of a second."""
END_S = 5.0
"""How long an engine may take to end before it is terminated (s)."""
STALL_MS = 50.0
"""A pause of the Qt thread longer than this is felt, and counted."""
REST_MS = 10
"""Least time from one refresh to the next look at the pipe (ms); the engine sends 70 times a second at most."""
SOON_MS, IDLE_MS = 2, 16
"""How long after an empty look the next one comes (ms): while something may come at any moment, and later."""
AWAIT_S = 0.05
"""How long after a refresh the next events are awaited at any moment (s)."""


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

    def ask_to_end(self) -> None:
        """Ask it to end, without waiting."""
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


@dataclass(frozen=True, slots=True)
class WindowStalls:
    """Pauses of the window's own thread over 50 ms since the session began: how many, and the longest (ms)."""

    count: int
    worst_ms: float


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
    decoder = Signal(object)
    """DecoderEvent: another decoder decides from now on."""
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
    disk = Signal(object)
    """DiskEvent, once a second while it is recorded."""
    outline = Signal(object)
    """Outline: what is in the recording that is replayed."""
    playback = Signal(object)
    """PlaybackEvent: how the replay goes on from now."""
    timing = Signal(object)
    """LoopTiming, once a second."""
    answer = Signal(object)
    """Reply: what came back on a question."""
    question = Signal(object)
    """QuestionEvent: what is asked from now on, and what may be."""
    refresh = Signal()
    """After all events that came together: time to redraw."""
    running = Signal(bool)
    """Whether an engine runs."""
    hung = Signal(float)
    """The engine's process lives, but has said nothing for so long (s); 0: it speaks again."""
    stalls = Signal(object)
    """WindowStalls, when there was another one."""
    completed = Signal()
    """The session came to an end of its own, without a fault."""

    def __init__(
        self, make_engine: Callable[[Mapping[str, Any]], EngineLike] = EngineProcess, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._make_engine = make_engine
        self._engine: EngineLike | None = None
        self._next: Mapping[str, Any] | None = None
        self._end_by_s: float | None = None
        self._heard_s = self._looked_s = 0.0
        self._beats = self._is_hung = False
        self._stalls = WindowStalls(0, 0.0)
        self._last = StateEvent(EngineState.IDLE)
        self._waiting: deque[Event] = deque()
        self._unseen = False
        """Whether something was delivered that has not been drawn."""
        self._shown_s = 0.0
        self._timer = QTimer(self, interval=IDLE_MS, timerType=Qt.TimerType.PreciseTimer)
        self._timer.timeout.connect(self._look)

    @property
    def is_running(self) -> bool:
        """Whether an engine runs."""
        return self._engine is not None

    def start(self, settings: Mapping[str, Any]) -> None:
        """End what runs, then start an engine with JSON-able session settings."""
        self.stop()
        self._beats = self._is_hung = False
        self._stalls = WindowStalls(0, 0.0)
        self._looked_s = 0.0
        self._waiting.clear()
        self._engine = self._make_engine(settings)
        self._engine.start()
        self.deliver(StateEvent(EngineState.CONNECTING, "", now_s()))
        # What is there now stays: without this the collector goes through all of it in the midst of a session, and the
        # window stands still for a tenth of a second. Collecting first would take that long as well.
        gc.freeze()
        self._timer.start()
        self.running.emit(True)
        self.refresh.emit()

    def switch(self, settings: Mapping[str, Any]) -> None:
        """Start an engine as soon as the one that runs has ended, without waiting for that here."""
        if self._engine is None:
            self.start(settings)
        else:
            self._next = settings
            self.end()

    def end(self) -> None:
        """Ask the engine to end and go on; ``running`` tells when it has. Harmless while none runs."""
        if self._engine is not None and self._end_by_s is None:
            # One that hangs does not hear it: what it recorded is readable, and nobody needs to wait.
            self._end_by_s = now_s() + (0.0 if self._is_hung else END_S)
            self.deliver(StateEvent(EngineState.STOPPING, "", now_s()))
            self._engine.ask_to_end()
            self.refresh.emit()

    def stop(self) -> None:
        """End the engine and wait for it; its recording is closed. Harmless while none runs."""
        self._next = None
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
        self._count_stalls()
        alive = engine.is_alive()  # asked first, so that the last words of a dead engine are still read
        polled = engine.poll()
        self._waiting += polled
        anew = False
        while self._waiting and not anew:
            event = self._waiting.popleft()
            self._unseen = self._unseen or not isinstance(event, HeartbeatEvent)
            anew = isinstance(event, SessionEvent)
            self.deliver(event)
            if self._engine is not engine:
                return  # a listener stopped or replaced the engine
        if not alive and not self._waiting:
            asked = self._end_by_s is not None
            self._end(engine.exit_message())
            if self._last.state is EngineState.IDLE and not asked:
                self.completed.emit()
        elif self._end_by_s is not None and now_s() >= self._end_by_s:
            self._end("", timeout_s=0.1)
        else:
            self._watch(heard=bool(polled))
            self._show(anew=anew)
        if self._engine is None and self._next is not None:
            settings, self._next = self._next, None
            self.start(settings)

    def _show(self, *, anew: bool) -> None:
        """Let the panels draw if there is something to be seen, and choose when to look again.

        Looks at a fixed beat would meet chunks of that beat now before and now after they come, and show two at once.
        When a session begins ``anew`` the panels have worked enough for one turn.
        """
        if anew:
            self._timer.setInterval(SOON_MS)
            return
        if self._unseen:
            self._unseen, self._shown_s = False, self._looked_s
            self.refresh.emit()
            spent_ms = round(1e3 * (now_s() - self._looked_s))
            self._timer.setInterval(max(SOON_MS, REST_MS - spent_ms))
        else:
            self._timer.setInterval(SOON_MS if self._looked_s - self._shown_s < AWAIT_S else IDLE_MS)

    def _watch(self, *, heard: bool) -> None:
        """Tell when a live engine falls silent, and when it speaks again."""
        now = now_s()
        if heard:
            self._heard_s = now
        silent_s = now - self._heard_s
        # Before its first beat it loads what it needs; while it connects again a driver may keep it waiting.
        waits = not self._beats or self._last.state in (EngineState.RECONNECTING, EngineState.STOPPING)
        if not waits and silent_s > HUNG_S and not self._is_hung:
            self._is_hung = True
            self.hung.emit(silent_s)
        elif self._is_hung and heard:
            self._is_hung = False
            self.hung.emit(0.0)

    def _count_stalls(self) -> None:
        """Measure how long the Qt thread was away since the last look."""
        now = now_s()
        late_ms = 1e3 * (now - self._looked_s) - self._timer.interval()
        if self._looked_s and late_ms > STALL_MS:
            self._stalls = WindowStalls(self._stalls.count + 1, max(self._stalls.worst_ms, late_ms))
            self.stalls.emit(self._stalls)
            self._heard_s += late_ms / 1e3  # the engine may have spoken while nobody listened
        self._looked_s = now

    def _end(self, message: str, timeout_s: float = END_S) -> None:
        engine, self._engine = self._engine, None
        self._end_by_s = None
        self._timer.stop()
        gc.unfreeze()
        if engine is not None:
            self._waiting += engine.stop(timeout_s)
            while self._waiting:
                self.deliver(self._waiting.popleft())
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
        if isinstance(event, HeartbeatEvent):
            self._beats = True
            return
        topic, content = SIGNALS[type(event)]
        getattr(self, topic).emit(getattr(event, content) if content else event)
