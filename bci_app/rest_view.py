"""What a person sees while rest is recorded: what to do, how long still, how good the signal is."""

from __future__ import annotations

from rich.console import Console, Group
from rich.live import Live
from rich.progress_bar import ProgressBar
from rich.text import Text

from bci_app.calibrator import RestMonitor
from bci_app.events import ChunkEvent, EngineState, Event, NoticeEvent, RecordingEvent, Session, StateEvent

INSTRUCTION = (
    "Rest now: sit comfortably, do not move or talk, let the jaw hang, think of nothing in particular. "
    "Keep the eyes as they will be in the session, open or closed."
)
LINE_EVERY_S = 5.0
"""Where the output is no terminal, a line for so much signal."""
SILENT = (EngineState.STALE, EngineState.RECONNECTING)


class RestView:
    """A sink; reads the counts of a :class:`~bci_app.calibrator.RestMonitor`, which the engine feeds."""

    def __init__(self, console: Console, monitor: RestMonitor, seconds: float) -> None:
        self._console, self._monitor, self._seconds = console, monitor, seconds
        self._live: Live | None = None
        self._rate_hz = 1.0
        self._done_s = self._next_line_s = 0.0
        self._state = self._notice = ""
        self.recording = ""
        """Path of the recording; empty before it begins."""

    def open(self, session: Session) -> None:
        """Tell the person what to do."""
        self._rate_hz = session.spec.rate_hz
        self._next_line_s = LINE_EVERY_S
        self._console.print(INSTRUCTION, style="bold", highlight=False)
        if self._console.is_terminal:
            self._live = Live(console=self._console, get_renderable=self._render, refresh_per_second=4)
            self._live.start()

    def accept(self, event: Event) -> None:
        """Take one event."""
        match event:
            case ChunkEvent(chunk):
                self._done_s += chunk.n_samples / self._rate_hz
                if self._done_s >= self._next_line_s:
                    self._next_line_s += LINE_EVERY_S
                    self._line(f"{self._done_s:.1f} of {self._seconds:g} s: {self._monitor.quality()}")
            case RecordingEvent(path):
                self.recording = path
            case StateEvent(state, message):
                self._state = f"{state.value}: {message}" if state in SILENT else ""
                self._line(self._state)
            case NoticeEvent(level, text) if level != "info":
                self._notice = f"{level}: {text}"
                self._line(self._notice)

    def close(self) -> None:
        """Leave the last picture on the screen."""
        if self._live is not None:
            self._live.stop()
            self._live = None

    def _line(self, text: str) -> None:
        if self._live is None and text:
            self._console.print(text, markup=False, highlight=False, soft_wrap=True)

    def _render(self) -> Group:
        lines = [f"{self._done_s:.1f} of {self._seconds:g} s", self._monitor.quality(), self._state, self._notice]
        bar = ProgressBar(total=self._seconds, completed=min(self._done_s, self._seconds), width=60)
        return Group(bar, *(Text(line) for line in lines if line))
