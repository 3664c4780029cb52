"""The processes of a fault trial: the LSL device that is made to fail, and the daemon that is watched."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import threading
import time
import uuid
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
SENDER = Path(__file__).with_name("sender.py")
LABELS = ("Fz", "C3", "Cz", "C4", "P3", "P4", "O1", "O2")
LSL_CONFIG = "[ports]\nPortRange = 256\n[multicast]\nResolveScope = machine\n"

DECODER = """name = "alpha"
settings = { window_s = 1.0, hop_s = 0.5 }
calibration = { rest_s = 4.0 }"""
NONFINITE, BAD_CHANNELS, BANDPASS = (
    '[[stages]]\nkind = "nonfinite"\n',
    '[[stages]]\nkind = "bad_channels"\n',
    '[[stages]]\nkind = "bandpass"\nlow_hz = 1.0\nhigh_hz = 40.0\n',
)
STAGES = NONFINITE + BAD_CHANNELS + BANDPASS


@dataclass(frozen=True)
class Plan:
    """What the device offers; ``loses``: whether samples of a time in which it was stopped are gone."""

    name: str = field(default_factory=lambda: f"cap-{uuid.uuid4().hex[:6]}")
    source_id: str = ""
    labels: tuple[str, ...] = LABELS
    rate_hz: float = 250.0
    loses: bool = False

    def but(self, **changes: object) -> Plan:
        """Return the plan with changes."""
        return replace(self, **changes)  # type: ignore[arg-type]


class Device:
    """The sender's process."""

    def __init__(self, plan: Plan, folder: Path) -> None:
        text = json.dumps({**asdict(plan), "source_id": plan.source_id or plan.name})
        self.process = subprocess.Popen(
            [sys.executable, str(SENDER), text], stdin=subprocess.PIPE, text=True, env=environment(folder)
        )

    def tell(self, command: str) -> None:
        """Make it fail; see :mod:`scripts.fault_cases.sender`."""
        assert self.process.stdin is not None
        self.process.stdin.write(command + "\n")
        self.process.stdin.flush()

    def kill(self) -> None:
        """``kill -9``."""
        self.process.kill()
        self.process.communicate()


@dataclass(frozen=True)
class Line:
    """What came out of the daemon, and when (monotonic clock, s)."""

    time_s: float
    stream: str
    text: str


class Daemon:
    """The daemon's process, its output read line by line with the time at which each came."""

    def __init__(self, session: Path, program: tuple[str, ...] = ("bci_app", "daemon"), **variables: str) -> None:
        self.lines: list[Line] = []
        self._changed = threading.Condition()
        self.started_s = time.monotonic()
        self.process = subprocess.Popen(
            [sys.executable, "-m", *program, str(session)],
            cwd=ROOT,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env=environment(session.parent) | variables,
        )
        self._threads = [threading.Thread(target=self._read, args=(name,)) for name in ("stdout", "stderr")]
        for thread in self._threads:
            thread.start()

    def wait(self, pattern: str, since_s: float = 0.0, timeout_s: float = 30.0) -> Line | None:
        """Return the first line from ``since_s`` on that fits; None if none comes in time, or the process ends."""
        deadline = time.monotonic() + timeout_s
        with self._changed:
            while True:
                found = next((x for x in self.lines if x.time_s >= since_s and re.search(pattern, x.text)), None)
                left_s = deadline - time.monotonic()
                if found or left_s <= 0 or not any(thread.is_alive() for thread in self._threads):
                    return found
                self._changed.wait(min(left_s, 0.1))

    def end(self, number: int, timeout_s: float = 20.0) -> int:
        """Send a signal and return the exit code; a process that does not end is killed (-9)."""
        if self.process.poll() is None:
            self.process.send_signal(number)
        return self.join(timeout_s)

    def join(self, timeout_s: float) -> int:
        """Wait for the end and return the exit code."""
        try:
            self.process.wait(timeout_s)
        except subprocess.TimeoutExpired:
            self.process.kill()
        for thread in self._threads:
            thread.join()
        return self.process.wait()

    def _read(self, name: str) -> None:
        pipe = getattr(self.process, name)
        for text in pipe:
            with self._changed:
                self.lines.append(Line(time.monotonic(), name, text.rstrip()))
                self._changed.notify_all()
        pipe.close()


@contextmanager
def ending(*things: Device | Daemon) -> Iterator[None]:
    """Kill whatever still runs."""
    try:
        yield
    finally:
        for thing in things:
            if isinstance(thing, Device):
                thing.kill()
            else:
                thing.end(9)


def environment(folder: Path) -> dict[str, str]:
    """Return the environment of all processes: LSL stays on this machine, one thread."""
    config = folder / "lsl_api.cfg"
    if not config.exists():
        config.write_text(LSL_CONFIG, encoding="utf-8")
    ours = {"LSLAPICFG": str(config), "OMP_NUM_THREADS": "1", "PYTHONUNBUFFERED": "1"}
    return {**os.environ, **ours}


def within(timeout_s: float, condition: Callable[[], object]) -> bool:
    """Wait until something holds; return whether it does."""
    deadline = time.monotonic() + timeout_s
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.05)
    return True


def session_text(
    source: Mapping[str, object], *, folder: Path, decoder: str = "", recorder: str = "", stages: str = STAGES
) -> str:
    """Return a session file: the source, an untrained decoder with a short calibration, recorder and LSL outlet."""
    lines = "\n".join(f"{key} = {json.dumps(value)}" for key, value in source.items())
    return f"""
name = "trial"
[source]
{lines}
{stages}
[decoder]
{decoder or DECODER}
[[sinks]]
kind = "xdf_recorder"
folder = "{folder}"
{recorder}
[[sinks]]
kind = "lsl_outlet"
prefix = "trial-{uuid.uuid4().hex[:6]}"
"""
