"""Identifiable latents: mean correlation coefficient of VAE, iVAE and pi-VAE, on two mixings, beside PCA and CEBRA."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal

import numpy as np
from sklearn.decomposition import PCA

from models.metrics.identifiability import mcc
from models.spikes.baselines.cebra_embedding import embedding
from models.spikes.baselines.segment_vae import Kind, fit_segment_vae
from models.spikes.bench.problem import Job, Problem
from models.spikes.simulation.segments import Segments, SegmentSettings, segments
from models.training.task import Progress
from pipelines.errors import ConfigError

STEPS = 2500
KINDS: dict[str, Kind | Literal["pca", "cebra"]] = {
    "PCA": "pca",
    "CEBRA": "cebra",
    "VAE": "vae",
    "iVAE": "ivae",
    "pi-VAE": "pi_vae",
}


def problem(rows: Iterable[str] = ()) -> Problem:
    """Return the problem; a seed is another data set and other first weights."""
    wanted = list(rows) or list(KINDS)
    if unknown := [name for name in wanted if name not in KINDS]:
        raise ConfigError(f"there is no row {', '.join(unknown)}; there are: {', '.join(KINDS)}")
    told = {"steps": STEPS, "latents": 4, "observed": 8, "segments": 40, "per_segment": 500}
    return Problem(
        "segments", told, {name: _job(KINDS[name]) for name in wanted}, ("hard, strong", "hard, weak", "easy, strong")
    )


def _job(kind: Kind | Literal["pca", "cebra"]) -> Job:
    def job(seed: int, progress: Progress) -> dict[str, float]:
        figures = {}
        for mixing in ("hard", "easy"):
            data = segments(SegmentSettings(mixing="hard" if mixing == "hard" else "easy"), seed)
            found = _latents(kind, data, seed)
            figures[f"{mixing}, strong"] = mcc(data.latents, found)
            figures[f"{mixing}, weak"] = mcc(data.latents, found, "weak")
        return figures

    return job


def _latents(
    kind: Kind | Literal["pca", "cebra"], data: Segments, seed: int
) -> np.ndarray[tuple[int, ...], np.dtype[np.float32]]:
    n_latents = data.latents.shape[1]
    if kind == "pca":
        return np.asarray(PCA(n_latents).fit_transform(data.observed), np.float32)
    if kind == "cebra":
        return embedding(data.observed, data.segment, n_latents, STEPS, seed, "euclidean")(data.observed)
    return fit_segment_vae(kind, data.observed, data.segment, n_latents, STEPS, seed)
