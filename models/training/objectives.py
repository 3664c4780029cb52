"""What training makes small and what an epoch is judged by: classes by cross-entropy, numbers by squared error."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor, nn

Measure = Callable[[Tensor, Tensor], Tensor]


@dataclass(frozen=True, slots=True)
class Objective:
    """``loss`` of scores and targets of a batch; ``figure`` of all validation windows, higher is better."""

    loss: Measure
    figure: Callable[[Tensor, Tensor], float]


OWN_LOSSES = Objective(lambda losses, _: losses.mean(), lambda losses, _: -float(losses.mean()))
"""For modules that return the losses of their inputs: the mean is made small, its negative is the figure."""


def objective(y: Tensor, label_smoothing: float, *, balance: bool) -> Objective:
    """Choose by the training targets (n_windows,): class numbers are int64, values are floating.

    Targets of a batch may also be shares of classes (batch, n_classes), as mixing windows makes them; those of
    sequences are (n_sequences, windows), with scores (n_sequences, n_classes, windows).
    """
    if y.is_floating_point():
        return Objective(_squared_error, r_squared)
    weight = None
    if balance:
        counts = torch.bincount(y.flatten(), minlength=int(y.max()) + 1).clamp_min(1)
        weight = y.numel() / (len(counts) * counts)
    return Objective(nn.CrossEntropyLoss(weight=weight, label_smoothing=label_smoothing), balanced_accuracy)


def _squared_error(said: Tensor, y: Tensor) -> Tensor:
    return (said[:, 0] - y).square().mean()


def balanced_accuracy(said: Tensor, y: Tensor) -> float:
    """Return the mean over the classes there of the share of windows (n_windows,) that are right."""
    right = said.argmax(dim=1) == y
    return float(torch.stack([right[y == c].float().mean() for c in torch.unique(y)]).mean())


def r_squared(said: Tensor, y: Tensor) -> float:
    """Return the share of the variance of values (n_windows,) that is explained; 0 where they do not vary."""
    spread = (y - y.mean()).square().sum()
    return float(1 - (y - said[:, 0]).square().sum() / spread) if spread > 0 else 0.0
