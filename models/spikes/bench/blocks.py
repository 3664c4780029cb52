"""Blocks of two modalities: what miVAE's shared and private latents hold, and what they listen to.

Mixed world: every unit and every stimulus value mixes shared and private sources; figures are the leak matrix (R² of a
kernel regression on samples held out) and the mean correlation coefficient. Planted world: half of them hear of the
shared block alone; the figure is the AUROC of the attribution.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict
from typing import Any

import numpy as np
from torch import Tensor, nn

from models.metrics.attribution import attribution_auroc
from models.metrics.identifiability import mcc
from models.metrics.leak import leak_matrix
from models.spikes.bench.problem import Job, Problem
from models.spikes.gaussians import Gaussian
from models.spikes.mivae.attribution import scores
from models.spikes.mivae.network import MiVae, MiVaeWeights
from models.spikes.mivae.vectors import VectorSettings, batch_of, blocks_of, learn_vectors
from models.spikes.simulation.two_modalities import TwoModalities, TwoModalitySettings, two_modalities
from models.training.task import Progress
from pipelines.errors import ConfigError

ATTRIBUTED = 500
"""Samples over which an attribution is averaged."""
ROWS = {
    "miVAE": VectorSettings(),
    "ordinary priors": VectorSettings(conditional=False),
    "no penalty of dependence": VectorSettings(weights=MiVaeWeights(independence=0.0)),
    "no shared block alone": VectorSettings(weights=MiVaeWeights(alone=0.0)),
}
HEADLINE = ("shared from shared", "private from shared", "private from private", "shared from private",
            "MCC strong", "MCC weak", "AUROC units", "AUROC stimulus")  # fmt: skip


def problem(rows: Iterable[str] = ()) -> Problem:
    """Return the problem; a seed is another data set and other first weights."""
    wanted = list(rows) or list(ROWS)
    if unknown := [name for name in wanted if name not in ROWS]:
        raise ConfigError(f"there is no row {', '.join(unknown)}; there are: {', '.join(ROWS)}")
    told = {**asdict(TwoModalitySettings()), "epochs": VectorSettings().fit.epochs}
    return Problem("blocks", told, {name: _job(ROWS[name]) for name in wanted}, HEADLINE)


def _job(settings: VectorSettings) -> Job:
    def job(seed: int, progress: Progress) -> dict[str, float]:
        mixed = two_modalities(TwoModalitySettings(), seed)
        network = learn_vectors(mixed, settings, seed)
        figures = leaks(network, mixed)
        found = blocks_of(network, mixed)["shared x"]
        figures |= {"MCC strong": mcc(mixed.z_c, found), "MCC weak": mcc(mixed.z_c, found, "weak")}
        planted = two_modalities(TwoModalitySettings(planted=True), seed)
        return figures | aurocs(learn_vectors(planted, settings, seed), planted)

    return job


def leaks(network: MiVae, data: TwoModalities) -> dict[str, float]:
    """Return the worst R² of a kind over both modalities: lowest of what must be there, highest of what must not."""
    sources = {"shared": data.z_c, "x": data.z_mx, "y": data.z_my}
    r2 = leak_matrix(blocks_of(network, data), sources, np.arange(len(data.x)))
    return {
        "shared from shared": min(r2[f"shared {side}"]["shared"] for side in "xy"),
        "private from shared": max(r2[f"shared {side}"][source] for side in "xy" for source in "xy"),
        "private from private": min(r2[f"private {side}"][side] for side in "xy"),
        "shared from private": max(r2[f"private {side}"]["shared"] for side in "xy"),
    }


def aurocs(network: MiVae, data: TwoModalities) -> dict[str, float]:
    """Return how well the shared block's attribution finds the units, and the stimulus values, that are shared."""
    batch = batch_of(data)
    return {
        f"AUROC {title}": attribution_auroc(
            shared_scores(network, side, values[:ATTRIBUTED]).mean((0, 1)).numpy(), hears
        )
        for title, side, values, hears in (
            ("units", network.x, batch.x, data.x_hears),
            ("stimulus", network.y, batch.y, data.y_hears),
        )
    }


def shared_scores(network: MiVae, side: nn.Module, values: Tensor) -> Tensor:
    """Return the attribution of a modality's shared block to values (n_samples, 1, n), in that shape."""
    encoder: Any = side.encoder

    def shared(inputs: Tensor) -> Gaussian:
        return Gaussian.of(encoder(inputs))[..., : network.n_shared]

    return scores(shared, values)
