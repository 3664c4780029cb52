"""The steps of pre-training. Nothing that a step draws depends on the steps before it: any of them can be the first."""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from models.training.pretraining.corpus import Corpus, Group, Schedule
from models.training.pretraining.networks import Networks
from models.training.pretraining.objective import Baselines, draw_mask, masked_error, targets
from models.training.pretraining.state import read_state, write_state
from models.training.pretraining.team import Team
from models.training.seeds import mixed_seed
from models.training.task import Progress, Stopped
from pipelines.errors import ModelError

VALIDATION_BATCH = 32
MEAN_OF = 512
"""Training windows of a montage from which the mean patch is taken."""
_MASKS, _DROPOUT, _VALIDATION = 1, 2, 3


@dataclass(frozen=True, slots=True)
class LoopSettings:
    """How to train; see the settings of the task ``pretrain`` for each."""

    epochs: int
    batch_size: int
    learning_rate: float
    final_rate: float
    warmup_steps: int
    weight_decay: float
    clip: float
    ema: float
    mask_ratio: float
    official_targets: bool
    half: bool
    seed: int
    save_every: int


class Loop:
    """Trains networks on a corpus and keeps its state in a folder."""

    def __init__(self, networks: Networks, corpus: Corpus, settings: LoopSettings, team: Team, out: Path) -> None:
        self._networks, self._corpus, self._settings, self._team, self._out = networks, corpus, settings, team, out
        self.schedule = Schedule(tuple(corpus.training), settings.batch_size, settings.seed)
        self.total = self.schedule.steps_per_epoch * settings.epochs
        self._parameters = networks.trained()
        self._optimiser = torch.optim.AdamW(
            self._parameters.values(), settings.learning_rate, weight_decay=settings.weight_decay
        )
        self._average = {name: p.detach().clone() for name, p in self._parameters.items()}
        self.curves = read_state(out, self._parameters, self._average, self._parameters, self._optimiser)
        self._baselines = Baselines({w: self._mean_patch(g) for w, g in enumerate(corpus.validation)})

    def run(self, progress: Progress) -> None:
        """Train to the end.

        Raises
        ------
        Stopped
            If it was asked to end early; the state is saved.
        ModelError
            If the loss is not finite.
        """
        done = len(self.curves.loss)
        progress.phase("training", self.total, done)
        batches: list[tuple[int, NDArray[np.int64]]] = []
        for step in range(done, self.total):
            if self._team.anybody(said=progress.stop_requested):
                self._save()
                raise Stopped(f"{step} of {self.total} steps are kept")
            epoch, place = divmod(step, self.schedule.steps_per_epoch)
            if not batches or place == 0:
                batches = self.schedule.epoch(epoch)
            loss = self._step(step, *batches[place])
            self.curves.loss.append(loss)
            last = place == self.schedule.steps_per_epoch - 1
            if last and self._corpus.validation:
                self.curves.validation.append({"step": step + 1, **self.validate()})
            if last or (step + 1) % self._settings.save_every == 0:
                self._save()
            held_out = self.curves.validation[-1]["loss"] if self.curves.validation else math.nan
            progress.advance(loss=loss, held_out=held_out)

    def averaged(self) -> dict[str, Tensor]:
        """Return the weights to be used: the average over the steps, under the released names."""
        return {**self._networks.weights(), **{name: tensor.clone() for name, tensor in self._average.items()}}

    def _step(self, step: int, which: int, rows: NDArray[np.int64]) -> float:
        s, group = self._settings, self._corpus.training[which]
        for setting in self._optimiser.param_groups:
            setting["lr"] = rate(step, self.total, s)
        mask = self._mask(group, len(rows), mixed_seed(s.seed, _MASKS, step))
        torch.manual_seed(mixed_seed(s.seed, _DROPOUT, step, self._team.rank))
        self._networks.train(mode=True)
        # Loss and gradient are sums over the processes' shares, divided by what all of them have hidden.
        error = masked_error(*self._answers(group, rows, mask)) / mask.sum().clamp_min(1)
        self._optimiser.zero_grad()
        error.backward()  # type: ignore[no-untyped-call]
        gradients = [p.grad for p in self._parameters.values() if p.grad is not None]
        loss = error.detach().reshape(1)
        self._team.add([loss, *gradients])
        if not torch.isfinite(loss).all():
            raise ModelError(f"pretrain: the loss of step {step + 1} is not finite; lower learning_rate")
        nn.utils.clip_grad_norm_(self._parameters.values(), s.clip)
        self._optimiser.step()
        with torch.no_grad():
            # Young weights are forgotten sooner than the average's own pace.
            keep = min(s.ema, (1 + step) / (10 + step)) if s.ema else 0.0
            for average, parameter in zip(self._average.values(), self._parameters.values(), strict=True):
                average.lerp_(parameter, 1.0 - keep)
        return float(loss)

    def _mask(self, group: Group, n: int, seed: int) -> Tensor:
        shape = (n, len(group.montage.names), group.patches)
        return draw_mask(shape, self._settings.mask_ratio, seed).to(self._team.device)

    def _answers(self, group: Group, rows: NDArray[np.int64], mask: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Return the network's answers to this process's share of a batch, what was wanted, and the share's mask."""
        share = slice(self._team.rank, None, self._team.size)
        part = mask[share]
        if len(part) == 0:  # the others' parameters have gradients, so ours must: of nothing
            rows, part = rows[:1], torch.zeros_like(mask[:1])
        else:
            rows = rows[share]
        x = torch.from_numpy(group.read(rows)).to(self._team.device)
        network = self._networks.of(group.montage)
        with torch.autocast(self._team.device.type, torch.bfloat16, enabled=self._settings.half):
            answer = network(x, part)
        return answer, targets(x, network.order, official=self._settings.official_targets), part

    @torch.no_grad()
    def validate(self) -> dict[str, float]:
        """Return the averaged weights' loss on held-out people, and the baselines' on the same hidden patches."""
        self._networks.train(mode=False)
        now = {name: p.detach().clone() for name, p in self._parameters.items()}
        _copy(self._average, self._parameters)
        sums = torch.zeros(1 + len(Baselines.NAMES), device=self._team.device)
        hidden = 0
        for which, group in enumerate(self._corpus.validation):
            for start in range(0, len(group), VALIDATION_BATCH):
                rows = np.arange(start, min(start + VALIDATION_BATCH, len(group)))
                mask = self._mask(group, len(rows), mixed_seed(self._settings.seed, _VALIDATION, which, start))
                hidden += int(mask.sum())
                answer, wanted, part = self._answers(group, rows, mask)
                sums[0] += masked_error(answer, wanted, part)
                sums[1:] += self._baselines.errors(which, wanted, part)
        _copy(now, self._parameters)
        self._team.add([sums])
        means = (sums / max(hidden, 1)).tolist()
        return dict(zip(("loss", *Baselines.NAMES), means, strict=True))

    def _mean_patch(self, group: Group) -> Tensor:
        """Return the mean training patch of a validation montage, (channels, 200) in sorted order; zero where none."""
        known = next((g for g in self._corpus.training if g.montage == group.montage), None)
        if known is None:
            return torch.zeros(len(group.montage.names), 200, device=self._team.device)
        rows = np.linspace(0, len(known) - 1, min(MEAN_OF, len(known))).astype(np.int64)
        mean = torch.from_numpy(known.read(rows)).mean(dim=(0, 2)).to(self._team.device)
        return mean[self._networks.of(group.montage).order]

    def _save(self) -> None:
        if self._team.rank == 0:
            write_state(self._out, self._parameters, self._average, self._parameters, self._optimiser, self.curves)


def _copy(source: dict[str, Tensor], target: dict[str, nn.Parameter]) -> None:
    for name, parameter in target.items():
        parameter.copy_(source[name])


def rate(step: int, total: int, settings: LoopSettings) -> float:
    """Return the step size of AdamW: linear to its highest over ``warmup_steps``, then a cosine to ``final_rate``."""
    if step < settings.warmup_steps:
        return settings.learning_rate * (step + 1) / settings.warmup_steps
    done = (step - settings.warmup_steps) / max(1, total - settings.warmup_steps)
    return settings.final_rate + (settings.learning_rate - settings.final_rate) * 0.5 * (1 + math.cos(math.pi * done))
