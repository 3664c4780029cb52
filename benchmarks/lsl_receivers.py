"""The receivers that ``lsl_latency.py`` compares, each run in a process of its own.

All do the same: 4th-order Butterworth band-pass 1-40 Hz, notch at 50 Hz, average reference, a window of 1 s every
100 ms, the same cheap decoder. A latency is the LSL clock now less the stamp of the newest sample that took part.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import psutil
from lsl_source import Plan
from numpy.typing import NDArray
from scipy.signal import butter, iirnotch, sosfilt, sosfilt_zi, tf2sos

WARM_UP_S, LINE_HZ, BAND_HZ = 2.0, 50.0, (1.0, 40.0)


@dataclass
class Meter:
    """Collects latencies (ms) and the processor time of this process, from the end of the warm-up on."""

    clock: Callable[[], float]
    seconds: float
    filtered_ms: list[float] = field(default_factory=list)
    decided_ms: list[float] = field(default_factory=list)
    samples: int = 0
    report: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._start_s = self._end_s = 0.0
        self._process = psutil.Process()

    @property
    def done(self) -> bool:
        """Whether the time is over."""
        return "cpu_percent" in self.report

    def filtered(self, stamp_s: float, n_samples: int) -> None:
        """Note that samples up to this stamp have left the filter."""
        now = self.clock()
        if not self._start_s:
            self._start_s = now + WARM_UP_S
        elif now >= self._start_s and not self.done:
            if not self._end_s:
                self._end_s, self._cpu_s = now + self.seconds, self._cpu()
                self._began_s = now
            self.filtered_ms.append((now - stamp_s) * 1e3)
            self.samples += n_samples
            if now >= self._end_s:
                self.report["cpu_percent"] = 100 * (self._cpu() - self._cpu_s) / (now - self._began_s)
                self.report["seconds"] = now - self._began_s

    def decided(self, stamp_s: float) -> None:
        """Note that a window that ends at this stamp has been decided on."""
        if self._end_s and not self.done:
            self.decided_ms.append((self.clock() - stamp_s) * 1e3)

    def _cpu(self) -> float:
        times = self._process.cpu_times()
        return float(times.user + times.system)


def log_power(samples: NDArray[np.float32]) -> float:
    """Decide by mean log power over channels: shape (n_samples, n_channels); the probability of the second class."""
    power = np.einsum("ij,ij->j", samples, samples) / len(samples)
    return float(1.0 / (1.0 + np.exp(-np.log(power + 1e-12).mean())))


class Windows:
    """The plainest sliding window: the newest rows are moved to the front when the array is full."""

    def __init__(self, plan: Plan) -> None:
        self._plan, self._end, self._total = plan, 0, 0
        self._rows = np.zeros((8 * plan.window, plan.n_channels), np.float32)

    def push(self, rows: NDArray[np.floating], stamps: NDArray[np.float64], meter: Meter) -> None:
        """Take rows, shape (n_samples, n_channels), and decide on the windows they complete."""
        start = 0
        while start < len(rows):
            take = min(len(rows) - start, self._plan.hop - self._total % self._plan.hop)
            if self._end + take > len(self._rows):
                self._rows[: self._plan.window] = self._rows[self._end - self._plan.window : self._end]
                self._end = self._plan.window
            self._rows[self._end : self._end + take] = rows[start : start + take]
            start, self._end, self._total = start + take, self._end + take, self._total + take
            if self._total % self._plan.hop == 0 and self._total >= self._plan.window:
                log_power(self._rows[self._end - self._plan.window : self._end])
                meter.decided(float(stamps[start - 1]))


def bare_pylsl(plan: Plan) -> Meter:
    """The floor: a blocking pull, SciPy's sosfilt with state, and nothing else."""
    import pylsl

    found = pylsl.resolve_byprop("source_id", plan.source_id, 1, 10.0)
    inlet = pylsl.StreamInlet(found[0], max_buflen=60, processing_flags=pylsl.proc_clocksync)
    bandpass = butter(4, BAND_HZ, "bandpass", fs=plan.rate_hz, output="sos")
    sos = np.vstack([bandpass, tf2sos(*iirnotch(LINE_HZ, 30, fs=plan.rate_hz))])
    buffer = np.empty((round(plan.rate_hz), plan.n_channels), np.float32)
    meter, windows = Meter(pylsl.local_clock, plan.seconds), Windows(plan)
    state = None
    while not meter.done:
        rows, stamps = inlet.pull_chunk(
            timeout=0.2, max_samples=len(buffer), dest_obj=buffer, min_samples=1, as_numpy=True
        )
        if not len(stamps):
            continue
        state = sosfilt_zi(sos)[:, :, None] * rows[0] if state is None else state
        filtered, state = sosfilt(sos, rows, axis=0, zi=state)
        filtered -= filtered.mean(axis=1, keepdims=True)
        meter.filtered(float(stamps[-1]), len(stamps))
        windows.push(filtered, stamps, meter)
    return meter


def ours(plan: Plan) -> Meter:
    """The engine as the daemon runs it."""
    from lsl_engine import run

    return run(plan)


def mne_lsl(plan: Plan, delay_s: float) -> Meter:
    """``StreamLSL`` with its own filters and reference, and a callback, which runs on its acquisition thread."""
    from mne_lsl.lsl import local_clock
    from mne_lsl.stream import StreamLSL

    stream = StreamLSL(2.0, source_id=plan.source_id)
    for attempt in range(10):  # its search misses a stream on the same machine now and then
        try:
            stream.connect(acquisition_delay=delay_s, processing_flags=["clocksync"], timeout=2.0)
            break
        except RuntimeError:
            if attempt == 9:
                raise
    stream.filter(*BAND_HZ, verbose="ERROR").notch_filter(LINE_HZ, verbose="ERROR").set_eeg_reference("average")
    meter, windows = Meter(local_clock, plan.seconds), Windows(plan)

    def callback(data: NDArray[np.float32], stamps: NDArray[np.float64], info: object) -> tuple[Any, Any]:
        meter.filtered(float(stamps[-1]), len(stamps))
        windows.push(data, stamps, meter)
        return data, stamps

    stream.add_callback(callback)
    while not meter.done:
        time.sleep(0.2)
    stream.disconnect()
    return meter


RECEIVERS: dict[str, Callable[[Plan], Meter]] = {
    "bci_app": ours,
    "bare pylsl + SciPy": bare_pylsl,
    "mne-lsl, 1 ms": lambda plan: mne_lsl(plan, 0.001),
    "mne-lsl, 10 ms": lambda plan: mne_lsl(plan, 0.010),
}
