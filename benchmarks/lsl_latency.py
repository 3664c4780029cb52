"""Latency from acquisition to the filtered signal and to the decision, over LSL: the engine and its peers.

One source process feeds the receivers in turn, each in a process of its own; rounds interleave them.

    python benchmarks/lsl_latency.py [--sizes 64x1000 8x250 256x2000] [--seconds 10] [--rounds 2] [--json FILE]
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import uuid
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
from lsl_receivers import RECEIVERS
from lsl_source import HOP_S, Plan, local_streams, sending
from rich.console import Console
from rich.table import Table

HERE = Path(__file__).resolve()
PERCENTILES = {"p50": 50, "p99": 99, "p99.9": 99.9, "max": 100}


def receive(name: str, plan: Plan) -> dict[str, Any]:
    """Run one receiver in a new process; return what its meter saw."""
    command = [sys.executable, HERE, "--receive", name, json.dumps(asdict(plan))]
    with tempfile.TemporaryFile("w+") as errors:
        done = subprocess.run(command, stdout=subprocess.PIPE, stderr=errors, text=True, timeout=plan.seconds + 60)
        if done.returncode:
            errors.seek(0)
            raise SystemExit(f"{name} failed:\n{errors.read()}")
    return json.loads(done.stdout.splitlines()[-1])


def summary(runs: list[dict[str, Any]], plan: Plan, deadline_ms: float) -> dict[str, Any]:
    """Pool the rounds: latencies (ms), decisions later than the deadline, CPU (% of one core), samples that came."""
    filtered = np.concatenate([run["filtered_ms"] for run in runs])
    decided = np.concatenate([run["decided_ms"] for run in runs])
    seconds = sum(run["seconds"] for run in runs)
    return {
        "filtered_ms": {name: float(np.percentile(filtered, q)) for name, q in PERCENTILES.items()},
        "decided_ms": {name: float(np.percentile(decided, q)) for name, q in PERCENTILES.items()},
        "decisions": len(decided),
        "late": int((decided > deadline_ms).sum()),
        "cpu_percent": float(np.mean([run["cpu_percent"] for run in runs])),
        "reads_per_s": len(filtered) / seconds,
        "samples_share": sum(run["samples"] for run in runs) / (seconds * plan.rate_hz),
        "loop_timing_ms": runs[-1].get("loop_timing_ms"),
    }


def show(results: dict[str, dict[str, Any]], title: str) -> None:
    table = Table("receiver", "filtered", "decided", "late", "CPU %", "reads/s", "samples %", title=title)
    for name, found in results.items():
        cells = ["/".join(f"{v:.2f}" for v in found[key].values()) for key in ("filtered_ms", "decided_ms")]
        late = f"{found['late']} of {found['decisions']}"
        rest = f"{found['cpu_percent']:.1f}", f"{found['reads_per_s']:.0f}", f"{100 * found['samples_share']:.1f}"
        table.add_row(name, *cells, late, *rest)
    console = Console(width=150)
    console.print(table)
    for section, times in (results.get("bci_app", {}).get("loop_timing_ms") or {}).items():
        console.print(f"  engine {section:9} " + "  ".join(f"{key} {value:.3f}" for key, value in times.items()))


def measure(size: str, arguments: argparse.Namespace) -> dict[str, dict[str, Any]]:
    n_channels, rate_hz = map(int, size.split("x"))
    # A window should end with a chunk, else its decision waits for the rest of one.
    chunk = 10 if round(HOP_S * rate_hz) % 10 == 0 else 5
    plan = Plan(uuid.uuid4().hex, n_channels, rate_hz, chunk, arguments.seconds)
    runs: dict[str, list[dict[str, Any]]] = {name: [] for name in arguments.receivers}
    with sending(plan):
        for _ in range(arguments.rounds):
            for name in arguments.receivers:
                runs[name].append(receive(name, plan))
    return {name: summary(found, plan, arguments.deadline_ms) for name, found in runs.items()}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sizes", nargs="+", default=["64x1000", "8x250", "256x2000"], help="channels x rate (Hz)")
    parser.add_argument("--receivers", nargs="+", default=list(RECEIVERS), choices=list(RECEIVERS), metavar="NAME")
    parser.add_argument("--seconds", type=float, default=10.0, help="measured time of one receiver in one round")
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--deadline-ms", type=float, default=10.0, help="a later decision counts as late")
    parser.add_argument("--json", type=Path)
    parser.add_argument("--receive", nargs=2, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.receive:
        name, plan = arguments.receive
        meter = RECEIVERS[name](Plan(**json.loads(plan)))
        latencies = {"filtered_ms": meter.filtered_ms, "decided_ms": meter.decided_ms, "samples": meter.samples}
        print(json.dumps({**latencies, **meter.report}))
    else:
        compare(arguments)


def compare(arguments: argparse.Namespace) -> None:
    results = {}
    with local_streams():
        for size in arguments.sizes:
            results[size] = measure(size, arguments)
            show(results[size], f"{size.replace('x', ' channels at ')} Hz, ms: " + "/".join(PERCENTILES))
    if arguments.json:
        arguments.json.write_text(json.dumps(results, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
