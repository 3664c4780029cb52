"""The picture of a run: loss of the steps, of held-out people, and of the answers that need no network."""

from __future__ import annotations

import io

import matplotlib as mpl
import numpy as np
from matplotlib.figure import Figure
from matplotlib.ticker import NullFormatter, StrMethodFormatter

from models.training.pretraining.objective import Baselines
from models.training.pretraining.state import Curves

mpl.rcParams["text.parse_math"] = False
INK, FAINT, DOT = "#1f2933", "#cbd2d9", "#2f6fab"
STYLES = dict(zip(Baselines.NAMES, (":", "--", "-."), strict=True))


def loss_png(curves: Curves) -> bytes:
    """Draw the curves; return the PNG."""
    figure = Figure(figsize=(7.0, 3.8))
    axes = figure.add_subplot()
    steps = np.arange(1, len(curves.loss) + 1)
    axes.plot(steps, curves.loss, color=FAINT, linewidth=0.8, label="training, each step")
    width = max(1, len(steps) // 50)
    smooth = np.convolve(curves.loss, np.ones(width) / width, mode="valid")
    axes.plot(steps[width - 1 :], smooth, color=INK, linewidth=1.2, label=f"training, mean of {width}")
    if curves.validation:
        at = [point["step"] for point in curves.validation]
        axes.plot(at, [point["loss"] for point in curves.validation], "o-", color=DOT, markersize=4, label="held out")
        for name, style in STYLES.items():
            axes.axhline(
                curves.validation[-1][name], color=DOT, linestyle=style, linewidth=1, label=f"{name} (held out)"
            )
    axes.set_xlabel("step")
    axes.set_ylabel("squared error of hidden patches ((100 µV)²)")
    axes.set_yscale("log")
    # The usual labels of this scale are formulas, which are not set here.
    axes.yaxis.set_major_formatter(StrMethodFormatter("{x:g}"))
    axes.yaxis.set_minor_formatter(NullFormatter())
    axes.legend(frameon=False, fontsize=8)
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", dpi=110, bbox_inches="tight", metadata={"Software": None})
    return buffer.getvalue()
