"""An LSL device in a process of its own, made to fail by lines on its standard input: ``sender.py JSON``.

Commands: ``nan SECONDS``, ``flat CHANNEL``, ``rail CHANNEL``, ``jump SECONDS`` (its clock), ``stamp VALUE`` (of one
sample: nan, inf or a number), ``good`` (ends what flat and rail began).
"""

from __future__ import annotations

import json
import queue
import sys
import threading
import time
from typing import Any

import numpy as np
import pylsl

RAIL_UV = 187_500.0
"""Where an ADS1299 amplifier at gain 24 saturates."""
CHUNK_S = 0.02


class Device:
    """Noise with a 10 Hz rhythm, sent on schedule; what a stopped process misses is sent late, or lost."""

    def __init__(self, plan: dict[str, Any]) -> None:
        self.labels, self.rate_hz, self.loses = plan["labels"], plan["rate_hz"], plan["loses"]
        info = pylsl.StreamInfo(plan["name"], "EEG", len(self.labels), self.rate_hz, "float32", plan["source_id"])
        channels = info.desc().append_child("channels")
        for label in self.labels:
            node = channels.append_child("channel")
            node.append_child_value("label", label)
            node.append_child_value("type", "EEG")
            node.append_child_value("unit", "microvolts")
        self.outlet = pylsl.StreamOutlet(info)
        self.random = np.random.default_rng(0)
        self.constant: dict[int, float] = {}
        self.nan_until_s = self.jump_s = 0.0
        self.stamp: float | None = None

    def obey(self, line: str) -> None:
        """Carry out one command."""
        word, _, value = line.strip().partition(" ")
        match word:
            case "nan":
                self.nan_until_s = pylsl.local_clock() + float(value)
            case "flat" | "rail":
                self.constant[self.labels.index(value)] = RAIL_UV if word == "rail" else 0.0
            case "good":
                self.constant.clear()
            case "jump":
                self.jump_s += float(value)
            case "stamp":
                self.stamp = float(value)

    def run(self, commands: queue.SimpleQueue[str]) -> None:
        """Send for ever."""
        n = max(1, round(CHUNK_S * self.rate_hz))
        start, sent = pylsl.local_clock(), 0
        while True:
            while not commands.empty():
                self.obey(commands.get())
            sent += n
            due_s = start + sent / self.rate_hz
            late_s = pylsl.local_clock() - due_s
            time.sleep(max(0.0, -late_s))
            if late_s > 1.0 and self.loses:
                continue
            stamp = due_s + self.jump_s if self.stamp is None else self.stamp
            self.stamp = None
            self.outlet.push_chunk(self.samples(n, sent, due_s), stamp)

    def samples(self, n: int, end: int, due_s: float) -> np.ndarray:
        """Return samples (n, n_channels) in µV, spoilt as commanded."""
        rhythm = 10 * np.sin(2 * np.pi * 10 * np.arange(end - n, end) / self.rate_hz)
        values = rhythm[:, None] + self.random.normal(0, 5, (n, len(self.labels)))
        for column, value in self.constant.items():
            values[:, column] = value
        if due_s < self.nan_until_s:
            values[:] = np.nan
        return values.astype(np.float32)


def listen(commands: queue.SimpleQueue[str]) -> None:
    """Pass on what comes on standard input."""
    for line in sys.stdin:
        commands.put(line)


def main() -> None:
    """Send until killed."""
    commands: queue.SimpleQueue[str] = queue.SimpleQueue()
    device = Device(json.loads(sys.argv[1]))
    threading.Thread(target=listen, args=(commands,), daemon=True).start()
    device.run(commands)


if __name__ == "__main__":
    main()
