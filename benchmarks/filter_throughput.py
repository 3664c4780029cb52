"""Filter throughput: our pipeline, SciPy's sosfilt with state, ezmsg-sigproc and BrainFlow, interleaved in one run.

4th-order Butterworth band-pass 1-40 Hz and a 50 Hz notch at 1 kHz. Before anything is timed, a signal in chunks is
compared with SciPy's filter over the whole of it: the largest error is that of float32, which the chunks hold.

    python benchmarks/filter_throughput.py [--sizes 8x32 64x32 256x32 256x256 64x1] [--rounds 40] [--json FILE]
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Callable
from itertools import cycle
from pathlib import Path

import numpy as np
from brainflow.data_filter import DataFilter, FilterTypes, NoiseTypes
from ezmsg.sigproc.butterworthfilter import ButterworthFilterSettings, ButterworthFilterTransformer
from ezmsg.util.messages.axisarray import AxisArray
from rich.console import Console
from rich.table import Table
from scipy.signal import butter, iirnotch, sosfilt, sosfilt_zi, tf2sos

from pipelines.plugins import make
from pipelines.signal import Channel, StreamSpec, make_chunk
from pipelines.stage import Pipeline

RATE_HZ, PER_ROUND = 1000.0, 50
SIZES = ["8x32", "64x32", "256x32", "256x256", "64x1"]
TOLERANCE = 4 * float(np.finfo(np.float32).eps)
"""Of the largest value that leaves a filter: one rounding to float32 behind each of the two filters, and some room."""


def prepared(n_channels: int) -> Pipeline:
    pipeline = Pipeline([make("stages", {"kind": "bandpass"}), make("stages", {"kind": "notch"})])
    pipeline.prepare(StreamSpec(RATE_HZ, tuple(Channel(f"c{i}") for i in range(n_channels))))
    return pipeline


def sections() -> list[np.ndarray]:
    return [butter(4, [1, 40], "bandpass", fs=RATE_HZ, output="sos"), tf2sos(*iirnotch(50, 30, fs=RATE_HZ))]


def relative_error(n_channels: int, n_samples: int, seconds: float = 2.0) -> float:
    """Return the largest difference between our chunks and the whole signal filtered in float64, over the maximum."""
    rows = np.random.default_rng(1).standard_normal((round(seconds * RATE_HZ), n_channels)).cumsum(axis=0)
    x = rows.astype(np.float32)
    pipeline, found, expected = prepared(n_channels), np.empty_like(x), x.astype(np.float64)
    for start in range(0, len(x), n_samples):
        stop = min(start + n_samples, len(x))
        chunk = make_chunk(x[start:stop], np.arange(start, stop) / RATE_HZ, start)
        found[start:stop] = pipeline.process(chunk).samples
    largest = 0.0
    for sos in sections():
        expected, _ = sosfilt(sos, expected, axis=0, zi=sosfilt_zi(sos)[:, :, None] * expected[0])
        largest = max(largest, float(np.abs(expected).max()))
    return float(np.abs(found - expected).max()) / largest


def ours(rows: np.ndarray) -> Callable[[], object]:
    pipeline, times_s = prepared(rows.shape[1]), np.arange(len(rows)) / RATE_HZ
    # The state is flushed at every 256th sample, so samples are numbered as in a stream.
    chunks = cycle([make_chunk(rows, times_s, number * len(rows)) for number in range(8)])
    return lambda: pipeline.process(next(chunks))


def scipy_sosfilt(rows: np.ndarray) -> Callable[[], object]:
    sos = np.vstack(sections())
    x = rows.astype(np.float64)
    state = [sosfilt_zi(sos)[:, :, None] * x[0]]

    def step() -> object:
        y, state[0] = sosfilt(sos, x, axis=0, zi=state[0])
        return y

    return step


def ezmsg_sigproc(rows: np.ndarray) -> Callable[[], object]:
    stages = [
        ButterworthFilterTransformer(ButterworthFilterSettings(order=4, cuton=1, cutoff=40, coef_type="sos")),
        ButterworthFilterTransformer(ButterworthFilterSettings(order=1, cuton=51, cutoff=49, coef_type="sos")),
    ]
    axis = AxisArray.TimeAxis(fs=RATE_HZ)
    message = AxisArray(rows.astype(np.float64), dims=["time", "ch"], axes={"time": axis}, key="bench")

    def step() -> object:
        out = message
        for stage in stages:
            out = stage(out)
        return out

    return step


def brainflow(rows: np.ndarray) -> Callable[[], object]:
    columns = np.ascontiguousarray(rows.T, dtype=np.float64)

    def step() -> object:
        for column in columns:
            DataFilter.perform_bandpass(column, int(RATE_HZ), 1.0, 40.0, 4, FilterTypes.BUTTERWORTH.value, 0)
            DataFilter.remove_environmental_noise(column, int(RATE_HZ), NoiseTypes.FIFTY.value)
        return columns

    return step


MAKERS: dict[str, Callable[[np.ndarray], Callable[[], object]]] = {
    "bci_app": ours,
    "SciPy sosfilt + state": scipy_sosfilt,
    "ezmsg-sigproc": ezmsg_sigproc,
    "BrainFlow (stateless)": brainflow,
}


def median_us(n_channels: int, n_samples: int, rounds: int) -> dict[str, float]:
    """Return the processor time each takes for one chunk: the median over rounds, in which all take turns."""
    rows = np.random.default_rng(0).standard_normal((n_samples, n_channels)).astype(np.float32)
    steps = {name: maker(rows) for name, maker in MAKERS.items()}
    times: dict[str, list[float]] = {name: [] for name in MAKERS}
    for _ in range(rounds):
        for name, step in steps.items():
            count = 3 if name.startswith("BrainFlow") else PER_ROUND
            start = time.thread_time()
            for _ in range(count):
                step()
            times[name].append(1e6 * (time.thread_time() - start) / count)
    return {name: float(np.median(values)) for name, values in times.items()}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sizes", nargs="+", default=SIZES, help="channels x samples of a chunk")
    parser.add_argument("--rounds", type=int, default=40)
    parser.add_argument("--json", type=Path)
    arguments = parser.parse_args()
    results: dict[str, dict[str, object]] = {}
    columns = ("channels × samples", *MAKERS, "error", "Msamples/s")
    table = Table(*columns, title="µs of processor time for one chunk, median (peer / ours)")
    for size in arguments.sizes:
        n_channels, n_samples = map(int, size.split("x"))
        error = relative_error(n_channels, n_samples)
        if error > TOLERANCE:
            raise SystemExit(f"{size}: differs from SciPy by {error:.2g} of the maximum, allowed {TOLERANCE:.2g}")
        medians = median_us(n_channels, n_samples, arguments.rounds)
        throughput = n_channels * n_samples / medians["bci_app"]
        results[size] = {"median_us": medians, "relative_error": error, "million_channel_samples_per_s": throughput}
        cells = [f"{v:.1f} ({v / medians['bci_app']:.1f}×)" for v in medians.values()]
        table.add_row(size.replace("x", " × "), *cells, f"{error:.1e}", f"{throughput:.0f}")
    Console(width=130).print(table)
    if arguments.json:
        arguments.json.write_text(json.dumps(results, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
