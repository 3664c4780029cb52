"""Draw what csbrain_pretraining.py found: a line for each comparison.

python benchmarks/csbrain_pretraining_figure.py docs/pretraining-parts.png benchmarks/results/csbrain_parts.json
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure

SURVIVES, OTHER = "#b3261e", "#1f2933"


def draw_rows(axes: Axes, rows: Sequence[Mapping[str, Any]], names: Sequence[str], title: str) -> None:
    for height, row in enumerate(rows[::-1]):
        colour = SURVIVES if row["low"] > 0 or row["high"] < 0 else OTHER
        axes.plot([row["low"], row["high"]], [height, height], color=colour, linewidth=2, solid_capstyle="butt")
        axes.plot(row["difference"], height, "o", color=colour, markersize=6)
    axes.axvline(0.0, color=OTHER, linestyle="--", linewidth=0.8)
    axes.set_ylim(-0.7, len(rows) - 0.3)
    axes.set_yticks(range(len(rows)), names[::-1], fontsize=8)
    axes.set_title(title, fontsize=9, loc="left")
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)


def main() -> None:
    parser = argparse.ArgumentParser(description=str(__doc__).splitlines()[0])
    parser.add_argument("picture", type=Path)
    parser.add_argument("results", type=Path)
    given = parser.parse_args()
    summary = json.loads(given.results.read_text(encoding="utf-8"))["summary"]
    accuracy, loss = summary["differences"], summary["loss_differences"]
    figure = Figure(figsize=(7.5, 0.26 * (len(accuracy) + len(loss)) + 1.6))
    heights = [len(accuracy) + 1, len(loss) + 1]
    upper, lower = figure.subplots(2, 1, gridspec_kw={"height_ratios": heights, "hspace": 0.35})
    names = [f"{row['of']} less {row['less']}" for row in accuracy]
    draw_rows(upper, accuracy, names, "balanced accuracy, difference (bar: 95 % over people; red: without zero)")
    lost = [f"{row['of']} less {row['less']}" for row in loss]
    draw_rows(
        lower, loss, lost, "loss of hidden patches, in that of the mean of visible electrodes (95 % over trainings)"
    )
    figure.savefig(given.picture, dpi=110, bbox_inches="tight", metadata={"Software": None})


if __name__ == "__main__":
    main()
