"""How fast CSBrain decides: the plain network, its fused form, and what the processor's matrix product would allow.

One thread, batch 1. Times are processor time of that thread, so other programs count only through the caches they use;
on a machine that is otherwise idle they are the latency. Plain, fused and a large matrix product take turns in short
blocks, so all three see the same machine; of each the least of many passes counts, which others have disturbed least.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, dataclass
from multiprocessing import get_context
from pathlib import Path

import psutil
import torch
from torch import Tensor

from models.csbrain import CSBrain
from models.csbrain.fused import fuse
from models.csbrain.tokenizers import N_REGIONS
from models.placement import one_thread

MFLOP_PER_TOKEN = 21.1
"""Of the published network, 12 layers, per electrode and second; the ceiling is for all of it, whoever saves some."""
_SIDE = 512
_BLOCK = 4
_MS, _MB = 1e3, 1e-6


@dataclass(frozen=True, slots=True)
class Case:
    """Electrodes in regions 0 to 4, and seconds."""

    sizes: tuple[int, ...]
    patches: int

    @property
    def name(self) -> str:
        """Electrodes × seconds."""
        return f"{sum(self.sizes)}x{self.patches}"


CASES = (
    Case((7, 3, 4, 2, 4), 5),
    Case((1, 4, 0, 0, 17), 4),
    Case((24, 9, 8, 9, 14), 4),
    Case((6, 3, 3, 2, 2), 10),
    Case((7, 3, 4, 2, 3), 30),
)


@dataclass(frozen=True, slots=True)
class Speed:
    """One line of the table; times in ms, memory in MB (resident set at its highest, weights and torch included).

    ``difference`` is the largest difference of the features, relative to the largest feature.
    """

    shape: str
    plain_ms: float
    fused_ms: float
    ratio: float
    ceiling_ms: float
    times_ceiling: float
    difference: float
    fuse_ms: float
    first_pass_ms: float
    plain_mb: float
    fused_mb: float

    def as_dict(self) -> dict[str, str | float]:
        """Return the fields by name."""
        return asdict(self)


def measure(case: Case, rounds: int, n_layers: int = 12) -> Speed:
    """Measure one shape.

    Parameters
    ----------
    case
        Electrodes and seconds.
    rounds
        Blocks of four passes of each form; the least over all is reported.
    n_layers
        Depth of the network.
    """
    one_thread()
    network, x = _network(case, n_layers), _signal(case)
    start = time.perf_counter()
    fused = fuse(network)
    fuse_ms = (time.perf_counter() - start) * _MS
    start = time.perf_counter()
    answer = fused.features(x)
    first_pass_ms = (time.perf_counter() - start) * _MS
    left, right = torch.randn(_SIDE, _SIDE), torch.randn(_SIDE, _SIDE)
    with torch.inference_mode():
        reference = network.features(x)
        plain_ms, fused_ms, product_ms = _in_turns(
            [lambda: network.features(x), lambda: fused.features(x), lambda: left @ right], rounds
        )
    flop_per_ms = 2 * _SIDE**3 / product_ms
    ceiling_ms = MFLOP_PER_TOKEN * 1e6 * sum(case.sizes) * case.patches * n_layers / 12 / flop_per_ms
    return Speed(
        case.name,
        plain_ms,
        fused_ms,
        fused_ms / plain_ms,
        ceiling_ms,
        fused_ms / ceiling_ms,
        float((answer - reference).abs().max() / reference.abs().max()),
        fuse_ms,
        first_pass_ms,
        *(_peak_mb(case, n_layers, fused=which) for which in (False, True)),
    )


def _in_turns(forms: list[Callable[[], Tensor]], rounds: int) -> list[float]:
    """Return the least processor time of each, ms; the first pass of a block fills the caches and is not counted."""
    times: list[list[float]] = [[] for _ in forms]
    for _ in range(rounds):
        for form, found in zip(forms, times, strict=True):
            form()
            for _ in range(_BLOCK):
                start = time.thread_time()
                form()
                found.append((time.thread_time() - start) * _MS)
    return [min(found) for found in times]


def _network(case: Case, n_layers: int) -> CSBrain:
    regions = [region for region in range(N_REGIONS) for _ in range(case.sizes[region])]
    return CSBrain(regions, range(len(regions)), n_layers).eval()


def _signal(case: Case) -> Tensor:
    generator = torch.Generator().manual_seed(0)
    return torch.randn(1, sum(case.sizes), case.patches, 200, generator=generator) * 0.3


def _peak_mb(case: Case, n_layers: int, *, fused: bool) -> float:
    """Return the memory that loading and three decisions take in a process of their own."""
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        return pool.submit(_run_and_weigh, case, n_layers, fused=fused).result()


def _run_and_weigh(case: Case, n_layers: int, *, fused: bool) -> float:
    one_thread()
    network, x = _network(case, n_layers), _signal(case)
    form = fuse(network) if fused else network
    del network
    with torch.inference_mode():
        for _ in range(3):
            form.features(x)
    return _peak_bytes() * _MB


def _peak_bytes() -> float:
    status = Path("/proc/self/status")
    if status.is_file():
        # Linux. Not getrusage: there a new process starts with the peak of the one that started it.
        (line,) = (row for row in status.read_text().splitlines() if row.startswith("VmHWM:"))
        return float(line.split()[1]) * 1024
    memory = psutil.Process().memory_info()
    return float(getattr(memory, "peak_wset", memory.rss))  # macOS keeps no peak: what is held at the end
