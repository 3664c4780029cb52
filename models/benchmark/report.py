"""A report of results: what was measured and how, tables with intervals, comparisons, figures; Markdown and HTML."""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import Any

import numpy as np
from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape

from models.benchmark import figures
from models.benchmark.conditions import Condition
from models.benchmark.metrics import METRICS
from models.benchmark.published import Published, beside
from models.benchmark.results import Row
from models.dataset import About
from models.statistics import Comparison, compare, transfer_score
from pipelines.plugins import configure

SHOWN: Mapping[str, tuple[str, ...]] = {
    "classification": ("auroc", "auc_pr", "kappa", "f1_weighted", "calibration_error", "bits_per_minute"),
    "regression": ("r2", "rmse"),
    "retrieval": ("top1", "top5"),
}
"""Figures beside the primary one."""
TITLES = {"bits_per_minute": "bit/min", **{name: metric.title for name, metric in METRICS.items()}}
ADABRAIN_PAIR: Mapping[str, tuple[str, str]] = {
    "classification": ("balanced_accuracy", "f1_weighted"),
    "regression": ("pearson", "r2"),
    "retrieval": ("two_way", "top5"),
}
"""AdaBrain-Bench's macro figure is the plain mean of two figures for every data set; these are ours of the kind."""


@dataclass(frozen=True, slots=True)
class Section:
    """One condition: its rows, best first, what the best is worth against the others, and what others published."""

    number: int
    condition: Condition
    about: About
    rows: Sequence[Row]
    comparisons: Sequence[tuple[str, Comparison]]
    published: Published | None

    @property
    def best(self) -> Row:
        """The first row."""
        return self.rows[0]

    @property
    def shown(self) -> tuple[str, ...]:
        """Names of the figures beside the primary one."""
        return SHOWN[self.best.task]

    @property
    def faults(self) -> tuple[str, ...]:
        """Names of the perturbations."""
        return tuple(self.best.perturbed)

    def cells(self, row: Row) -> list[str]:
        """Return a row of the table as text."""
        calibration = f"{row.calibration_s:.0f}" if row.calibration_s else "0"
        spread = row.by_seed[row.primary]
        return [
            row.title,
            number(row.mean(row.primary)),
            _interval(row),
            number(float(np.std(spread))) if len(spread) > 1 else "–",
            *(number(row.mean(figure)) for figure in self.shown),
            calibration,
            f"{row.latency_ms:.2f}",
        ]

    def ours(self) -> list[list[str]]:
        """Return our models in the figures of the published table: as there, of all windows together."""
        names = self.published.metrics if self.published else ()
        return [[row.title, *(number(row.pooled.get(name, float("nan"))) for name in names)] for row in self.rows]

    @property
    def head(self) -> list[str]:
        """Titles of the columns of :meth:`cells`."""
        few = len(self.best.people) < 2
        return [
            "model",
            METRICS[self.best.primary].title,
            "range over folds" if few else "95 % over people",
            "± over seeds",
            *(TITLES[figure] for figure in self.shown),
            "calibration (s)",
            "decision (ms)",
        ]


def sections(rows: Sequence[Row]) -> list[Section]:
    """Group rows by condition."""
    found = []
    groups = groupby(rows, key=lambda row: row.condition)
    for count, (condition, group) in enumerate(groups, start=1):
        together = list(group)
        data = together[0].job.data
        module, settings = configure("datasets", data)
        about: About = module.build(settings).about
        found.append(
            Section(count, condition, about, together, _comparisons(together), beside(together[0].job))
        )  # fmt: skip
    return found


def _comparisons(rows: Sequence[Row]) -> list[tuple[str, Comparison]]:
    """Compare the best with every other one, on the same windows."""
    best, *others = rows
    pairs = {
        (best.model, row.model): (best.by_person[best.primary], row.by_person[row.primary])
        for row in others
        if row.people == best.people and not (row.missing or best.missing)
    }
    return [(names[1], found) for names, found in compare(pairs).items()]


def transfers(rows: Sequence[Row]) -> list[tuple[Condition, str, float]]:
    """Return the transfer score of every network that was judged both from weights and from scratch."""
    found = []
    for row in rows:
        table = row.job.estimator
        if table.get("adaptation", "scratch") == "scratch":
            continue
        start = next(
            (
                other
                for other in rows
                if other.condition == row.condition
                and other.job.estimator.get("adaptation") == "scratch"
                and _network(other) == _network(row)
            ),
            None,
        )
        if start is not None:
            score = transfer_score(row.mean(row.primary), start.mean(start.primary))
            found.append((row.condition, row.model, score))
    return found


def macros(rows: Sequence[Row]) -> list[tuple[str, int, str, str]]:
    """Return model, conditions, mean primary figure and AdaBrain-Bench's mean of pairs, over conditions all share."""
    models = sorted({row.model for row in rows})
    by_condition: dict[Condition, dict[str, Row]] = {}
    for row in rows:
        by_condition.setdefault(row.condition, {})[row.model] = row
    widest = max((len(table) for table in by_condition.values()), default=0)
    shared = [table for table in by_condition.values() if len(table) == widest]
    found: list[tuple[float, str, int, float]] = []
    for model in models:
        own = [table[model] for table in shared if model in table]
        if len(own) != len(shared):
            continue
        primary = [row.mean(row.primary) for row in own]
        pairs = [row.mean(figure) for row in own for figure in ADABRAIN_PAIR[row.task]]
        found.append((float(np.mean(primary)), model, len(own), float(np.mean(pairs))))
    found.sort(key=lambda entry: (not np.isfinite(entry[0]), -entry[0], entry[1]))
    return [(model, n, number(primary), number(pair)) for primary, model, n, pair in found]


def write(rows: Sequence[Row], folder: Path, title: str, description: str, commands: Sequence[str]) -> list[Path]:
    """Write ``report.md``, ``report.html`` and the figures.

    Parameters
    ----------
    rows
        Of :func:`models.benchmark.results.rows_of`.
    folder
        Made if need be; files of an earlier report are replaced.
    title, description
        Of the suite.
    commands
        What printed the figures.
    """
    folder.mkdir(parents=True, exist_ok=True)
    for pattern in figures.FILES:
        for stale in folder.glob(pattern):
            stale.unlink()
    pictures = {name: figures.png(figure) for name, figure in figures.all_of(rows).items()}
    written = []
    for name, picture in pictures.items():
        written.append(folder / f"{name}.png")
        written[-1].write_bytes(picture)
    values: dict[str, Any] = {
        "title": title,
        "description": description,
        "commands": commands,
        "sections": sections(rows),
        "macros": macros(rows),
        "transfers": transfers(rows),
        "versions": rows[0].job.versions if rows else {},
        "pictures": pictures,
        "nan": float("nan"),
        "number": number,
        "signed": signed,
        "p_value": p_value,
    }
    for suffix in ("md", "html"):
        written.append(folder / f"report.{suffix}")
        written[-1].write_text(_environment().get_template(f"report.{suffix}.j2").render(values), encoding="utf-8")
    return written


def number(value: float) -> str:
    """Write a figure as the tables do; a dash where it is not defined."""
    return f"{value:.3f}" if np.isfinite(value) else "–"


def signed(value: float) -> str:
    """Write a difference; a dash where it is not defined."""
    return f"{value:+.3f}" if np.isfinite(value) else "–"


def p_value(value: float) -> str:
    """Write a p value; a dash where it is not defined."""
    return f"{value:.4f}" if np.isfinite(value) else "–"


def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).with_name("templates")),
        autoescape=select_autoescape(("html", "html.j2")),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["base64"] = lambda content: base64.b64encode(content).decode("ascii")
    environment.filters["cell"] = _cell
    return environment


def _cell(text: object) -> str:
    """Write text so that Markdown takes it as text, on one line of a table."""
    return " ".join(str(text).split()).replace("|", "\\|").replace("<", "&lt;")


def _interval(row: Row) -> str:
    known = row.by_fold[np.isfinite(row.by_fold)]
    if len(row.people) > 1:
        low, high = row.interval(row.primary)
    elif known.size > 1:
        low, high = float(known.min()), float(known.max())
    else:
        return "–"
    return f"{number(low)} – {number(high)}" if np.isfinite(low) else "–"


def _network(row: Row) -> tuple[tuple[str, str], ...]:
    table = row.job.estimator
    return tuple(
        sorted((k, str(v)) for k, v in table.items() if k in ("kind", "network", "network_settings", "n_layers"))
    )
