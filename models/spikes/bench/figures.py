"""Figures of the benchmark: bars with intervals, and decoding against the day."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from matplotlib.figure import Figure

from models.spikes.bench.drift import by_day
from models.spikes.bench.ledger import Ledger

INK, GREY = "#1f4e79", "#9aa5b1"


def draw(name: str, ledger: Ledger, figures: tuple[str, ...], out: Path) -> Path:
    """Draw a problem's results; return the file."""
    path = out / f"{name}.png"
    figure = _days(ledger) if name == "drift" else _bars(ledger, figures)
    figure.savefig(path, dpi=110)
    return path


def _bars(ledger: Ledger, names: tuple[str, ...]) -> Figure:
    summary = ledger.summary()
    shown = [name for name in names if not name.endswith((", p", ", turn"))]
    figure = Figure(figsize=(3.2 * len(shown) + 1.8, 0.34 * len(summary) + 1.3), layout="constrained")
    axes: Any = figure.subplots(1, len(shown), sharey=True, squeeze=False)[0]
    for axis, name in zip(axes, shown, strict=True):
        for place, row in enumerate(summary):
            mean, *bounds = summary[row][name]
            axis.barh(place, mean, color=INK if row.startswith(("PNBA", "iVAE")) else GREY)
            if bounds:
                axis.plot(bounds, [place, place], color="black", linewidth=1.2)
        axis.axvline(0, color="black", linewidth=0.6)
        if "chance" in ledger.settings:
            axis.axvline(ledger.settings["chance"], color="black", linewidth=0.8, linestyle=":")
        low = min(value for row in summary.values() for value in row[name])
        axis.set(title=name.replace("_", " "), xlim=(max(-1.0, min(0.0, 1.05 * low)), None))
    axes[0].set_yticks(range(len(summary)), list(summary))
    axes[0].invert_yaxis()
    return figure


def _days(ledger: Ledger) -> Figure:
    figure = Figure(figsize=(9, 3.8), layout="constrained")
    axes: Any = figure.subplots(1, 2, sharey=True)
    for axis, name in zip(axes, ("5 s", "60 s"), strict=True):
        for row, told in ledger.summary().items():
            shown = name if f"day 0, {name}" in told else "60 s"
            days, values = by_day(told, shown)
            (line,) = axis.plot(days, [v[0] for v in values], marker="o", markersize=3, label=row)
            if len(values[0]) == 3:
                axis.fill_between(
                    days, [v[1] for v in values], [v[2] for v in values], color=line.get_color(), alpha=0.15
                )
        axis.axhline(0, color="black", linewidth=0.6)
        axis.set(title=f"after {name} of the day without labels", xlabel="day", ylim=(-0.5, 1))
    axes[0].set_ylabel("R² of velocity")
    figure.legend(*axes[1].get_legend_handles_labels(), loc="outside right center", fontsize=8)
    return figure
