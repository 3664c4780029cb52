"""Behind ``bci-app bench csbrain``: measure, print."""

from __future__ import annotations

import json

from rich.console import Console
from rich.table import Table

from models.benchmark import csbrain_speed
from models.benchmark.csbrain_speed import CASES, Speed
from pipelines.errors import ConfigError

COLUMNS = {
    "plain_ms": ("plain (ms)", ".1f"),
    "fused_ms": ("fused (ms)", ".1f"),
    "ratio": ("fused / plain", ".2f"),
    "ceiling_ms": ("ceiling (ms)", ".1f"),
    "times_ceiling": ("fused / ceiling", ".2f"),
    "difference": ("difference", ".0e"),
    "fuse_ms": ("fusing (ms)", ".0f"),
    "first_pass_ms": ("first pass (ms)", ".0f"),
    "plain_mb": ("plain (MB)", ".0f"),
    "fused_mb": ("fused (MB)", ".0f"),
}


def bench_csbrain(shapes: list[str], rounds: int, *, as_json: bool, n_layers: int = 12) -> None:
    """Print a line for each shape; none named: all.

    Raises
    ------
    ConfigError
        If a shape is not known.
    """
    known = {case.name: case for case in CASES}
    unknown = [name for name in shapes if name not in known]
    if unknown:
        raise ConfigError(f"bench csbrain: --shape {unknown[0]} is not known; there are {', '.join(known)}")
    with Console(stderr=True).status("measuring") as status:
        speeds = []
        for name in shapes or known:
            status.update(name)
            speeds.append(csbrain_speed.measure(known[name], rounds, n_layers))
    if as_json:
        print(json.dumps([speed.as_dict() for speed in speeds]))  # noqa: T201
        return
    Console().print(_table(speeds))


def _table(speeds: list[Speed]) -> Table:
    caption = "ceiling: the published network's work at the speed of a 512 x 512 matrix product; MB: the whole process"
    table = Table("electrodes x s", *(title for title, _ in COLUMNS.values()), caption=caption)
    table.title = "CSBrain, one thread, batch 1, processor time"
    for speed in speeds:
        values = speed.as_dict()
        table.add_row(speed.shape, *(format(values[key], style) for key, (_, style) in COLUMNS.items()))
    return table
