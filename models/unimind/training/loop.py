"""The steps. Nothing that a step draws depends on the steps before it: any of them can be the first."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

import numpy as np
import torch
from torch import Tensor, nn

from models.training.fit_state import FitState
from models.training.seeds import mixed_seed
from models.training.task import Progress, Stopped
from models.unimind.batches import Mixed, encode_mixed
from models.unimind.model import UniMind
from models.unimind.questions import Questions
from models.unimind.samples import Sample, TaskSamples
from models.unimind.training.drawing import Drawing, judged
from models.unimind.training.losses import balance_loss, next_token_loss, option_loss
from models.unimind.training.scoring import scores_of, skill
from models.unimind.training.settings import Stage, UniMindSettings
from pipelines.errors import CheckpointInvalid, ModelError

StageName = Literal["head", "language"]
STAGES: tuple[StageName, ...] = ("head", "language")
FINAL_RATE = 0.05
"""Share of the rate that is left at the end of a stage."""
FEW = 50
"""A task with so many held-out windows counts half in choosing the weights; one with far more counts fully."""


@dataclass(slots=True)
class Curves:
    """What happened: loss of every step of both stages, and every look at held-out windows.

    ``looks``: ``{"stage": 0 or 1, "step": n, "mean": skill over tasks, weighted, "<task>": its skill}``.
    """

    loss: list[float] = field(default_factory=list)
    looks: list[dict[str, float]] = field(default_factory=list)


class Loop:
    """Trains a model in place; state and best weights are kept in a file.

    Parameters
    ----------
    model
        What is trained.
    tasks
        What it is taught.
    settings
        See :class:`UniMindSettings`.
    state
        Where what is needed to go on is kept.
    """

    def __init__(
        self, model: UniMind, tasks: Sequence[TaskSamples], settings: UniMindSettings, state: FitState
    ) -> None:
        self._model, self._tasks, self._settings, self._state = model, tasks, settings, state
        self._cards = {task.card.name: task.card for task in tasks}
        self._drawing = Drawing(tasks, settings.task_temperature, class_balance=settings.class_balance)
        self._parameters = model.parameters()
        self.questions = Questions(model.language, keep=not model.adapters) if model.language else None
        self.curves = Curves()
        self._stage, self._step, self._best, self._waited = 0, 0, -math.inf, 0
        self._best_weights: dict[str, Tensor] = {}
        self._optimiser = self._new_optimiser()

    def run(self, progress: Progress) -> None:
        """Train to the end of both stages, from where an earlier run was.

        Raises
        ------
        Stopped
            If it was asked to end early; the state is kept.
        ModelError
            If the loss is not finite.
        """
        if (kept := self._state.load()) is not None:
            self._take_up(kept)
        with torch.random.fork_rng():
            while self._stage < len(STAGES):
                self._run_stage(self._stage_settings(), progress)
                self._stage, self._step, self._best, self._waited = self._stage + 1, 0, -math.inf, 0
                self._restore_best()
                self._optimiser = self._new_optimiser()
                self._save()

    def _stage_settings(self) -> Stage:
        if STAGES[self._stage] == "head":
            return self._settings.by_head
        return self._settings.by_language if self.questions else Stage(steps=0)

    def _run_stage(self, stage: Stage, progress: Progress) -> None:
        name = {"head": "training by heads", "language": "training through the language model"}[STAGES[self._stage]]
        if stage.steps:
            progress.phase(name, stage.steps, self._step)
            if STAGES[self._stage] == "language" and self._best == -math.inf:
                self._look(stage)  # it may only better what it was given
        while self._step < stage.steps and self._waited < stage.patience:
            if progress.stop_requested:
                self._save()
                raise Stopped(f"{name}: {self._step} of {stage.steps} steps are kept")
            self.curves.loss.append(self._one_step(stage))
            self._step += 1
            if self._step % stage.judge_every == 0 or self._step == stage.steps:
                self._look(stage)
                self._save()
            progress.advance(1, loss=self.curves.loss[-1], **self._last_look())

    def _one_step(self, stage: Stage) -> float:
        rng = np.random.default_rng((self._settings.seed, self._stage, self._step))
        torch.manual_seed(mixed_seed(self._settings.seed, 7, self._stage, self._step))
        for group in self._optimiser.param_groups:
            group["lr"] = group["highest"] * rate(self._step, stage.steps, self._settings.warmup)
        samples = self._drawing.draw(stage.batch_size, rng)
        hidden = rng.random(len(samples)) < self._settings.task_free
        self._model.train(mode=True)
        tasks = ["" if hide else sample.task for hide, sample in zip(hidden, samples, strict=True)]
        mixed = encode_mixed(self._model.network, samples, tasks)
        loss = self._loss(mixed, samples, rng)
        if not torch.isfinite(loss):
            raise ModelError(f"unimind: the loss of step {self._step + 1} is not finite; lower learning_rate")
        self._optimiser.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        nn.utils.clip_grad_norm_(self._parameters.values(), self._settings.clip)
        self._optimiser.step()
        return float(loss.detach())

    def _loss(self, mixed: Mixed, samples: Sequence[Sample], rng: np.random.Generator) -> Tensor:
        s = self._settings
        targets = torch.tensor([sample.target for sample in samples], device=mixed.pooled.device)
        heads = self._model.network.head_scores(mixed.pooled, [sample.task for sample in samples])
        by_head = option_loss(heads, targets, s.label_smoothing)
        spread = s.balance * balance_loss(mixed, s.connector.top)
        if STAGES[self._stage] == "head":
            return by_head + spread
        assert self.questions is not None
        cards = [self._cards[sample.task] for sample in samples]
        asked = [(card.questions[rng.integers(len(card.questions))], card.options) for card in cards]
        ready = {key: self.questions.of(*key) for key in dict.fromkeys(asked)}
        questions = [ready[key] for key in asked]
        scores = self._model.language_scores(mixed, questions, [sample.task for sample in samples])
        answer = option_loss(scores, targets, s.label_smoothing)
        tokens = next_token_loss(scores, targets, [[len(ids) for ids in one.question.options] for one in questions])
        return answer + s.next_token * tokens + s.head_weight * by_head + spread

    def _look(self, stage: Stage) -> None:
        """Judge on held-out windows; keep the weights if they are the best of the stage."""
        asked = self.questions if STAGES[self._stage] == "language" else None
        found, weights = {}, []
        for number, task in enumerate(self._tasks):
            samples = judged(task, stage.judge_windows, mixed_seed(self._settings.seed, number))
            found[task.card.name] = skill(scores_of(self._model, task.card, samples, asked), samples)
            # Three windows must not choose for two hundred.
            weights.append(len(samples) / (len(samples) + FEW))
        mean = float(np.average(list(found.values()), weights=weights))
        self.curves.looks.append({"stage": self._stage, "step": self._step, "mean": mean, **found})
        self._waited += 1
        if mean > self._best:
            self._best, self._waited = mean, 0
            self._best_weights = {name: p.detach().clone() for name, p in self._parameters.items()}

    def _last_look(self) -> dict[str, float]:
        return {"held_out": self.curves.looks[-1]["mean"]} if self.curves.looks else {}

    def _restore_best(self) -> None:
        with torch.no_grad():
            for name, value in self._best_weights.items():
                self._parameters[name].copy_(value)
        self._best_weights = {}

    def _new_optimiser(self) -> torch.optim.Optimizer:
        """Make AdamW for a stage: the first one leaves out what only the language model reads."""
        s = self._settings
        if self._stage >= len(STAGES) or STAGES[self._stage] == "head":
            rates = {name: s.by_head.learning_rate for name in self._parameters if not _for_language(name)}
        else:
            rates = {
                name: s.by_language.learning_rate * (1.0 if _for_language(name) else s.trunk_rate)
                for name in self._parameters
            }
        groups = [
            {"params": [self._parameters[n] for n, r in rates.items() if r == value], "lr": value, "highest": value}
            for value in sorted(set(rates.values()))
        ]
        return torch.optim.AdamW(groups, weight_decay=s.weight_decay)

    def _save(self) -> None:
        self._state.save(
            {
                "stage": self._stage,
                "step": self._step,
                "best": self._best,
                "waited": self._waited,
                "curves": asdict(self.curves),
                "weights": {name: p.detach() for name, p in self._parameters.items()},
                "best_weights": self._best_weights,
                "optimiser": self._optimiser.state_dict(),
            }
        )

    def _take_up(self, kept: Mapping[str, Any]) -> None:
        if kept["weights"].keys() != self._parameters.keys():
            raise CheckpointInvalid("unimind: the kept state is of another network; name another folder with --out")
        self._stage, self._step = kept["stage"], kept["step"]
        self._best, self._waited = kept["best"], kept["waited"]
        self.curves = Curves(**kept["curves"])
        with torch.no_grad():
            for name, value in kept["weights"].items():
                self._parameters[name].copy_(value)
        self._best_weights = dict(kept["best_weights"])
        self._optimiser = self._new_optimiser()
        self._optimiser.load_state_dict(kept["optimiser"])


def _for_language(name: str) -> bool:
    return name.startswith(("network.to_language", "adapters."))


def rate(step: int, steps: int, warmup: float) -> float:
    """Return what the highest rate is multiplied by: it rises linearly, then falls along a cosine."""
    rising = math.ceil(warmup * steps)
    if step < rising:
        return (step + 1) / rising
    done = (step - rising) / max(1, steps - rising)
    return FINAL_RATE + (1 - FINAL_RATE) * 0.5 * (1 + math.cos(math.pi * done))
