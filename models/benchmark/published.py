"""Figures of the literature, read from ``published.toml``; shown beside ours where the protocol is the same."""

from __future__ import annotations

import math
import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from models.benchmark.job import Job
from pipelines.plugins import configure

FILE = Path(__file__).with_name("published.toml")


@dataclass(frozen=True, slots=True)
class Published:
    """A table of somebody else's.

    Parameters
    ----------
    data, protocol
        Kind of the data set, and name of the published split.
    window_s
        Length of its windows (s).
    source, caution
        Where it stands, and what to mind when reading it.
    metrics
        Names of the figures.
    rows
        Model → one value for each figure; NaN where the table has none.
    """

    data: str
    protocol: str
    window_s: float
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
            t["data"], t["protocol"], float(t["window_s"]), t["source"], t["caution"], tuple(t["metrics"]),
            {str(name): tuple(map(float, values)) for name, *values in t["rows"]},
        )
        for t in found
    )  # fmt: skip


def beside(job: Job) -> Published | None:
    """Return the published table of the same protocol; None where there is none.

    The same is: data set with its options, split, length of windows, all classes and channels, all labels, and no
    calibration.
    """
    whole = job.setting.kind in ("cross_subject", "multi_subject") and job.calibration.kind == "none"
    module, settings = configure("datasets", job.data)
    as_published = settings.model_dump(exclude={"folder"}) == module.Settings().model_dump(exclude={"folder"})
    if not (whole and as_published) or job.recipe.classes or job.recipe.channels:
        return None
    wanted = (job.data["kind"], getattr(job.setting, "split", ""), job.recipe.window_s)
    return next((t for t in tables() if (t.data, t.protocol, t.window_s) == wanted), None)
