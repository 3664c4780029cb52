"""Learning of both stages by the one training loop, and what is taken in closed form around it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
import torch
from numpy.typing import NDArray
from pydantic import Field
from torch import Tensor, nn

from models.fmri.soft_clip import soft_clip
from models.fmri.synbrain.generator import SynBrain
from models.fmri.synbrain.losses import active_units, divergence
from models.fmri.synbrain.mean_path import Fit
from models.fmri.synbrain.pairs import Pairs
from models.fmri.synbrain.vae import LEAST_OWN, BrainVae
from models.training.fit import FitSettings, History, fit
from models.training.fit_state import FitState
from models.training.objectives import Objective
from models.training.task import Progress, QuietProgress
from pipelines.plugins import PluginSettings

PUBLISHED_KL, PUBLISHED_CLIP = 0.001, 1000.0
STAGES = ("brainvae", "mapper")
LARGEST_SPREAD = 0.95
"""Posterior variance above which a latent number counts as unused."""
COLLAPSED = 0.1
"""Share of latent numbers in use below which the alarm is given."""
LEAST_PRECISION = 1e-3
"""Of latent numbers that the decoder hardly uses."""
CHECK_DRAWS, CHECK_WEIGHT = 20, 100
"""Samples of each validation trial; trials that no correction at all counts as."""
Rows = NDArray[np.integer[Any]]
OWN = Objective(loss=lambda said, _: said.mean(), figure=lambda said, _: -float(said.mean()))
"""For modules that return losses."""


class Learning(PluginSettings):
    """How both stages learn."""

    loss: Literal["likelihood", "published", "deterministic"] = Field(
        "likelihood",
        description="likelihood: evidence lower bound with a learned covariance of the output; published: sum of "
        "squares + 0.001 divergence + 1000 SoftCLIP, whose samples cannot be calibrated; deterministic: an autoencoder "
        "that draws nothing, for comparison.",
    )
    clip_weight: float = Field(1.0, ge=0, description="Of SoftCLIP beside the likelihood (nats).")
    vae_epochs: int = Field(12, ge=0, description="Passes of BrainVAE over the trials, at most.")
    mapper_epochs: int = Field(8, ge=0, description="Passes of the mapper, at most.")
    mapper_match: Literal["mean", "likelihood"] = Field(
        "likelihood",
        description="mean: squared error to the posterior means, as published; likelihood: of the trials, through the "
        "decoder.",
    )
    batch_size: int = Field(128, ge=2, description="Trials in a step.")
    learning_rate: float = Field(2e-3, gt=0, description="Of AdamW for BrainVAE.")
    mapper_rate: float = Field(3e-4, gt=0, description="Of AdamW for the mapper.")
    weight_decay: float = Field(0.01, ge=0, description="Of AdamW.")
    clip: float = Field(20.0, gt=0, description="Largest norm of the gradient of a trial's loss.")
    patience: int = Field(4, ge=1, description="Epochs without a better validation figure before stopping.")
    latent_rank: int = Field(16, ge=0, description="Of the correlated part of the latent's variation over trials.")


@dataclass(frozen=True, slots=True)
class Learnt:
    """What happened in both stages."""

    vae: History
    mapper: History
    active: int
    """Latent numbers that vary over trials."""
    n_latent: int

    @property
    def alarm(self) -> str:
        """A sentence if the posterior has collapsed onto the prior; else empty."""
        if self.active >= COLLAPSED * self.n_latent:
            return ""
        return (
            f"posterior collapse: only {self.active} of {self.n_latent} latent numbers vary over trials; samples "
            "hardly depend on the latent. Lower the divergence (loss, more trials, fewer latent tokens)"
        )


class VaeLoss(nn.Module):
    """Losses of trials under BrainVAE, by row of the pairs; SoftCLIP's share is the same for a whole batch."""

    def __init__(self, vae: BrainVae, pairs: Pairs, learning: Learning) -> None:
        super().__init__()
        self.vae, self.pairs, self.learning = vae, pairs, learning

    def forward(self, rows: Tensor) -> Tensor:
        """Return (batch, 1)."""
        deviations = self.vae.scale.inward(self.pairs.voxels[rows])
        latents, mean, log_variance = self.vae.posterior(deviations)
        residual = deviations - self.vae.decode(latents)
        kl = divergence(mean, log_variance)
        clip = soft_clip(latents, self.pairs.tokens_of(rows))
        if self.learning.loss == "deterministic":
            total = residual.square().sum(dim=1) + self.learning.clip_weight * clip
        elif self.learning.loss == "published":
            total = residual.square().sum(dim=1) + PUBLISHED_KL * kl + PUBLISHED_CLIP * clip
        else:
            total = kl - self.vae.noise.log_prob(residual) + self.learning.clip_weight * clip
        return total[:, None]


class MapperLoss(nn.Module):
    """Losses of trials under the mapper, by row of the pairs; BrainVAE and the latent's noise stay as they are."""

    def __init__(self, model: SynBrain, pairs: Pairs, match: str) -> None:
        super().__init__()
        self.mapper, self.pairs, self.match = model.mapper, pairs, match
        model.vae.eval()
        self._frozen = (model.vae, model.latent_noise)  # in a tuple: no part of this module
        self._deviations = model.vae.scale.inward(pairs.voxels)
        self._means = model.view(pairs.voxels)[0].reshape(-1, *pairs.shape)

    def forward(self, rows: Tensor) -> Tensor:
        """Return (batch, 1)."""
        said: Tensor = self.mapper(self.pairs.tokens_of(rows))
        if self.match == "mean":
            return (said - self._means[rows]).square().flatten(1).mean(dim=1, keepdim=True)
        vae, noise = self._frozen
        luck = torch.Generator().manual_seed(int(torch.randint(2**31, ())) if self.training else 0)
        latents = said + noise.sample(len(rows), luck).reshape(said.shape)
        return -vae.noise.log_prob(self._deviations[rows] - vae.decode(latents))[:, None]


class Teacher:
    """Trains both stages of a model in place; epochs are chosen on validation trials alone.

    Parameters
    ----------
    model
        What learns.
    pairs
        All trials.
    train, validation
        Rows of the trials that teach and that choose.
    learning
        How.
    seed
        Of order, dropout and draws.
    folder
        Where unfinished stages are kept, so that a run that was stopped goes on; None: nowhere.
    progress
        Told of every step.
    """

    def __init__(
        self,
        model: SynBrain,
        pairs: Pairs,
        train: Rows,
        validation: Rows,
        learning: Learning,
        seed: int = 0,
        folder: Path | None = None,
        progress: Progress | None = None,
    ) -> None:
        self.model, self.pairs, self.learning, self.seed = model, pairs, learning, seed
        self.train, self.validation = (torch.from_numpy(np.array(rows, dtype=np.int64)) for rows in (train, validation))
        self._folder, self._progress = folder, progress or QuietProgress()

    def learn(self) -> Learnt:
        """Train voxel scales, BrainVAE and mapper.

        Raises
        ------
        ModelError
            If a loss is not finite.
        Stopped
            If the progress asks for it.
        """
        with torch.random.fork_rng():
            torch.manual_seed(self.seed)
            self.model.vae.start(self.pairs.voxels[self.train])
            if self.learning.loss == "deterministic":
                self.model.vae.silence()
            vae = self.learn_vae(list(self.model.vae.parameters()))
            way = self.learn_mean_path()
            if self.model.mapper.ridge is not None:
                start_from_ridge(self.model, self.pairs, self.train, self.validation)
            mapper = self.learn_mapper(list(self.model.mapper.parameters()))
            self.weigh_mean_path(way)
        return self.learnt(vae, mapper)

    def learn_mean_path(self, prior: Tensor | None = None) -> Fit | None:
        """Learn the closed form beside the networks, where there is one; return how."""
        path = self.model.mean_path
        if path is None:
            return None
        return path.fit(self.model.vae.scale, self.pairs, self.train, self.validation, prior)

    def weigh_mean_path(self, way: Fit | None) -> None:
        """Choose on validation trials how much of the networks' own mean is kept; then learn the form from all."""
        path, scale = self.model.mean_path, self.model.vae.scale
        if path is None or way is None:
            return
        path.weigh(scale, self.pairs, self.validation, self.model.own_mean(self.pairs.tokens_of(self.validation)))
        set_latent_noise(self.model, self.pairs, self.train, self.validation)
        set_own_noise(self.model, self.pairs, self.validation)
        path.fit_again(way, scale, self.pairs, torch.cat([self.train, self.validation]))

    def learn_vae(self, parameters: list[nn.Parameter]) -> History:
        """Train these weights of BrainVAE."""
        rate, epochs = self.learning.learning_rate, self.learning.vae_epochs
        return self._fit(VaeLoss(self.model.vae, self.pairs, self.learning), parameters, rate, epochs, STAGES[0])

    def learn_mapper(self, parameters: list[nn.Parameter]) -> History:
        """Train these weights of the mapper, and take the latent's variation over trials before and after."""
        set_latent_noise(self.model, self.pairs, self.train, self.validation)
        module = MapperLoss(self.model, self.pairs, self.learning.mapper_match)
        rate, epochs = self.learning.mapper_rate, self.learning.mapper_epochs
        history = self._fit(module, parameters, rate, epochs, STAGES[1])
        set_latent_noise(self.model, self.pairs, self.train, self.validation)
        return history

    def learnt(self, vae: History, mapper: History) -> Learnt:
        """Return what happened, with the latent numbers in use."""
        model = self.model.eval()
        vary = active_units(model.view(self.pairs.voxels[self.validation])[0])
        return Learnt(vae, mapper, int(vary.sum()), vary.numel())

    def _fit(self, module: nn.Module, parameters: list[nn.Parameter], rate: float, epochs: int, stage: str) -> History:
        if not epochs:
            return History()
        settings = FitSettings(
            epochs=epochs, batch_size=self.learning.batch_size, learning_rate=rate, patience=self.learning.patience,
            weight_decay=self.learning.weight_decay, warmup_epochs=1, clip=self.learning.clip, seed=self.seed,
        )  # fmt: skip
        state = None if self._folder is None else FitState(self._folder / f"{stage}.pt")
        rows = (self.train, self.train), (self.validation, self.validation)
        return fit(module, parameters, rows[0], settings, rows[1], own=OWN, state=state, progress=self._progress)


@torch.no_grad()
def start_from_ridge(model: SynBrain, pairs: Pairs, train: Tensor, validation: Tensor) -> None:
    """Set the mapper's linear part to ridge regression of latents on tokens, each number's penalty chosen.

    Where there is a closed form beside the networks and a linear decoder, the mapper instead begins with the latents
    that decode to what the closed form expects. Otherwise posterior means are regressed; they are shrunk towards the
    prior by as much as a trial is noisy; an image is not, so they are first divided by 1 - variance.
    """
    assert model.mapper.ridge is not None
    model.eval()
    if model.mean_path is not None and model.vae.linear is not None:
        weight = model.vae.noise.variance.rsqrt()[:, None]
        loading, wanted = weight * model.vae.linear.outward.weight, weight * model.mean_path.weight
        inner = loading.T @ loading + LEAST_PRECISION * torch.eye(loading.shape[1])
        model.mapper.ridge.weight.copy_(torch.linalg.solve(inner, loading.T @ wanted))
        left = weight[:, 0] * (model.mean_path.offset - model.vae.linear.outward.bias)
        model.mapper.ridge.bias.copy_(torch.linalg.solve(inner, loading.T @ left))
        return
    tokens = [pairs.tokens_of(rows).flatten(1).double() for rows in (train, validation)]
    means = [_views(model, pairs, rows).double() for rows in (train, validation)]
    x_mean, y_mean = tokens[0].mean(dim=0), means[0].mean(dim=0)
    u, s, vt = torch.linalg.svd(tokens[0] - x_mean, full_matrices=False)
    seen, target = u.T @ (means[0] - y_mean), means[1] - y_mean
    shown = (tokens[1] - x_mean) @ vt.T
    penalties = s.square().mean() * torch.logspace(-4, 4, 17, dtype=torch.float64)
    shrinkage = s[:, None] / (s.square()[:, None] + penalties)  # (rank, n_penalties)
    errors = torch.stack([(target - shown @ (k[:, None] * seen)).square().sum(dim=0) for k in shrinkage.T])
    best = shrinkage[:, errors.argmin(dim=0)]  # (rank, n_numbers)
    weight = vt.T @ (best * seen)
    model.mapper.ridge.weight.copy_(weight.T)
    model.mapper.ridge.bias.copy_(y_mean - x_mean @ weight)


@torch.no_grad()
def set_latent_noise(model: SynBrain, pairs: Pairs, train: Tensor, validation: Tensor) -> None:
    """Take the covariance S of latents about the mapper's mean, what the posterior is unsure of taken out.

    The posterior of a single noisy trial is wide because it does not know the image; the spread of its draws is not
    what trials of one image do, and would count the noise twice. Its mean over 1 - variance is a view of the latent
    with a known error (the likelihood's share of the posterior); S is what that error leaves. Directions are those of
    training trials; the size is that on validation trials, for a mapper lies closer to what it was trained on.
    """
    model.eval()
    views = [model.view(pairs.voxels[rows], pairs.tokens_of(rows)) for rows in (train, validation)]
    model.spread.copy_(views[0][1].mean(dim=0).clamp(1e-4, LARGEST_SPREAD))
    precision = 1 / model.spread - 1
    left = []
    for rows, (mean, _) in zip((train, validation), views, strict=True):
        said = torch.cat([model.mapper(pairs.tokens_of(part)) for part in torch.split(rows, 256)]).flatten(1)
        left.append((mean / (1 - model.spread) - said) * precision.sqrt())
    grown = left[1].square().mean() / left[0].square().mean().clamp_min(1e-12)
    model.latent_noise.set_beyond(left[0] * grown.sqrt().clamp_min(1.0), precision)


@torch.no_grad()
def set_own_noise(model: SynBrain, pairs: Pairs, validation: Tensor) -> None:
    """Correct each voxel's own noise by what samples vary too much or too little about the mean, on validation trials.

    The autoencoder took for noise what its own mean missed; beside a closed form less is missed.
    """
    tokens, voxels = pairs.tokens_of(validation), pairs.voxels[validation]
    left = ((voxels - model.predict_mean(tokens)) / model.vae.scale.deviation).square().mean(dim=0)
    drawn = (model.sample(tokens, CHECK_DRAWS) / model.vae.scale.deviation).var(dim=0).mean(dim=0)
    trust = len(validation) / (len(validation) + CHECK_WEIGHT)
    own = model.vae.noise.variance
    model.vae.noise.set_diagonal((own + trust * (left - drawn)).clamp_min(LEAST_OWN))


def _views(model: SynBrain, pairs: Pairs, rows: Tensor) -> Tensor:
    """Return unshrunk posterior means (n, numbers)."""
    mean, variance = model.view(pairs.voxels[rows])
    return mean / (1 - variance.mean(dim=0).clamp(max=LARGEST_SPREAD))
