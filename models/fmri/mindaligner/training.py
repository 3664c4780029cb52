"""The transfer matrix by gradient steps: pairs by embedding neighbours, epochs chosen on validation alone."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import torch
from pydantic import Field
from torch import Tensor, nn

from models.fmri.mindaligner.losses import latent_mismatch, nearest, pattern_divergence
from models.fmri.mindaligner.network import MindAligner
from models.fmri.soft_clip import soft_clip
from models.training.fit import FitSettings, History, fit
from models.training.fit_state import FitState
from models.training.objectives import Objective
from models.training.task import Progress
from pipelines.plugins import PluginSettings

FrozenDecoder = Callable[[Tensor], Tensor]
"""Target units (batch, n_target) to an embedding (batch, dim); its weights do not change."""
OWN = Objective(loss=lambda said, _: said.mean(), figure=lambda said, _: -float(said.mean()))
"""For modules that return losses."""


class Learning(PluginSettings):
    """How gradients find the map."""

    neighbours: int = Field(64, ge=0, description="Target trials that a source trial may be paired with; 0: all.")
    pairs_per_epoch: int = Field(8, ge=1, description="Pairs of each source trial in an epoch.")
    start: Literal["closed", "random"] = Field(
        "closed", description="closed: the closed-form solution, which gradients then refine; random: from nothing."
    )
    reconstruction: float = Field(1.0, ge=0, description="Weight of the squared error of target units.")
    pattern: float = Field(0.1, ge=0, description="Weight of the divergence of their softmax.")
    latent: float = Field(1e-3, ge=0, description="Weight of the mismatch of cross dissimilarities.")
    decoding: float = Field(1.0, ge=0, description="Weight of the frozen decoder's loss on the source's own trials.")
    published_difference: bool = Field(
        default=False, description="Clamp embedding differences to 1.5 and scale them to length 1."
    )
    epochs: int = Field(30, ge=0, description="Passes, at most.")
    batch_size: int = Field(256, ge=2, description="Pairs in a step.")
    learning_rate: float = Field(1e-4, gt=0, description="Of AdamW; published 1e-5 over 400 000 steps.")
    view_rate: float = Field(100.0, gt=0, description="What E_f's rate is multiplied by; published 1000.")
    weight_decay: float = Field(0.0, ge=0, description="Of AdamW.")
    patience: int = Field(6, ge=1, description="Epochs without a better validation figure before stopping.")


@dataclass(frozen=True, slots=True, eq=False)
class Trials:
    """Standardised trials of both subjects.

    Parameters
    ----------
    source, target
        (n_source_trials, n_source), (n_target_trials, n_target).
    seen_by_source, seen_by_target
        Embeddings (n_source_trials, dim), (n_target_trials, dim).
    partners
        Rows of target trials that each source trial may be paired with (n_source_trials, k).
    """

    source: Tensor
    target: Tensor
    seen_by_source: Tensor
    seen_by_target: Tensor
    partners: Tensor

    @classmethod
    def by_neighbours(cls, source: Tensor, target: Tensor, seen: tuple[Tensor, Tensor], k: int) -> Trials:
        """Pair by embedding neighbours; k = 0 permits every pair."""
        return cls(source, target, *seen, nearest(*seen, k or len(target)))


class AlignmentLoss(nn.Module):
    """Losses of source trials; in training with partners drawn anew, else what a checkpoint is chosen by.

    The two published steps of an iteration (alignment, then decoding for the matrix alone) are one step here: the
    decoder's loss reaches nothing but the matrix.
    """

    def __init__(self, network: MindAligner, trials: Trials, decoder: FrozenDecoder | None, learning: Learning) -> None:
        super().__init__()
        self.network, self.trials, self.learning = network, trials, learning
        self._decoder = (decoder,)  # in a tuple: no part of this module

    def forward(self, rows: Tensor) -> Tensor:
        """Return (batch, 1)."""
        return self._aligned(rows) + self._decoded(rows) if self.training else self.judged(rows)

    def judged(self, rows: Tensor) -> Tensor:
        """Return the decoder's squared error of the source's own trials, or else that of the nearest pair."""
        t, decoder = self.trials, self._decoder[0]
        mapped: Tensor = self.network.transfer(t.source[rows])
        left = mapped - t.target[t.partners[rows, 0]] if decoder is None else decoder(mapped) - t.seen_by_source[rows]
        return left.square().mean(dim=1, keepdim=True)

    def _aligned(self, rows: Tensor) -> Tensor:
        t, weights = self.trials, self.learning
        partner = t.partners[rows, torch.randint(t.partners.shape[1], (len(rows),))]
        wanted, difference = t.target[partner], t.seen_by_target[partner] - t.seen_by_source[rows]
        predicted, before, after = self.network(t.source[rows], difference)
        total: Tensor = weights.reconstruction * (predicted - wanted).square().mean(dim=1)
        total = total + weights.pattern * pattern_divergence(predicted, wanted)
        if weights.latent:
            views = self.network.view(after), self.network.view(before)
            total = total + weights.latent * latent_mismatch(*views, t.seen_by_target[partner], t.seen_by_source[rows])
        return total[:, None]

    def _decoded(self, rows: Tensor) -> Tensor:
        decoder = self._decoder[0]
        if decoder is None or not self.learning.decoding:
            return torch.zeros(len(rows), 1)
        said, meant = decoder(self.network.transfer(self.trials.source[rows])), self.trials.seen_by_source[rows]
        error = (said - meant).square().mean(dim=1, keepdim=True)
        return self.learning.decoding * (error + soft_clip(said[:, None], meant[:, None]))


def learn(
    network: MindAligner,
    trials: Trials,
    decoder: FrozenDecoder | None,
    train: Tensor,
    validation: Tensor | None,
    learning: Learning,
    seed: int = 0,
    state: FitState | None = None,
    progress: Progress | None = None,
) -> History:
    """Train in place.

    Parameters
    ----------
    train, validation
        Rows of source trials that teach and that choose the epoch; without the latter all epochs are run.
    state
        Where an unfinished training is kept.

    Raises
    ------
    ModelError
        If a loss is not finite.
    Stopped
        If the progress asks for it.
    """
    module = AlignmentLoss(network, trials, decoder, learning)
    parameters = list(network.parameters())
    of_view = {id(parameter) for parameter in network.view.parameters()}
    factors = [learning.view_rate if id(parameter) in of_view else 1.0 for parameter in parameters]
    settings = FitSettings(
        epochs=learning.epochs, batch_size=learning.batch_size, learning_rate=learning.learning_rate,
        weight_decay=learning.weight_decay, patience=learning.patience, warmup_epochs=1, seed=seed,
    )  # fmt: skip
    rows = train.repeat(learning.pairs_per_epoch)
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        return fit(
            module, parameters, (rows, rows), settings, None if validation is None else (validation, validation),
            factors=factors, own=OWN, state=state, progress=progress,
        )  # fmt: skip
