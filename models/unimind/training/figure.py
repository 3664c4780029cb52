"""The picture of a training: loss of every step, and each task's skill on held-out windows."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from matplotlib import colormaps
from matplotlib.figure import Figure

from models.unimind.training.loop import Curves

INK, FAINT = "#1f2933", "#cbd2d9"


def draw_curves(curves: Curves, tasks: Sequence[str], path: Path) -> None:
    """Write the picture (PNG).

    Parameters
    ----------
    curves
        Of the training.
    tasks
        Names, in the order of their colours.
    path
        Where it goes.
    """
    figure = Figure(figsize=(8.0, 5.2))
    above, below = figure.subplots(2, sharex=True)
    steps = np.arange(1, len(curves.loss) + 1)
    above.plot(steps, curves.loss, color=FAINT, linewidth=0.8)
    width = max(1, len(steps) // 40)
    above.plot(steps[width - 1 :], np.convolve(curves.loss, np.ones(width) / width, mode="valid"), color=INK)
    above.set_ylabel("training loss")
    first = [look for look in curves.looks if look["stage"] == 0]
    begin = int(first[-1]["step"]) if first else 0
    at = [look["step"] + (begin if look["stage"] else 0) for look in curves.looks]
    colours = colormaps["tab20"]
    for number, task in enumerate(tasks):
        below.plot(at, [look[task] for look in curves.looks], color=colours(number % 20), linewidth=1, label=task)
    below.plot(at, [look["mean"] for look in curves.looks], color=INK, linewidth=2, label="mean")
    below.axhline(0, color=FAINT, linewidth=0.8)
    below.set_ylabel("skill on held-out windows\n(0 chance, 1 perfect)")
    below.set_xlabel("step")
    for axes in (above, below):
        if begin and len(first) < len(curves.looks):
            axes.axvline(begin, color=INK, linestyle=":", linewidth=1)
        for side in ("top", "right"):
            axes.spines[side].set_visible(False)
    figure.legend(*below.get_legend_handles_labels(), loc="center left", bbox_to_anchor=(0.92, 0.5), frameon=False)
    figure.savefig(path, dpi=110, bbox_inches="tight", metadata={"Software": None})
