"""LSL streams for tests: outlets in this process, and a sender in a process of its own that can be killed.

``python -m tests.live.lsl_helpers '{"source_id": ...}'`` sends until it is killed.
"""

from __future__ import annotations

import dataclasses
import json
import subprocess
import sys
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pylsl

ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class StreamPlan:
    """What to offer. Samples are a ramp: every channel of sample k holds k, so that losses can be counted."""

    source_id: str = field(default_factory=lambda: uuid.uuid4().hex)
    name: str = "bci_app-test"
    type: str = "EEG"
    n_channels: int = 4
    rate_hz: float = 250.0
    format: str = "float32"
    labels: tuple[str, ...] | None = None
    units: tuple[str, ...] | None = None
    kinds: tuple[str, ...] | None = None
    reference: str = ""
    chunk: int = 5
    first_value: int = 0

    def but(self, **changes: object) -> StreamPlan:
        return dataclasses.replace(self, **changes)


def make_outlet(plan: StreamPlan) -> pylsl.StreamOutlet:
    info = pylsl.StreamInfo(plan.name, plan.type, plan.n_channels, plan.rate_hz, plan.format, plan.source_id)
    channels = info.desc().append_child("channels")
    for i in range(len(plan.labels) if plan.labels is not None else plan.n_channels):
        node = channels.append_child("channel")
        node.append_child_value("label", plan.labels[i] if plan.labels is not None else f"E{i + 1}")
        if plan.kinds is not None:
            node.append_child_value("type", plan.kinds[i])
        node.append_child_value("unit", plan.units[i] if plan.units is not None else "microvolts")
    if plan.reference:
        info.desc().append_child("reference").append_child_value("label", plan.reference)
    return pylsl.StreamOutlet(info)


def make_marker_outlet(name: str, source_id: str | None = None) -> pylsl.StreamOutlet:
    return pylsl.StreamOutlet(pylsl.StreamInfo(name, "Markers", 1, 0, "string", source_id or uuid.uuid4().hex))


def send(plan: StreamPlan, outlet: pylsl.StreamOutlet | None = None, seconds: float = float("inf")) -> int:
    """Send in real time; return the number of samples sent. Stamps follow the schedule, not the push."""
    outlet = outlet or make_outlet(plan)
    start, sent = pylsl.local_clock(), 0
    while sent / plan.rate_hz < seconds:
        sent += plan.chunk
        due = start + sent / plan.rate_hz
        time.sleep(max(0.0, due - pylsl.local_clock()))
        values = plan.first_value + np.arange(sent - plan.chunk, sent)
        outlet.push_chunk(np.repeat(values[:, None], plan.n_channels, axis=1), due)
    return sent


@contextmanager
def sender(plan: StreamPlan) -> Iterator[subprocess.Popen[bytes]]:
    """Send from another process, killed (-9) at the end at the latest."""
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.live.lsl_helpers", json.dumps(dataclasses.asdict(plan))], cwd=ROOT
    )
    try:
        yield process
    finally:
        process.kill()
        process.wait()


if __name__ == "__main__":
    send(StreamPlan(**json.loads(sys.argv[1])))
