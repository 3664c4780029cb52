"""A picture of a training: loss and validation figure over the epochs, the epoch that was kept."""

from __future__ import annotations

from pathlib import Path

from matplotlib.figure import Figure

from models.training.fit import History

INK, LOSS, SEEN = "#1f2933", "#2f6fab", "#c2571a"


def draw_history(history: History, figure_name: str, path: Path) -> None:
    """Write the picture (PNG).

    Parameters
    ----------
    history
        Of the training.
    figure_name
        What the validation figure is called.
    path
        Where it goes.
    """
    epochs = range(1, len(history.loss) + 1)
    figure = Figure(figsize=(6.5, 3.4))
    left = figure.add_subplot()
    left.plot(epochs, history.loss, color=LOSS, label="training loss")
    left.set_xlabel("epoch")
    left.set_ylabel("training loss", color=LOSS)
    if history.validation:
        right = left.twinx()
        right.plot(epochs, history.validation, color=SEEN)
        right.set_ylabel(f"validation {figure_name}", color=SEEN)
        right.axvline(history.best_epoch + 1, color=INK, linestyle=":", linewidth=1)
    for axes in figure.axes:
        axes.spines["top"].set_visible(False)
    figure.savefig(path, dpi=110, bbox_inches="tight", metadata={"Software": None})
