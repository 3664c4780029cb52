"""The stream that the LSL benchmarks receive: ``python benchmarks/lsl_source.py PLAN`` sends until it is killed."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

# Streams stay on this machine. Without the known peer, a busy machine's streams are now and then not found.
LSL_CONFIG = "[ports]\nPortRange = 64\n[multicast]\nResolveScope = machine\n[lab]\nKnownPeers = {127.0.0.1}\n"
COUNT = 2**20
"""The first channel counts so far and begins again: whole numbers that float32 holds."""
WINDOW_S, HOP_S = 1.0, 0.1


@dataclass(frozen=True)
class Plan:
    """What is sent, and for how long a receiver is measured after its warm-up."""

    source_id: str
    n_channels: int
    rate_hz: float
    chunk: int = 10
    seconds: float = 10.0

    @property
    def window(self) -> int:
        """Samples in a window."""
        return round(WINDOW_S * self.rate_hz)

    @property
    def hop(self) -> int:
        """Samples from one window to the next."""
        return round(HOP_S * self.rate_hz)


def send(plan: Plan) -> None:
    """Send until killed: noise, but the first channel counts samples. Chunks are stamped when they are pushed."""
    import pylsl

    info = pylsl.StreamInfo("benchmark", "EEG", plan.n_channels, plan.rate_hz, "float32", plan.source_id)
    channels = info.desc().append_child("channels")
    for number in range(plan.n_channels):
        node = channels.append_child("channel")
        for key, value in (("label", f"E{number + 1}"), ("type", "EEG"), ("unit", "microvolts")):
            node.append_child_value(key, value)
    outlet = pylsl.StreamOutlet(info)
    noise = np.random.default_rng(0).standard_normal((64, plan.chunk, plan.n_channels)).astype(np.float32)
    start, sent = pylsl.local_clock(), 0
    while True:
        sent += 1
        time.sleep(max(0.0, start + sent * plan.chunk / plan.rate_hz - pylsl.local_clock()))
        chunk = noise[sent % len(noise)]
        chunk[:, 0] = np.arange((sent - 1) * plan.chunk, sent * plan.chunk) % COUNT
        outlet.push_chunk(chunk, pylsl.local_clock())


@contextlib.contextmanager
def sending(plan: Plan) -> Iterator[None]:
    """Send from a process of its own."""
    process = subprocess.Popen([sys.executable, Path(__file__), json.dumps(asdict(plan))], stderr=subprocess.DEVNULL)
    try:
        yield
    finally:
        process.kill()
        process.wait()


@contextlib.contextmanager
def local_streams() -> Iterator[None]:
    """Keep the streams of all child processes on this machine, and their numerics on one thread."""
    with tempfile.TemporaryDirectory() as folder:
        config = Path(folder, "lsl_api.cfg")
        config.write_text(LSL_CONFIG, encoding="utf-8")
        os.environ.update(LSLAPICFG=str(config), OMP_NUM_THREADS="1")
        yield


if __name__ == "__main__":
    send(Plan(**json.loads(sys.argv[1])))
