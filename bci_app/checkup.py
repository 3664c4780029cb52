"""``bci-app doctor``: whether all that a session needs is here, and whether a sample passes through LSL."""

from __future__ import annotations

import os
import shutil
import time
import uuid
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from rich.table import Table

from bci_app.events import DecisionEvent, Session
from bci_app.provenance import versions
from devices.clock import now_s
from devices.lsl_scope import FILE_VARIABLE, in_force, library_info
from devices.sources.brainflow_board import list_boards
from models.checkpoints import shipped
from models.placement import place
from pipelines.decision import Decision
from pipelines.errors import BciError
from pipelines.plugins import make
from pipelines.signal import Channel, StreamSpec

MIN_FREE_GB = 1.0


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing looked at."""

    name: str
    ok: bool
    text: str

    def as_dict(self) -> dict[str, Any]:
        """Return the finding for ``--json``."""
        return asdict(self)


def examine() -> list[Finding]:
    """Look at everything; a check that raises an error of ours is a finding, not a crash."""
    found = [Finding(name, version != "not installed", version) for name, version in versions().items()]
    checks: dict[str, Callable[[], str]] = {
        "liblsl": library_info,
        "LSL scope": _scope,
        "compute device": _device,
        "boards": lambda: f"{len(list_boards())} board types known to BrainFlow",
        "serial ports": _ports,
        "clock": _clock,
        "disk": _disk,
        "decoders": lambda: ", ".join(shipped()),
        "LSL loopback": loopback,
    }
    for name, check in checks.items():
        try:
            found.append(Finding(name, True, check()))
        except BciError as exc:
            found.append(Finding(name, False, str(exc)))
    return found


def table(findings: list[Finding]) -> Table:
    """Return the findings for a terminal."""
    rows = Table("", "", "", title="bci-app doctor", show_header=False)
    for finding in findings:
        rows.add_row("[green]ok[/]" if finding.ok else "[red]look[/]", finding.name, finding.text)
    return rows


def _scope() -> str:
    named = os.environ.get(FILE_VARIABLE)
    if named and not Path(named).expanduser().is_file():
        raise BciError(f"{FILE_VARIABLE} = {named}: there is no such file; in force: {in_force()}")
    return str(in_force())


def _device() -> str:
    placement = place("auto")
    return f"{placement.device} {placement.notice}".strip()


def _ports() -> str:
    ports = sorted(str(p) for pattern in ("ttyUSB*", "ttyACM*", "cu.usb*") for p in Path("/dev").glob(pattern))
    return ", ".join(ports) or "none found (a USB dongle would show here)"


def _clock() -> str:
    steps = []
    before = now_s()
    for _ in range(1000):
        after = now_s()
        steps.append(after - before)
        before = after
    if min(steps) < 0:
        raise BciError("the LSL clock ran backwards")
    return f"monotonic; a reading costs {1e6 * sum(steps) / len(steps):.2f} µs"


def _disk() -> str:
    free_gb = shutil.disk_usage(".").free / 1e9
    if free_gb < MIN_FREE_GB:
        raise BciError(f"only {free_gb:.2f} GB are free here; recordings need at least {MIN_FREE_GB:g} GB")
    return f"{free_gb:.0f} GB free here"


def loopback(timeout_s: float = 10.0) -> str:
    """Send decisions through a real outlet and read them back through a real inlet.

    Raises
    ------
    BciError
        If nothing comes back within ``timeout_s``.
    """
    name = f"doctor-{uuid.uuid4().hex[:8]}"
    spec = StreamSpec(100.0, (Channel("Cz"),), name)
    outlet = make("sinks", {"kind": "lsl_outlet", "prefix": name, "markers": False})
    outlet.open(Session(name, spec, model_id="doctor", classes=("a", "b"), window_s=0.1, hop_s=0.01))
    source = make("sources", {"kind": "lsl_stream", "name": f"{name}-decisions", "type": ""})
    try:
        source.open()
        stop_s = now_s() + timeout_s
        while now_s() < stop_s:
            sent_s = now_s()
            outlet.accept(
                DecisionEvent(Decision(0, sent_s, sent_s, ("a", "b"), (0.25, 0.75), "doctor", decided_at_s=sent_s))
            )
            chunk = source.read(0.05)
            if chunk is not None and chunk.n_samples:
                return f"a sample came back after {1e3 * (now_s() - float(chunk.times_s[-1])):.2f} ms"
            time.sleep(0.01)
    finally:
        source.close()
        outlet.close()
    raise BciError(
        f"no sample came back within {timeout_s:g} s: is a firewall closing the ports 16572-16604 on loopback?"
    )
