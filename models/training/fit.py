"""The one training loop: AdamW, warm-up and cosine, balanced classes, early stop on windows set aside."""

from __future__ import annotations

import copy
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import torch
from torch import Tensor, nn

from pipelines.errors import ModelError

Batch = Callable[[Tensor], Tensor]


@dataclass(frozen=True, slots=True)
class FitSettings:
    """How to train.

    Parameters
    ----------
    epochs, batch_size
        Passes over the training windows, and windows per step.
    learning_rate, weight_decay
        Of AdamW; the rate rises linearly over ``warmup_epochs`` and falls along a cosine to a hundredth.
    label_smoothing
        Share of the target spread over all classes.
    clip
        Largest norm of the gradient.
    patience
        Epochs without a better validation figure before stopping; without validation windows all epochs are run.
    seed
        Of order, dropout and initialisation.
    """

    epochs: int = 40
    batch_size: int = 64
    learning_rate: float = 1e-3
    weight_decay: float = 0.05
    warmup_epochs: int = 3
    label_smoothing: float = 0.1
    clip: float = 1.0
    patience: int = 10
    seed: int = 0


@dataclass(slots=True)
class History:
    """What happened: mean training loss of each epoch, balanced accuracy on validation windows, the epoch kept."""

    loss: list[float] = field(default_factory=list)
    validation: list[float] = field(default_factory=list)
    best_epoch: int = 0


def fit(
    module: nn.Module,
    parameters: Sequence[nn.Parameter],
    train: tuple[Tensor, Tensor],
    settings: FitSettings,
    validation: tuple[Tensor, Tensor] | None = None,
    set_mode: Callable[[bool], object] | None = None,
) -> History:
    """Train in place; with validation windows the state of the best epoch is kept.

    Parameters
    ----------
    module
        Maps (batch, n_channels, n_times) to scores (batch, n_classes).
    parameters
        What is trained; the rest stays as it is.
    train, validation
        Windows (n_windows, n_channels, n_times), scaled, and class numbers (n_windows,).
    settings
        See :class:`FitSettings`.
    set_mode
        Called with True before training steps and False before judging; None: ``module.train``.

    Raises
    ------
    ModelError
        If the loss is not finite.
    """
    x, y = train
    set_mode = set_mode or module.train
    optimiser = torch.optim.AdamW(parameters, settings.learning_rate, weight_decay=settings.weight_decay)
    steps = math.ceil(len(x) / settings.batch_size)
    schedule = torch.optim.lr_scheduler.LambdaLR(
        optimiser, _rate(settings.warmup_epochs * steps, settings.epochs * steps)
    )
    counts = torch.bincount(y, minlength=int(y.max()) + 1).clamp_min(1)
    loss_of = nn.CrossEntropyLoss(weight=len(y) / (len(counts) * counts), label_smoothing=settings.label_smoothing)
    order = torch.Generator().manual_seed(settings.seed)
    history, best, best_state = History(), -1.0, None
    for epoch in range(settings.epochs):
        set_mode(True)
        total = 0.0
        for rows in torch.split(torch.randperm(len(x), generator=order), settings.batch_size):
            loss = loss_of(module(x[rows]), y[rows])
            if not torch.isfinite(loss):
                raise ModelError(f"training: the loss of epoch {epoch + 1} is not finite; lower learning_rate")
            optimiser.zero_grad()
            loss.backward()
            nn.utils.clip_grad_norm_(parameters, settings.clip)
            optimiser.step()
            schedule.step()
            total += float(loss.detach()) * len(rows)
        history.loss.append(total / len(x))
        if validation is None:
            continue
        set_mode(False)
        history.validation.append(_balanced_accuracy(module, *validation, settings.batch_size))
        if history.validation[-1] > best:
            best, history.best_epoch = history.validation[-1], epoch
            best_state = copy.deepcopy(module.state_dict())
        elif epoch - history.best_epoch >= settings.patience:
            break
    if best_state is not None:
        module.load_state_dict(best_state)
    set_mode(False)
    return history


def _rate(warmup: int, total: int) -> Callable[[int], float]:
    def factor(step: int) -> float:
        if step < warmup:
            return (step + 1) / warmup
        done = min(1.0, (step - warmup) / max(1, total - warmup))
        return 0.01 + 0.99 * 0.5 * (1.0 + math.cos(math.pi * done))

    return factor


@torch.inference_mode()
def scores(module: nn.Module, x: Tensor, batch_size: int) -> Tensor:
    """Return class scores (n_windows, n_classes) of windows (n_windows, n_channels, n_times)."""
    return torch.cat([module(part) for part in torch.split(x, batch_size)])


def _balanced_accuracy(module: nn.Module, x: Tensor, y: Tensor, batch_size: int) -> float:
    right = scores(module, x, batch_size).argmax(dim=1) == y
    return float(torch.stack([right[y == c].float().mean() for c in torch.unique(y)]).mean())
