"""Parts of workload_trust.py: its pictures."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from models.benchmark.figures import COLOURS, FAINT, INK, png


def write_pictures(found: Mapping[str, Any], folder: Path) -> None:
    """Draw all pictures of one run."""
    folder.mkdir(parents=True, exist_ok=True)
    drawings: dict[str, Callable[[Mapping[str, Any]], Figure]] = {
        "reliability": _reliability,
        "risk-coverage": _risk_coverage,
        "sets": _sets,
        "replay": _replay,
    }
    for name, draw in drawings.items():
        (folder / f"{name}.png").write_bytes(png(draw(found)))


def _reliability(found: Mapping[str, Any]) -> Figure:
    r = {name: np.array(values, dtype=float) for name, values in found["reliability"].items()}
    figure = Figure(figsize=(4.6, 5.2))
    above, below = figure.subplots(2, height_ratios=(4, 1), sharex=True)
    above.plot([0, 1], [0, 1], "--", color=FAINT)
    above.plot(r["predicted"], r["observed"], "o-", color=COLOURS[0])
    error = found["trust"]["calibration_error"]
    above.set(ylabel="how often it was arithmetic", ylim=(0, 1), title=f"32 people left out: error {error:.3f}")
    below.bar((np.arange(10) + 0.5) / 10, r["share"], 0.09, color=COLOURS[0])
    below.set(xlabel="p of arithmetic, as decided", ylabel="share", xlim=(0, 1))
    return _clean(figure, above, below)


def _risk_coverage(found: Mapping[str, Any]) -> Figure:
    figure = Figure(figsize=(5.6, 4.2))
    axes = figure.subplots()
    curve = found["trust"]["risk_coverage"]
    axes.plot(
        curve["coverage"], curve["risk"], color=INK, linewidth=2, label=f"32 people left out: {curve['aurc']:.3f}"
    )
    for colour, (subject, one) in zip(COLOURS, found["replay"].items(), strict=False):
        own = one["risk_coverage"]
        label = f"replay, subject {subject}: {own['aurc']:.3f}"
        axes.plot(own["coverage"], own["risk"], color=colour, linewidth=1, label=label)
    axes.set(xlabel="share of windows decided", ylabel="share of those that is wrong", xlim=(0, 1), ylim=(0, None))
    axes.legend(title="area under the curve", frameon=False, fontsize=8)
    return _clean(figure, axes)


def _sets(found: Mapping[str, Any]) -> Figure:
    sets = found["trust"]["sets"]
    covered = dict(sorted(sets["covered_by_subject"].items(), key=lambda item: item[1]))
    figure = Figure(figsize=(7.5, 3.4))
    axes = figure.subplots()
    axes.bar(range(len(covered)), list(covered.values()), color=COLOURS[0])
    axes.axhline(sets["promised"], color=COLOURS[1], linewidth=1)
    axes.axhline(sets["covered"]["mean"], color=INK, linestyle="--", linewidth=1)
    axes.set_xticks(range(len(covered)), list(covered), fontsize=7)
    axes.set(xlabel="subject, left out", ylabel="sets that hold the truth", ylim=(0, 1.02))
    axes.set_title(f"promised {sets['promised']:.2f} (line), mean {sets['covered']['mean']:.3f} (broken)", fontsize=9)
    return _clean(figure, axes)


def _replay(found: Mapping[str, Any]) -> Figure:
    replays = found["replay"]
    figure = Figure(figsize=(7.5, 1.9 * max(1, len(replays))))
    rows = np.atleast_1d(figure.subplots(max(1, len(replays)), sharex=True))
    for axes, (subject, one) in zip(rows, replays.items(), strict=False):
        p, begin = np.array(one["p_arithmetic"]), 0.0
        for colour, name, times in zip(COLOURS, ("rest", "arithmetic"), one["end_s"], strict=False):
            at = begin + np.array(times)
            axes.plot(at, p[: len(at)], ".", color=colour, markersize=4, label=name)
            p, begin = p[len(at) :], at[-1] + 5
        axes.axhline(0.5, color=FAINT, linewidth=1)
        axes.set(ylabel=f"p, subject {subject}", ylim=(-0.03, 1.03))
    rows[0].legend(frameon=False, fontsize=8, loc="lower center", bbox_to_anchor=(0.5, 1), ncols=2)
    rows[-1].set_xlabel("seconds of recording decided on (rest after its first minute, then arithmetic)")
    return _clean(figure, *rows)


def _clean(figure: Figure, *axes: Axes) -> Figure:
    for one in axes:
        one.spines[["top", "right"]].set_visible(False)
    figure.tight_layout()
    return figure
