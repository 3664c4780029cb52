"""CSBrain on a CUDA GPU: how long a decision takes, how many windows pass a second, how well precisions agree.

Run: ``python benchmarks/csbrain_cuda.py [--json FILE] [--shapes 20x5 …] [--batches 1 8 64]``.

The published size, weights drawn by chance. ``plain`` is the network as it is trained, ``launched`` the fused form
kernel by kernel, ``graph`` the same as one CUDA graph. Times are those of a whole call, from the signal in the
computer's memory to the features there again, medians over calls after warm-up; forms take turns. Differences are
relative to the fused form on the CPU in fp32: the largest, by the largest feature, and root-mean-square; ``decisions``
is the share of windows whose class, by a line drawn by chance through the mean token that halves them, is the same.
Without a GPU it says so and writes nothing.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from statistics import median
from typing import Any, get_args

import torch
from torch import Tensor

from models.benchmark.csbrain_speed import CASES, Case
from models.csbrain import CSBrain
from models.csbrain.fused import fuse
from models.csbrain.precision import Precision, products, usable
from models.csbrain.tokenizers import N_REGIONS
from models.placement import place

Form = Callable[[Tensor], Tensor]
ROUNDS, CALLS = 5, 20
JUDGED = 512
"""Windows whose decisions are compared."""


def network(case: Case) -> CSBrain:
    regions = [region for region in range(N_REGIONS) for _ in range(case.sizes[region])]
    torch.manual_seed(0)
    return CSBrain(regions, range(len(regions))).eval()


def signal(case: Case, batch: int, seed: int = 0) -> Tensor:
    generator = torch.Generator().manual_seed(seed)
    return torch.randn(batch, sum(case.sizes), case.patches, 200, generator=generator) * 0.3


def forms(case: Case) -> dict[str, Form]:
    """Every form by name, each from the computer's memory to there."""
    on_gpu = network(case).cuda()

    def plain(precision: Precision) -> Form:
        def run(x: Tensor) -> Tensor:
            with torch.inference_mode(), products(precision):
                return on_gpu.features(x.cuda()).cpu()

        return run

    def fused(precision: Precision, *, graphs: bool) -> Form:
        made = fuse(on_gpu, precision, graphs=graphs)
        return lambda x: made.features(x.cuda()).cpu()

    found: dict[str, Form] = {"plain fp32": plain("fp32"), "launched fp32": fused("fp32", graphs=False)}
    for precision in get_args(Precision):
        if usable(precision, torch.device("cuda"))[0] == precision:
            found[f"graph {precision}"] = fused(precision, graphs=True)
    return found


def times_ms(made: dict[str, Form], x: Tensor) -> dict[str, float]:
    """Median time of a call, forms in turns."""
    found: dict[str, list[float]] = {name: [] for name in made}
    for _ in range(ROUNDS):
        for name, form in made.items():
            for call in range(CALLS + 3):
                start = time.perf_counter()
                form(x)
                if call >= 3:
                    found[name].append((time.perf_counter() - start) * 1e3)
    return {name: median(values) for name, values in found.items()}


def agreement(case: Case, made: dict[str, Form]) -> dict[str, dict[str, float]]:
    wanted_of = fuse(network(case)).features
    inputs = [signal(case, 32, seed) for seed in range(JUDGED // 32)]
    wanted = torch.cat([wanted_of(x) for x in inputs])
    line = torch.randn(wanted.shape[-1], generator=torch.Generator().manual_seed(1))
    scores = wanted.mean(dim=(1, 2)) @ line
    found = {}
    for name, form in made.items():
        got = torch.cat([form(x) for x in inputs])
        said = got.mean(dim=(1, 2)) @ line
        same = (said > scores.median()) == (scores > scores.median())
        found[name] = {
            "largest": float((got - wanted).abs().max() / wanted.abs().max()),
            "rms": float((got - wanted).norm() / wanted.norm()),
            "decisions": float(same.float().mean()),
        }
    return found


def run(cases: Sequence[Case], batches: Sequence[int]) -> dict[str, Any]:
    rows, agreements = [], {}
    for case in cases:
        made = forms(case)
        agreements[case.name] = agreement(case, made)
        for name, figures in agreements[case.name].items():
            print(f"{case.name:6} {name:14} largest {figures['largest']:.0e}, rms {figures['rms']:.0e}, "
                  f"equal decisions {figures['decisions']:.2%}", flush=True)  # fmt: skip
        for batch in batches:
            found = times_ms(made, signal(case, batch))
            rows.append({"shape": case.name, "batch": batch, "ms": found})
            line = ", ".join(f"{name} {ms:.2f}" for name, ms in found.items())
            print(f"{case.name:6} batch {batch:3}: ms a call: {line}; windows a second, best: "
                  f"{1e3 * batch / min(found.values()):.0f}", flush=True)  # fmt: skip
    return {"times": rows, "agreement": agreements}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    known = {case.name: case for case in CASES}
    parser.add_argument("--shapes", nargs="+", choices=list(known), default=list(known))
    parser.add_argument("--batches", nargs="+", type=int, default=[1, 2, 4, 8, 16, 32, 64])
    parser.add_argument("--json", type=Path, default=None)
    options = parser.parse_args()
    placement = place("cuda")
    if placement.notice:
        sys.exit(f"not measured: {placement.notice}")
    result = {
        "gpu": torch.cuda.get_device_name(), "torch": torch.__version__, "cuda": torch.version.cuda,
        **run([known[name] for name in options.shapes], options.batches),
    }  # fmt: skip
    if options.json:
        options.json.write_text(json.dumps(result, indent=1) + "\n")


if __name__ == "__main__":
    main()
