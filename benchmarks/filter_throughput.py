"""Filter throughput: our stages, SciPy's sosfilt with state, ezmsg-sigproc and BrainFlow, interleaved in one run.

4th-order Butterworth band-pass 1-40 Hz and a 50 Hz notch at 1 kHz: ``python benchmarks/filter_throughput.py``.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Callable
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

RATE_HZ, ROUNDS, PER_ROUND = 1000.0, 40, 50


def ours(rows: np.ndarray) -> Callable[[], object]:
    spec = StreamSpec(RATE_HZ, tuple(Channel(f"c{i}") for i in range(rows.shape[1])))
    pipeline = Pipeline([make("stages", {"kind": "bandpass"}), make("stages", {"kind": "notch"})])
    pipeline.prepare(spec)
    chunk = make_chunk(rows, np.arange(len(rows)) / RATE_HZ, 0)
    return lambda: pipeline.process(chunk)


def scipy_sosfilt(rows: np.ndarray) -> Callable[[], object]:
    sos = np.vstack([butter(4, [1, 40], "bandpass", fs=RATE_HZ, output="sos"), tf2sos(*iirnotch(50, 30, fs=RATE_HZ))])
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


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--json", type=Path)
    target = parser.parse_args().json
    rng = np.random.default_rng(0)
    makers = {"bci_app": ours, "SciPy sosfilt + state": scipy_sosfilt, "ezmsg-sigproc": ezmsg_sigproc}
    makers["BrainFlow (stateless)"] = brainflow
    results: dict[str, dict[str, float]] = {}
    table = Table("channels × samples", *makers, title="µs for one chunk, median (time of the peer / ours)")
    for n_channels, n_samples in ((8, 32), (64, 32), (256, 32)):
        rows = rng.standard_normal((n_samples, n_channels)).astype(np.float32)
        steps = {name: maker(rows) for name, maker in makers.items()}
        times: dict[str, list[float]] = {name: [] for name in makers}
        for _ in range(ROUNDS):
            for name, step in steps.items():
                count = 3 if name.startswith("BrainFlow") else PER_ROUND
                start = time.perf_counter()
                for _ in range(count):
                    step()
                times[name].append(1e6 * (time.perf_counter() - start) / count)
        medians = {name: float(np.median(values)) for name, values in times.items()}
        results[f"{n_channels}x{n_samples}"] = medians
        table.add_row(
            f"{n_channels} × {n_samples}", *(f"{v:.1f} ({v / medians['bci_app']:.1f}×)" for v in medians.values())
        )
    Console().print(table)
    if target:
        target.write_text(json.dumps(results, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
