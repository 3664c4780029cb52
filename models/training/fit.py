"""The one supervised training loop: AdamW, warm-up and cosine, early stop on windows set aside, resume after a kill."""

from __future__ import annotations

import copy
import math
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field

import torch
from torch import Tensor, nn

from models.training.fit_state import FitState, rng_states, set_rng_states
from models.training.objectives import Objective, objective
from models.training.task import Progress, QuietProgress, Stopped
from pipelines.errors import ModelError

Augment = Callable[[Tensor, Tensor, torch.Generator], tuple[Tensor, Tensor]]
"""Changes a batch: windows, targets and a generator to draw from, to windows and targets."""


@dataclass(frozen=True, slots=True)
class FitSettings:
    """How to train.

    Parameters
    ----------
    epochs, batch_size
        Passes over the training windows, and windows per step.
    learning_rate, weight_decay
        Of AdamW; the rate rises linearly over ``warmup_epochs`` and falls along a cosine to ``final_rate`` of it.
    label_smoothing
        Share of the target spread over all classes.
    class_balance
        Whether a rare class counts as much as a frequent one.
    clip
        Largest norm of the gradient.
    patience
        Epochs without a better validation figure before stopping; without validation windows all epochs are run.
    seed
        Of order, dropout and augmentation.
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
    class_balance: bool = True
    final_rate: float = 0.01


@dataclass(slots=True)
class History:
    """What happened: mean training loss of each epoch, the figure on validation windows, the epoch kept."""

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
    *,
    factors: Sequence[float] | None = None,
    augment: Augment | None = None,
    own: Objective | None = None,
    state: FitState | None = None,
    progress: Progress | None = None,
) -> History:
    """Train in place; with validation windows the state of the best epoch is kept.

    Parameters
    ----------
    module
        Maps (batch, n_channels, n_times) to scores (batch, n_classes), or to numbers (batch, 1).
    parameters
        What is trained; the rest stays as it is.
    train, validation
        Windows (n_windows, n_channels, n_times), scaled, and class numbers (int64) or values (float), (n_windows,).
    settings
        See :class:`FitSettings`.
    set_mode
        Called with True before training steps and False before judging; None: ``module.train``.
    factors
        For each parameter what its learning rate is multiplied by; None: one rate for all.
    augment
        Changes each training batch; see :mod:`models.training.augmentation`.
    own
        What is made small instead of the loss that fits the targets: of a module that returns losses, for example.
    state
        Where what is needed to go on is kept after every epoch; what is there already is taken up.
    progress
        Told of every step.

    Raises
    ------
    ModelError
        If the loss is not finite.
    Stopped
        If the progress asks for it; finished epochs are kept where there is a ``state``.
    """
    run = _Run(module, parameters, train, settings, set_mode or module.train, factors, augment, own)
    progress = progress or QuietProgress()
    if state is not None and (kept := state.load()) is not None:
        run.take_up(kept)
    progress.phase("training", settings.epochs * run.steps, run.epoch * run.steps)
    while run.epoch < settings.epochs and not run.ended:
        run.train_epoch(progress)
        if validation is not None:
            run.judge(validation)
        run.epoch += 1
        if state is not None:
            state.save(run.table())
    if run.best_state is not None:
        module.load_state_dict(run.best_state)
    run.set_mode(False)
    return run.history


class _Run:
    """One training: what changes from step to step, and what is kept of it."""

    def __init__(
        self,
        module: nn.Module,
        parameters: Sequence[nn.Parameter],
        train: tuple[Tensor, Tensor],
        settings: FitSettings,
        set_mode: Callable[[bool], object],
        factors: Sequence[float] | None,
        augment: Augment | None,
        own: Objective | None,
    ) -> None:
        self.module, self.parameters, self.train, self.settings = module, parameters, train, settings
        self.set_mode, self.augment = set_mode, augment
        usual = objective(train[1], settings.label_smoothing, balance=settings.class_balance) if own is None else own
        self.objective: Objective = usual
        by_factor: dict[float, list[nn.Parameter]] = {}
        for parameter, factor in zip(parameters, factors or [1.0] * len(parameters), strict=True):
            by_factor.setdefault(factor, []).append(parameter)
        groups = [{"params": alike, "lr": settings.learning_rate * factor} for factor, alike in by_factor.items()]
        self.optimiser = torch.optim.AdamW(
            groups, settings.learning_rate, weight_decay=settings.weight_decay, fused=True
        )
        self.steps = math.ceil(len(train[0]) / settings.batch_size)
        self.schedule = torch.optim.lr_scheduler.LambdaLR(
            self.optimiser,
            _rate(settings.warmup_epochs * self.steps, settings.epochs * self.steps, settings.final_rate),
        )
        self.order = torch.Generator().manual_seed(settings.seed)
        self.luck = torch.Generator().manual_seed(settings.seed + 1)
        self.history, self.best, self.epoch = History(), -math.inf, 0
        self.best_state: dict[str, Tensor] | None = None

    @property
    def ended(self) -> bool:
        """Whether the figure has not risen for long enough."""
        waited = self.epoch - 1 - self.history.best_epoch
        return bool(self.history.validation) and waited >= self.settings.patience

    def train_epoch(self, progress: Progress) -> None:
        x, y = self.train
        self.set_mode(True)
        total = 0.0
        for rows in torch.split(torch.randperm(len(x), generator=self.order), self.settings.batch_size):
            loss = self._step(x[rows], y[rows])
            total += loss * len(rows)
            progress.advance(1, loss=loss, **self._last_figure())
            if progress.stop_requested:
                raise Stopped(f"{self.epoch} of {self.settings.epochs} epochs are kept")
        self.history.loss.append(total / len(x))

    def _step(self, x: Tensor, y: Tensor) -> float:
        if self.augment is not None:
            x, y = self.augment(x, y, self.luck)
        loss = self.objective.loss(self.module(x), y)
        if not torch.isfinite(loss):
            raise ModelError(f"training: the loss of epoch {self.epoch + 1} is not finite; lower learning_rate")
        self.optimiser.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        nn.utils.clip_grad_norm_(self.parameters, self.settings.clip)
        self.optimiser.step()
        self.schedule.step()
        return float(loss.detach())

    def _last_figure(self) -> dict[str, float]:
        return {"validation": self.history.validation[-1]} if self.history.validation else {}

    def judge(self, validation: tuple[Tensor, Tensor]) -> None:
        """Append the figure of this epoch; keep the weights if it is the best."""
        self.set_mode(False)
        said = scores(self.module, validation[0], self.settings.batch_size)
        figure = self.objective.figure(said, validation[1])
        self.history.validation.append(figure)
        if figure > self.best:
            self.best, self.history.best_epoch = figure, self.epoch
            self.best_state = copy.deepcopy(self.module.state_dict())

    def table(self) -> dict[str, object]:
        """Return all that the next epoch depends on."""
        return {
            "epoch": self.epoch,
            "history": asdict(self.history),
            "best": self.best,
            "best_state": self.best_state,
            "module": self.module.state_dict(),
            "optimiser": self.optimiser.state_dict(),
            "schedule": self.schedule.last_epoch,
            "generators": rng_states(self.order, self.luck),
        }

    def take_up(self, table: dict[str, object]) -> None:
        """Go on where :meth:`table` was made."""
        kept = dict(table)
        self.module.load_state_dict(kept["module"])  # type: ignore[arg-type]
        self.optimiser.load_state_dict(kept["optimiser"])  # type: ignore[arg-type]
        self.schedule.last_epoch = int(kept["schedule"])  # type: ignore[call-overload]
        self.history = History(**kept["history"])  # type: ignore[arg-type]
        self.epoch, self.best = int(kept["epoch"]), float(kept["best"])  # type: ignore[call-overload,arg-type]
        self.best_state = kept["best_state"]  # type: ignore[assignment]
        set_rng_states(kept["generators"], self.order, self.luck)


def _rate(warmup: int, total: int, final: float) -> Callable[[int], float]:
    def factor(step: int) -> float:
        if step < warmup:
            return (step + 1) / warmup
        done = min(1.0, (step - warmup) / max(1, total - warmup))
        return final + (1.0 - final) * 0.5 * (1.0 + math.cos(math.pi * done))

    return factor


@torch.inference_mode()
def scores(module: nn.Module, x: Tensor, batch_size: int) -> Tensor:
    """Return class scores (n_windows, n_classes) of windows (n_windows, n_channels, n_times)."""
    return torch.cat([module(part) for part in torch.split(x, batch_size)])
