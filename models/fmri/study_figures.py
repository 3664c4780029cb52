"""Pictures of a study's scores: dots with intervals, and lines over a number in the condition."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.figure import Figure

from models.benchmark.figures import COLOURS, DOT, FAINT, INK, png
from models.fmri.study import Score


def dots(scores: Sequence[Score], metric: str, chance: float | None = None, label: str = "") -> bytes:
    """Draw one panel for each condition, one line for each model: its values, their mean and its 95 % interval."""
    chosen = [s for s in scores if s.metric == metric]
    conditions = list(dict.fromkeys(s.condition for s in chosen))
    models = list(dict.fromkeys(s.model for s in chosen))[::-1]
    figure = Figure(figsize=(2.0 + 3.0 * len(conditions), 1.1 + 0.3 * len(models)))
    grid = np.ravel(figure.subplots(1, len(conditions), sharex=True, sharey=True))
    for axes, condition in zip(grid, conditions, strict=True):
        for score in (s for s in chosen if s.condition == condition):
            height = models.index(score.model)
            jitter = np.random.default_rng(0).uniform(-0.15, 0.15, len(score.values))
            axes.plot(score.values, height + jitter, ".", color=DOT, alpha=0.4, markersize=6, markeredgewidth=0)
            axes.plot(score.span, [height, height], color=INK, linewidth=2, solid_capstyle="butt")
            axes.plot(score.mean, height, "o", color=INK, markersize=5)
        if chance is not None:
            axes.axvline(chance, color=INK, linewidth=1, linestyle=(0, (4, 3)))
        axes.set_title(condition, fontsize=10)
        axes.set_yticks(range(len(models)), models)
        axes.grid(axis="x", color=FAINT, linewidth=0.6)
        axes.spines[["top", "right"]].set_visible(False)
    figure.supxlabel(label or metric, fontsize=10)
    figure.tight_layout()
    return png(figure)


def by_condition(scores: Sequence[Score], metric: str, label: str = "") -> bytes:
    """Draw all conditions in one panel: a line for each condition, a colour for each model, values and their mean."""
    chosen = [s for s in scores if s.metric == metric]
    conditions = list(dict.fromkeys(s.condition for s in chosen))[::-1]
    models = list(dict.fromkeys(s.model for s in chosen))
    figure = Figure(figsize=(7.5, 1.2 + 0.4 * len(conditions)))
    axes = figure.add_subplot()
    for score in chosen:
        height = conditions.index(score.condition)
        colour = COLOURS[models.index(score.model) % len(COLOURS)]
        jitter = np.random.default_rng(0).uniform(-0.2, 0.2, len(score.values))
        axes.plot(score.values, height + jitter, ".", color=colour, alpha=0.35, markersize=6, markeredgewidth=0)
        name = score.model if height == len(conditions) - 1 else None
        axes.plot(score.mean, height, "o", color=colour, markersize=7, markeredgecolor="white", label=name)
    axes.set_yticks(range(len(conditions)), conditions)
    axes.set_xlabel(label or metric)
    axes.grid(axis="x", color=FAINT, linewidth=0.6)
    axes.spines[["top", "right"]].set_visible(False)
    axes.legend(loc="center left", bbox_to_anchor=(1, 0.5), frameon=False)
    return png(figure)


def lines(panels: Mapping[str, Sequence[tuple[float, Score]]], x_label: str, y_label: str) -> bytes:
    """Draw one panel for each title: a line for each model over a number (log scale), with its 95 % band."""
    models = list(dict.fromkeys(s.model for points in panels.values() for _, s in points))
    figure = Figure(figsize=(1.6 + 3.6 * len(panels), 3.6))
    grid = np.ravel(figure.subplots(1, len(panels), sharey=True))
    for axes, (title, points) in zip(grid, panels.items(), strict=True):
        for k, model in enumerate(models):
            mine = [(x, s) for x, s in points if s.model == model]
            if not mine:
                continue
            x = [x for x, _ in mine]
            colour, dash = COLOURS[k % len(COLOURS)], "-" if k < len(COLOURS) else "--"
            axes.plot(x, [s.mean for _, s in mine], dash, marker="o", markersize=4, color=colour, label=model)
            axes.fill_between(x, *zip(*(s.span for _, s in mine), strict=True), color=colour, alpha=0.15, linewidth=0)
        axes.set_xscale("log")
        axes.set_xticks(sorted({x for x, _ in points}), [f"{x:g}" for x in sorted({x for x, _ in points})])
        axes.minorticks_off()
        axes.set_title(title, fontsize=10)
        axes.set_xlabel(x_label)
        axes.grid(color=FAINT, linewidth=0.6)
        axes.spines[["top", "right"]].set_visible(False)
    grid[0].set_ylabel(y_label)
    handles = {label: h for axes in grid for h, label in zip(*axes.get_legend_handles_labels(), strict=True)}
    figure.tight_layout()
    figure.legend(handles.values(), handles.keys(), loc="center left", bbox_to_anchor=(1, 0.55), frameon=False)
    return png(figure)
