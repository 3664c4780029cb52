"""An engine without a process: says what it is given, keeps what it is told."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bci_app.commands import Command
from bci_app.events import Event


class ScriptedEngine:
    """Implements :class:`ui.engine_client.EngineLike`; ``say`` makes events wait in its pipe, ``die`` ends it."""

    def __init__(self, settings: Mapping[str, Any]) -> None:
        self.settings = settings
        self.commands: list[Command] = []
        self.stopped = self.hangs = False
        self._alive = False
        self._waiting: list[Event] = []
        self._message = ""

    def say(self, *events: Event) -> None:
        self._waiting += events

    def die(self, message: str = "") -> None:
        self._alive, self._message = False, message

    def start(self) -> None:
        self._alive = True

    def poll(self) -> list[Event]:
        waiting, self._waiting = self._waiting, []
        return waiting

    def send(self, command: Command) -> None:
        self.commands.append(command)

    def ask_to_end(self) -> None:
        if not self.hangs:
            self._alive, self.stopped = False, True

    def stop(self, timeout_s: float = 5.0) -> list[Event]:
        self._alive, self.stopped = False, True
        return self.poll()

    def is_alive(self) -> bool:
        return self._alive

    def exit_message(self) -> str:
        return self._message
