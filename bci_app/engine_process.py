"""The engine in a child process, for the window: the same two calls as the daemon, with a pipe as one more sink."""

from __future__ import annotations

import atexit
import multiprocessing
import os
import signal
import threading
from collections.abc import Mapping
from concurrent.futures import Future
from contextlib import suppress
from multiprocessing.connection import Connection
from typing import TYPE_CHECKING, Any

from bci_app.commands import Command
from bci_app.events import EngineState, Event, NoticeEvent, StateEvent
from devices.clock import now_s
from pipelines.errors import BciError

if TYPE_CHECKING:
    from bci_app.engine import Engine

STOP = "stop"


class EngineProcess:
    """Starts, feeds and ends the child. Used by one thread of the window's process."""

    def __init__(self, settings: Mapping[str, Any]) -> None:
        context = multiprocessing.get_context("spawn")
        self.connection, self._child_end = context.Pipe()
        # No daemon: those may have no children, and the answers to questions come from one.
        self._process = context.Process(target=_child, args=(dict(settings), self._child_end), name="bci_app-engine")
        self._message = ""
        self._terminated = False

    def start(self) -> None:
        """Start the child; its first event comes a second or so later."""
        self._process.start()
        self._child_end.close()
        atexit.register(self.stop)  # before Python waits for its children

    def poll(self) -> list[Event]:
        """Return all events that wait, without blocking; of a dead child, all it has sent."""
        events: list[Event] = []
        try:
            while self.connection.poll(0):
                events += self.connection.recv()
        except (EOFError, OSError):
            pass
        for event in events:
            if isinstance(event, StateEvent) and event.state is EngineState.FAILED:
                self._message = event.message
        return events

    def fileno(self) -> int:
        """Return the pipe's descriptor, for a socket notifier."""
        return self.connection.fileno()

    def send(self, command: Command) -> None:
        """Send a command; a dead engine ignores it."""
        try:
            self.connection.send(command)
        except OSError:
            return

    def ask_to_end(self) -> None:
        """Ask the engine to end, and return at once; a dead one ignores it."""
        with suppress(OSError):
            self.connection.send(STOP)

    def stop(self, timeout_s: float = 5.0) -> list[Event]:
        """Ask the engine to end, wait, and return what it still said; one that does not end in time is terminated."""
        if self._process.pid is None or self.connection.closed:
            return []
        self.ask_to_end()
        events: list[Event] = []
        waited_s = 0.0
        while self._process.is_alive() and waited_s < timeout_s:
            events += self.poll()  # a full pipe would keep the child from ending
            self._process.join(0.05)
            waited_s += 0.05
        if self._process.is_alive():
            events.append(self._terminate(timeout_s))
        events += self.poll()
        self.connection.close()
        atexit.unregister(self.stop)
        return events

    def _terminate(self, timeout_s: float) -> NoticeEvent:
        self._terminated = True
        self._process.terminate()
        self._process.join(0.2)  # nothing handles the signal: only a process that is held back lives on
        if self._process.is_alive():
            self._process.kill()
            self._process.join(1.0)
        text = f"the engine did not end within {timeout_s:g} s and was terminated; what it recorded is readable"
        return NoticeEvent("warning", text, now_s())

    def kill(self) -> None:
        """End the child at once, as a crash does: for tests and pictures of that."""
        self._process.kill()

    def is_alive(self) -> bool:
        """Whether the child runs."""
        return self._process.is_alive()

    def exit_message(self) -> str:
        """Say why the engine ended; empty while it runs, after a good end, and where ``stop`` had to terminate it."""
        if self._process.is_alive() or self._terminated or self._process.exitcode in (None, 0):
            return self._message
        return self._message or f"the engine ended unexpectedly (exit code {self._process.exitcode})"


def _child(values: dict[str, Any], connection: Connection) -> None:
    # Imported in the child: the window's process loads no decoder.
    from bci_app.assembly import build
    from bci_app.config import validate
    from bci_app.logging_setup import configure_logging
    from bci_app.pipe_sink import PipeSink

    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C in a terminal reaches the window, which then stops us
    configure_logging()
    stop = threading.Event()
    built: Future[Engine] = Future()
    threading.Thread(target=_listen, args=(connection, built, stop), daemon=True).start()
    try:
        connection.send([StateEvent(EngineState.CONNECTING)])
        engine = build(validate(values, "session"), extra_sinks=[PipeSink(connection)])
        built.set_result(engine)
        engine.run(stop)
    except BciError as exc:
        connection.send([StateEvent(EngineState.FAILED, str(exc))])
        raise SystemExit(1) from exc


def _listen(connection: Connection, built: Future[Engine], stop: threading.Event) -> None:
    """Pass commands on; end the engine when it is told to, or when the window is gone."""
    try:
        while (message := connection.recv()) != STOP:
            built.result().post(message)
    except (EOFError, OSError):
        pass
    stop.set()
    if not built.done():  # nothing is recorded yet, and a driver may keep the other thread for minutes
        os._exit(0)
