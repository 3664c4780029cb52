"""Simulated: from an image to single trials, whether the mean is right and samples look like trials.

Test images are new; each was shown several times, so that the noise of trials is known from repeats, and from the
simulation. Everything is standardised within sessions first.
"""

from __future__ import annotations

from collections import defaultdict
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from models.fmri.encoder import Encoder
from models.fmri.session_scaling import SessionScaling
from models.fmri.study import Answer, Score, Tell
from models.fmri.study_figures import dots
from models.metrics import patterns, retrieval, samplers, voxelwise
from pipelines import plugins
from pipelines.plugins import PluginSettings

WORLDS: dict[str, dict[str, Any]] = {
    "linear": {},
    "mismatch": {"mismatch": 0.3, "missing": 8},
    "images": {"stimuli": "procedural", "n_shared": 10, "n_private": 4, "mismatch": 0.3},
}
"""Linear: models see all of the code. Mismatch: not all, and brains are not linear in it. Images: models see what the
embedder makes of procedural images, brains encode what the images were made of."""
PATTERN = f"pattern r ({patterns.CAUTION})"
CEILING_R, TOP, ENERGY, RATIO = "r over ceiling", "top-1 of 100", "energy score", "variance ratio"
NOISE_R, COVERED, BITS = "noise-correlation r", "90 % interval covers", "log density (nats a trial)"


class Settings(PluginSettings):
    """How much is simulated."""

    seeds: int = Field(5, ge=1, description="Worlds drawn.")
    worlds: tuple[Literal["linear", "mismatch", "images"], ...] = Field(
        ("linear", "mismatch", "images"), description="Kinds of world."
    )
    n_voxels: int = Field(150, ge=10, description="Voxels.")
    n_images: int = Field(200, ge=20, description="Training images, three trials each.")
    n_samples: int = Field(40, ge=19, description="Samples of each trial.")
    encoders: tuple[str, ...] = Field(
        ("mean", "ridge", "banded_ridge", "joint_ridge", "ppca", "synbrain"),
        description="Encoders, as far as installed.",
    )


class Encoding:
    """The study."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings

    def run(self, tell: Tell) -> Answer:
        """Fit every encoder on every world."""
        kinds = [kind for kind in self._settings.encoders if kind in plugins.names("encoders")]
        values: dict[tuple[str, str, str], list[float]] = defaultdict(list)
        for world in self._settings.worlds:
            for seed in range(self._settings.seeds):
                subject = _Subject(self._settings, WORLDS[world], seed)
                for kind in kinds:
                    model: Encoder = plugins.make("encoders", {"kind": kind})
                    model.fit(*subject.train, validation=subject.validation, seed=seed, places=subject.places)
                    for metric, value in subject.scores(model, self._settings.n_samples).items():
                        values[world, kind, metric].append(value)
                    tell(f"encoding: {world} world {seed}, {kind}")
        scores = [Score(*key, tuple(found)) for key, found in values.items()]
        figures = {"encoding-r.png": dots(scores, CEILING_R), "encoding-energy.png": dots(scores, ENERGY)}
        return Answer("Predicting single trials from images (simulated)", "worlds", scores, _findings(scores), figures)


class _Subject:
    """Trials of one simulated subject, standardised, and the truth about it."""

    def __init__(self, s: Settings, changes: dict[str, Any], seed: int) -> None:
        table = {"kind": "simulated_fmri", "n_voxels": s.n_voxels, "n_images": s.n_images, "seed": seed, **changes}
        data = plugins.make("fmri_datasets", table)
        raw = data.read("00")
        split = data.split(raw)
        scaled = SessionScaling.fit(raw, split.train)(raw)
        self.places = raw.voxels.places
        tokens = data.features().tokens_of(raw.trials.stimulus)
        self.train = tokens[split.train], scaled.values[split.train]
        self.validation = tokens[split.validation], scaled.values[split.validation]
        self._tokens, self._values = tokens[split.test], scaled.values[split.test]
        self._stimuli = raw.trials.stimulus[split.test]
        self._means = scaled.of_trials(split.test).stimulus_means()
        self._mean_tokens = data.features().tokens_of(self._means.trials.stimulus)
        self._noise = voxelwise.trial_covariance(self._values, self._stimuli)
        self._true_noise = data.brain("00").noise_covariance
        self._ncsnr = data.brain("00").ncsnr

    def scores(self, model: Encoder, n_samples: int) -> dict[str, float]:
        mean, single = model.predict_mean(self._mean_tokens), model.predict_mean(self._tokens)
        draws = model.sample(self._tokens, n_samples)
        truth: NDArray[np.float32] = self._means.values
        r = voxelwise.correlation(truth, mean)
        n_averaged = int(self._means.trials.n_averaged[0])
        return {
            CEILING_R: float(np.nanmean(voxelwise.over_ceiling(r, self._ncsnr, n_averaged))),
            PATTERN: float(patterns.pattern_correlation(self._values, single).mean()),
            TOP: retrieval.top_k(mean, truth),
            ENERGY: float(samplers.energy_score(draws, self._values).mean()),
            RATIO: float(np.median(samplers.variance_ratio(draws, self._noise))),
            NOISE_R: samplers.noise_correlation_match(draws, self._true_noise),
            COVERED: float(samplers.coverage(draws, self._values).mean()),
            BITS: float(model.log_prob(self._tokens, self._values).mean()),
        }


def _findings(scores: list[Score]) -> list[str]:
    found = []
    for world in dict.fromkeys(s.condition for s in scores):
        mine = {(s.model, s.metric): s.mean for s in scores if s.condition == world}
        models = list(dict.fromkeys(model for model, _ in mine))
        best_r = max(models, key=lambda m: mine[m, CEILING_R])
        best_e = min(models, key=lambda m: mine[m, ENERGY])
        found.append(
            f"{world}: best mean {best_r} ({mine[best_r, CEILING_R]:.3f} of the ceiling); best sampler by energy score "
            f"{best_e} ({mine[best_e, ENERGY]:.2f}; mean predictor {mine['mean', ENERGY]:.2f})."
        )
    return found


def build(settings: Settings) -> Encoding:
    """Make the study."""
    return Encoding(settings)
