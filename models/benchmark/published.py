"""Figures of the literature, read from ``published.toml``; shown beside ours where the protocol is the same."""

from __future__ import annotations

import math
import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from models.benchmark.job import Job

FILE = Path(__file__).with_name("published.toml")


@dataclass(frozen=True, slots=True)
class Published:
    """A table of somebody else's.

    Parameters
    ----------
    data, protocol
        Kind of the data set, and name of the published split.
    source, caution
        Where it stands, and what to mind when reading it.
    metrics
        Names of the figures.
    rows
        Model → one value for each figure; NaN where the table has none.
    """

    data: str
    protocol: str
    source: str
    caution: str
    metrics: tuple[str, ...]
    rows: dict[str, tuple[float, ...]]

    def cells(self, model: str) -> list[str]:
        """Return the values of one model for a table."""
        return ["–" if math.isnan(value) else f"{value:.3f}" for value in self.rows[model]]


@cache
def tables() -> tuple[Published, ...]:
    """Return all tables."""
    found = tomllib.loads(FILE.read_text(encoding="utf-8"))["table"]
    return tuple(
        Published(
            t["data"], t["protocol"], t["source"], t["caution"], tuple(t["metrics"]),
            {str(name): tuple(map(float, values)) for name, *values in t["rows"]},
        )
        for t in found
    )  # fmt: skip


def beside(job: Job) -> Published | None:
    """Return the published table of the same data set and split; None where there is none."""
    split = getattr(job.setting, "split", "")
    return next((t for t in tables() if split and (t.data, t.protocol) == (job.data["kind"], split)), None)
