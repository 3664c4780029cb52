"""Run a trial: a device, a daemon that decodes it, a fault, and what became of both."""

from __future__ import annotations

import signal
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from scripts.fault_cases.processes import Daemon, Device, Plan, ending, session_text, within
from scripts.fault_cases.result import Result, judge

DECIDED = r"^\d\d:\d\d:\d\d window \d+: (low|high) alpha"
SETTLE_S = 3.0
"""How long to go on after the last decision, so that a late message is seen."""


@contextmanager
def decoding(folder: Path, source: Mapping[str, object], **session: str) -> Iterator[Daemon]:
    """Run a daemon on a source until it decides; kill it at the end at the latest."""
    with started(folder, session_text(source, folder=folder / "recordings", **session)) as daemon:
        if daemon.wait(DECIDED, timeout_s=60) is None:
            raise SystemExit("\n".join(["the daemon made no decision:", *(line.text for line in daemon.lines)]))
        yield daemon


@contextmanager
def started(folder: Path, session: str, **variables: str) -> Iterator[Daemon]:
    """Start a daemon on a session's text."""
    file = folder / "session.toml"
    file.write_text(session, encoding="utf-8")
    daemon = Daemon(file, **variables)
    with ending(daemon):
        yield daemon


def finish(daemon: Daemon, cured_s: float | None, patience_s: float = 25.0) -> None:
    """Wait for decisions after the cure, then end the daemon as its user would."""
    if cured_s is not None:
        daemon.wait(DECIDED, since_s=cured_s + 0.5, timeout_s=patience_s)
    time.sleep(SETTLE_S)
    daemon.end(signal.SIGTERM)


def commanded(fault: str, done: str, folder: Path, commands: Mapping[str, float], *, cured_after_s: float) -> Result:
    """Spoil the signal by commands to the device, each ``command: seconds to wait after it``."""
    plan = Plan()
    device = Device(plan, folder)
    with ending(device), decoding(folder, lsl(plan)) as daemon:
        at_s = time.monotonic()
        for command, wait_s in commands.items():
            device.tell(command)
            time.sleep(wait_s)
        cured_s = at_s + cured_after_s
        finish(daemon, cured_s)
        return judge(fault, done, daemon, folder, at_s=at_s, cured_s=cured_s)


def restarted(fault: str, done: str, folder: Path, next_plan: Callable[[Plan], Plan], after_s: float) -> Result:
    """Kill the device (-9) and start another in its place."""
    plan = Plan()
    device = Device(plan, folder)
    with ending(device), decoding(folder, lsl(plan)) as daemon:
        at_s = time.monotonic()
        device.kill()
        time.sleep(after_s)
        successor = Device(next_plan(plan), folder)
        cured_s = time.monotonic()
        with ending(successor):
            within(25.0, lambda: daemon.process.poll() is not None or daemon.wait(DECIDED, cured_s, 0.0))
            finish(daemon, None)
        return judge(fault, done, daemon, folder, at_s=at_s, cured_s=cured_s)


def stopped(fault: str, done: str, folder: Path, plan: Plan, for_s: float) -> Result:
    """SIGSTOP the device, SIGCONT it."""
    device = Device(plan, folder)
    with ending(device), decoding(folder, lsl(plan)) as daemon:
        at_s = time.monotonic()
        device.process.send_signal(signal.SIGSTOP)
        time.sleep(for_s)
        device.process.send_signal(signal.SIGCONT)
        cured_s = time.monotonic()
        finish(daemon, cured_s)
        return judge(fault, done, daemon, folder, at_s=at_s, cured_s=cured_s)


def refused(fault: str, done: str, folder: Path, session: str) -> Result:
    """Start a daemon on something that must be refused before anything runs."""
    with started(folder, session) as daemon:
        daemon.join(30.0)
        return judge(fault, done, daemon, folder)


def lsl(plan: Plan) -> dict[str, object]:
    """Return the source's settings."""
    return {"kind": "lsl_stream", "name": plan.name}
