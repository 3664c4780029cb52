"""Draw and tell what csbrain_eegmat.py found: a panel for each condition, a line for each stack, a dot for each person.

python benchmarks/csbrain_eegmat_figure.py docs/csbrain_eegmat.png benchmarks/results/csbrain_eegmat_*.json
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import numpy as np
from matplotlib.figure import Figure

INK, DOT = "#1f2933", "#2f6fab"
FIGURES = ("balanced_accuracy", "auroc", "auc_pr")
HEAD = "| features | seeds | balanced accuracy | 95 % | AUROC | 95 % | AUC-PR |"
ORDER = ("none", "rest", "transductive")
TITLES = {"none": "nothing known", "rest": "60 s of rest", "transductive": "transductive"}


def draw(conditions: dict[str, dict], path: Path) -> None:
    shown = [name for name in ORDER if name in conditions]
    heights = [len(conditions[name]) for name in shown]
    figure = Figure(figsize=(7.5, 0.55 * sum(heights) + 1.2))
    panels = figure.subplots(len(shown), 1, sharex=True, gridspec_kw={"height_ratios": heights}, squeeze=False)[:, 0]
    for axes, name in zip(panels, shown, strict=True):
        titles = list(conditions[name])[::-1]
        for height, title in enumerate(titles):
            found = conditions[name][title]["seed 0"]["balanced_accuracy"]
            values = np.array(list(found["by_person"].values()))
            jitter = np.random.default_rng(0).uniform(-0.18, 0.18, len(values))
            axes.plot(values, height + jitter, ".", color=DOT, alpha=0.35, markersize=6, markeredgewidth=0)
            axes.plot(found["interval_95"], [height, height], color=INK, linewidth=2, solid_capstyle="butt")
            axes.plot(found["mean"], height, "o", color=INK, markersize=6)
        axes.axvline(0.5, color=INK, linestyle="--", linewidth=0.8)
        axes.set_yticks(range(len(titles)), titles, fontsize=8)
        axes.set_title(TITLES[name], fontsize=9, loc="left")
        for side in ("top", "right"):
            axes.spines[side].set_visible(False)
    panels[-1].set_xlabel("balanced accuracy (dot: one person; bar: 95 % of the mean; broken: chance)")
    figure.savefig(path, dpi=110, bbox_inches="tight", metadata={"Software": None})


def tell(conditions: dict[str, dict]) -> None:
    """Print a table of every condition."""
    for name in ORDER:
        if name not in conditions:
            continue
        print(f"\n{TITLES[name]}\n\n{HEAD}\n{'|---' * 7}|")
        for title, seeds in conditions[name].items():
            means = [np.mean([found[key]["mean"] for found in seeds.values()]) for key in FIGURES]
            low, high = seeds["seed 0"]["balanced_accuracy"]["interval_95"]
            low_a, high_a = seeds["seed 0"]["auroc"]["interval_95"]
            accuracy, area = f"{means[0]:.3f} | {low:.3f}–{high:.3f}", f"{means[1]:.3f} | {low_a:.3f}–{high_a:.3f}"
            print(f"| {title} | {len(seeds)} | {accuracy} | {area} | {means[2]:.3f} |")


def tell_by_cleaning(conditions: dict[str, dict], lost: dict[str, list[int]]) -> None:
    """Print balanced accuracy of people whose recordings lost no direction to cleaning, and of the others."""
    clean = [person for person, counts in lost.items() if counts == [0, 0]]
    print(f"\n60 s of rest: {len(clean)} people whose recordings lost no direction, {len(lost) - len(clean)} others")
    for title, seeds in conditions.get("rest", {}).items():
        by_person = seeds["seed 0"]["balanced_accuracy"]["by_person"]
        means = [np.mean([v for person, v in by_person.items() if (person in clean) == side]) for side in (True, False)]
        print(f"{title}: {means[0]:.3f}, {means[1]:.3f}")


def main() -> None:
    parser = argparse.ArgumentParser(description=str(__doc__).splitlines()[0])
    parser.add_argument("picture", type=Path)
    parser.add_argument("results", type=Path, nargs="+")
    given = parser.parse_args()
    found = [json.loads(path.read_text(encoding="utf-8")) for path in given.results]
    conditions: dict[str, dict] = {}
    for result in found:
        conditions |= result["conditions"]
    draw(conditions, given.picture)
    tell(conditions)
    tell_by_cleaning(conditions, found[0]["recordings"]["directions_lost_in_rest_and_task"])


if __name__ == "__main__":
    main()
