"""Pictures of results: people as dots, models against data sets, labels against figure, faults against figure."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from typing import Any

import matplotlib as mpl
import numpy as np
from matplotlib.figure import Figure

from models.benchmark.conditions import Condition
from models.benchmark.metrics import METRICS
from models.benchmark.results import Row
from models.benchmark.settings.multi_subject import FewShot

mpl.rcParams["text.parse_math"] = False  # a dollar in the name of a model is a dollar
INK, FAINT, DOT = "#1f2933", "#cbd2d9", "#2f6fab"
FILES = ("matrix.png", "people-[0-9]*.png", "faults-[0-9]*.png", "few-shot-[0-9]*.png")
"""Names that pictures of a report may have."""
COLOURS = ("#2f6fab", "#c2571a", "#3b8e5a", "#8a4fa3", "#b8912b", "#5f6b76", "#a83246", "#2a9d98")


def png(figure: Figure) -> bytes:
    """Return a figure as PNG."""
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", dpi=110, bbox_inches="tight", metadata={"Software": None})
    return buffer.getvalue()


def people(rows: Sequence[Row]) -> Figure:
    """One line a model, one dot a person, the mean with its 95 % interval, chance as a broken line."""
    shown = list(rows)[::-1]
    metric = METRICS[shown[0].primary]
    figure = Figure(figsize=(7.5, 0.9 + 0.38 * len(shown)))
    axes = figure.add_subplot()
    for height, row in enumerate(shown):
        values = row.by_person[row.primary]
        jitter = np.random.default_rng(0).uniform(-0.16, 0.16, len(values))
        axes.plot(values, height + jitter, ".", color=DOT, alpha=0.35, markersize=6, markeredgewidth=0)
        low, high = row.interval(row.primary)
        if np.isfinite(low):
            axes.plot([low, high], [height, height], color=INK, linewidth=2, solid_capstyle="butt")
        axes.plot(row.mean(row.primary), height, "o", color=INK, markersize=6)
    _chance(axes, shown[0].chance(), vertical=True)
    axes.set_yticks(range(len(shown)), [row.title for row in shown])
    axes.set_xlabel(f"{metric.title} (dot: one person; bar: 95 % of the mean)")
    _plain(axes)
    return figure


def matrix(rows: Sequence[Row]) -> Figure:
    """Models against conditions, numbered as in the report; colour is the way from chance to the best possible."""
    conditions = sorted({row.condition for row in rows})
    models = sorted({row.model for row in rows}, key=lambda model: -_mean_gain(rows, model))
    values = np.full((len(models), len(conditions)), np.nan)
    words = np.full(values.shape, "", dtype=object)
    for row in rows:
        at = models.index(row.model), conditions.index(row.condition)
        values[at] = _gain(row)
        words[at] = f"{row.mean(row.primary):.2f}".removeprefix("0") if np.isfinite(row.mean(row.primary)) else "–"
    figure = Figure(figsize=(2.8 + 0.62 * len(conditions), 1.2 + 0.36 * len(models)))
    axes = figure.add_subplot()
    axes.imshow(np.ma.masked_invalid(values), cmap="viridis", vmin=0.0, vmax=1.0, aspect="auto")
    for (i, j), word in np.ndenumerate(words):
        light = not np.isfinite(values[i, j]) or values[i, j] > 0.6
        axes.text(j, i, word, ha="center", va="center", fontsize=8, color="black" if light else "white")
    titles = [_short(number, condition) for number, condition in enumerate(conditions, start=1)]
    axes.set_xticks(range(len(conditions)), titles, rotation=40, ha="right", fontsize=8)
    axes.set_yticks(range(len(models)), models, fontsize=9)
    axes.tick_params(length=0)
    for side in axes.spines.values():
        side.set_visible(False)
    return figure


def few_shot(rows: Sequence[Row]) -> Figure | None:
    """Figure against labels of each class and person, or their share; None where no setting varies them."""
    by_model: dict[str, list[tuple[float, Row]]] = {}
    for row in rows:
        if isinstance(row.job.setting, FewShot):
            by_model.setdefault(row.model, []).append((_labels(row.job.setting), row))
    if not any(len(points) > 1 for points in by_model.values()):
        return None
    figure = Figure(figsize=(6.5, 3.6))
    axes = figure.add_subplot()
    for number, (model, points) in enumerate(sorted(by_model.items())):
        ordered = sorted(points, key=lambda point: point[0])
        shots = [s for s, _ in ordered]
        means = [row.mean(row.primary) for _, row in ordered]
        colour = COLOURS[number % len(COLOURS)]
        axes.plot(shots, means, _line(number), color=colour, label=model, markersize=4)
        spans = np.array([row.interval(row.primary) for _, row in ordered])
        axes.fill_between(shots, spans[:, 0], spans[:, 1], color=colour, alpha=0.12, linewidth=0)
    least, first = next(iter(by_model.values()))[0]
    _chance(axes, first.chance(), vertical=False)
    what = "share of labels" if least < 1 else "labels of each class and person"
    axes.set_xlabel(f"{what}, those for choosing included")
    axes.set_ylabel(METRICS[first.primary].title)
    axes.legend(frameon=False, fontsize=8)
    _plain(axes)
    return figure


def faults(rows: Sequence[Row]) -> Figure | None:
    """What each perturbation costs each model; None where there is none."""
    hurt = [row for row in rows if row.perturbed]
    if not hurt:
        return None
    names = ["clean", *hurt[0].perturbed]
    figure = Figure(figsize=(7.0, 3.4))
    axes = figure.add_subplot()
    for number, row in enumerate(hurt):
        values = [row.mean(row.primary), *(row.perturbed.get(name, np.nan) for name in names[1:])]
        colour = COLOURS[number % len(COLOURS)]
        axes.plot(range(len(names)), values, _line(number), color=colour, label=row.title, markersize=4)
    _chance(axes, hurt[0].chance(), vertical=False)
    axes.set_xticks(range(len(names)), [name.replace("_", " ") for name in names], rotation=20, ha="right")
    axes.set_ylabel(METRICS[hurt[0].primary].title)
    axes.legend(frameon=False, fontsize=8, loc="center left", bbox_to_anchor=(1.0, 0.5))
    _plain(axes)
    return figure


def all_of(rows: Sequence[Row]) -> Mapping[str, Figure]:
    """Return every figure of a report by file name (without suffix)."""
    by_condition: dict[Condition, list[Row]] = {}
    for row in rows:
        by_condition.setdefault(row.condition, []).append(row)
    found: dict[str, Figure | None] = {"matrix": matrix(rows)} if rows else {}
    for number, group in enumerate(by_condition.values(), start=1):
        found[f"people-{number:02d}"] = people(group)
        found[f"faults-{number:02d}"] = faults(group)
    curves: dict[str, list[Row]] = {}
    for row in rows:
        if isinstance(row.job.setting, FewShot):
            curves.setdefault(_but_labels(row, row.job.setting), []).append(row)
    drawn = [figure for group in curves.values() if (figure := few_shot(group)) is not None]
    found |= {f"few-shot-{number:02d}": figure for number, figure in enumerate(drawn, start=1)}
    return {name: figure for name, figure in found.items() if figure is not None}


def _labels(setting: FewShot) -> float:
    """Return the labels of each class and person, or (below 1) their share."""
    return float(setting.shots or setting.ratio or 0.0)


def _but_labels(row: Row, setting: FewShot) -> str:
    """Name everything but the number of labels: points of one curve agree in it."""
    others = setting.model_dump_json(exclude={"shots" if setting.shots else "ratio"})
    return f"{row.condition.data} {others} {row.job.recipe.model_dump_json()}"


def _line(number: int) -> str:
    """Return a style of line that sets models of the same colour apart."""
    return "o" + ("-", "--", ":")[number // len(COLOURS) % 3]


def _gain(row: Row) -> float:
    """Where a figure lies between chance (0) and the best (1); NaN where chance is not known."""
    chance = row.chance()
    return float(np.clip((row.mean(row.primary) - chance) / (1.0 - chance), 0.0, 1.0))


def _mean_gain(rows: Sequence[Row], model: str) -> float:
    gains = [gain for row in rows if row.model == model and np.isfinite(gain := _gain(row))]
    return float(np.mean(gains)) if gains else -1.0


def _short(number: int, condition: Condition) -> str:
    """Name a condition without its details: the number leads to them."""
    data, setting, calibration = (
        words.partition(" (")[0] for words in (condition.data, condition.setting, condition.calibration)
    )
    return f"{number}. {data}\n{setting}" + ("" if calibration == "no calibration" else f", {calibration}")


def _chance(axes: Any, chance: float, *, vertical: bool) -> None:
    if np.isfinite(chance):
        (axes.axvline if vertical else axes.axhline)(chance, color=FAINT, linestyle="--", linewidth=1, zorder=0)


def _plain(axes: Any) -> None:
    axes.spines[["top", "right"]].set_visible(False)
    axes.grid(axis="x", color=FAINT, linewidth=0.5, alpha=0.6)
