"""Simulated: how SynBrain's distribution over trials matches the truth, beside simple models and its own ablations.

Noise and signal are known. Also here: a new subject from a tenth of the trials, and synthetic trials for a decoder.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from pydantic import Field

from models.fmri.encoder import Encoder
from models.fmri.joint_ridge import JointRidge, Laws
from models.fmri.simulation import Brain, World, WorldSettings
from models.fmri.study import Answer, Score, Tell
from models.fmri.study_figures import dots, lines
from models.fmri.synbrain.adaptation import adapt
from models.fmri.synbrain.augmentation import RATIOS, augmented, mixup
from models.fmri.synbrain.pairs import Pairs
from models.fmri.synbrain.training import Learning
from models.metrics import samplers
from models.metrics.voxelwise import correlation
from pipelines import plugins
from pipelines.plugins import PluginSettings

ENERGY, R, RATIO, WITHIN = (
    "energy score",
    "r with the signal",
    "variance ratio, median voxel",
    "voxels with ratio .9-1.1",
)
NOISE_R, COVERED, DENSITY = (
    "noise-correlation r",
    "90 % interval covers",
    "log density over the exact one (nats a trial)",
)
MODELS: Mapping[str, dict[str, Any]] = {
    "mean predictor": {"kind": "mean"},
    "ridge": {"kind": "ridge"},
    "ridge + noise": {"kind": "ridge"},
    "joint ridge + noise": {"kind": "joint_ridge"},
    "PPCA + noise": {"kind": "ppca"},
    "autoencoder": {
        "kind": "synbrain", "mapper": {"skip": False}, "learning": {"loss": "deterministic", "mapper_match": "mean"},
    },
    "SynBrain, published loss": {
        "kind": "synbrain", "vae": {"linear_start": False}, "mapper": {"ridge_start": False, "skip": False},
        "learning": {"loss": "published", "mapper_match": "mean", "vae_epochs": 12, "mapper_epochs": 12},
    },
    "SynBrain, networks alone": {"kind": "synbrain", "mapper": {"skip": False}},
    "SynBrain": {"kind": "synbrain"},
}  # fmt: skip
POINTS = ("mean predictor", "ridge", "autoencoder")
"""They say one response and no spread: all their samples are that one."""
FULL, TENTH, OTHER, RIDGE_TENTH = "all trials", "a tenth", "a tenth, from another subject", "a tenth, ridge"
JOINT_TENTH, KNOWN_TENTH = "a tenth, joint ridge", "a tenth, all laws known"
NEW, DECODING, PLAIN = "new subject", "decoder with synthetic trials", WorldSettings(session_gain=0, session_offset=0)


class Settings(PluginSettings):
    """How much is simulated."""

    seeds: int = Field(5, ge=1, description="Worlds drawn.")
    n_voxels: int = Field(100, ge=10, description="Voxels.")
    n_images: int = Field(500, ge=100, description="Training images.")
    n_repeats: int = Field(3, ge=1, description="Trials of each.")
    n_test: int = Field(200, ge=20, description="New images, one trial each.")
    n_samples: int = Field(40, ge=19, description="Samples of each trial.")


class SynBrainStudy:
    """The study."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings

    def run(self, tell: Tell) -> Answer:
        """Fit every model on every world."""
        values: dict[tuple[str, str, str], list[float]] = defaultdict(list)
        for seed in range(self._settings.seeds):
            world = World(PLAIN, seed)
            subject = _Subject(self._settings, world, 0)
            for name, table in MODELS.items():
                model: Encoder = plugins.make("encoders", table).fit(*subject.data, seed=seed, places=subject.brain.xy)
                for metric, value in subject.scores(model, self._settings.n_samples, point=name in POINTS).items():
                    values["samples", name, metric].append(value)
                tell(f"synbrain: world {seed}, {name}: energy {values['samples', name, ENERGY][-1]:.2f}")
            for key, value in (_few(self._settings, world, model, seed) | _synthetic(subject, model, seed)).items():
                values[key].append(value)
            tell(f"synbrain: world {seed}, new subject and decoder")
        scores = [Score(*key, tuple(found)) for key, found in values.items()]
        figures = {"synbrain-energy.png": dots([s for s in scores if s.condition == "samples"], ENERGY),
                   "synbrain-augmentation.png": _curve(scores)}  # fmt: skip
        return Answer("SynBrain: samples of single trials (simulated)", "worlds", scores, findings(scores), figures)


class _Subject:
    """Trials of a simulated brain in standard deviations of its training trials, and the truth in the same."""

    def __init__(self, s: Settings, world: World, number: int, n_images: int = 0) -> None:
        self.brain: Brain = world.brain(number, s.n_voxels)
        scenes, test = world.scenes(n_images or s.n_images), world.scenes(s.n_test, prefix="test")
        shown = scenes[np.repeat(np.arange(len(scenes)), s.n_repeats)]
        raw = self.brain.trials(shown)
        mean, deviation = raw.mean(axis=0), raw.std(axis=0)
        self.data = world.seen(shown.code), ((raw - mean) / deviation).astype(np.float32)
        self.tokens = world.seen(test.code)
        self.signal = (self.brain.signal(test) - mean) / deviation
        self.trials = ((self.brain.trials(test, 1) - mean) / deviation).astype(np.float32)
        self.noise = self.brain.noise_covariance / np.outer(deviation, deviation)
        laws = self.brain.laws
        self.laws = Laws(laws.features, laws.voxels / np.outer(deviation, deviation), self.noise)
        self.novel = world.seen(world.scenes(4 * s.n_images, prefix="novel").code)

    def score(self, model: Any) -> float:
        """Return the mean correlation of the expected response with the signal."""
        return float(correlation(self.signal, model.predict_mean(self.tokens)).mean())

    def best_score(self) -> float:
        """Return the same of the exact posterior mean: of one who knows every law, but only these trials."""
        x = self.data[0][:, 0].astype(np.float64)
        found = JointRidge.of(x, self.data[1].astype(np.float64), self.laws)
        return float(correlation(self.signal, found(self.tokens[:, 0].astype(np.float64))).mean())

    def scores(self, model: Encoder, n_samples: int, *, point: bool) -> dict[str, float]:
        """Judge a model; one that says a point is that point for certain."""
        if point:
            distance = np.linalg.norm(self.trials - model.predict_mean(self.tokens), axis=1)
            return {ENERGY: float(distance.mean()), R: self.score(model)}
        draws = model.sample(self.tokens, n_samples, seed=1)
        ratio = samplers.variance_ratio(draws, self.noise)
        return {
            ENERGY: float(samplers.energy_score(draws, self.trials).mean()),
            R: self.score(model),
            RATIO: float(np.median(ratio)),
            WITHIN: float(((ratio > 0.9) & (ratio < 1.1)).mean()),
            NOISE_R: samplers.noise_correlation_match(draws, self.noise),
            COVERED: float(samplers.coverage(draws, self.trials).mean()),
            DENSITY: float(model.log_prob(self.tokens, self.trials).mean() - self._exact_density()),
        }

    def _exact_density(self) -> float:
        left = self.trials - self.signal
        distance = (left * np.linalg.solve(self.noise, left.T).T).sum(axis=1).mean()
        return float(-0.5 * (distance + np.linalg.slogdet(2 * np.pi * self.noise)[1]))


def _few(s: Settings, world: World, source: Any, seed: int) -> dict[tuple[str, str, str], float]:
    """Return how well a new subject is predicted from all of its trials, and from the first tenth of its images."""
    full, few = _Subject(s, world, 1), _Subject(s, world, 1, s.n_images // 10)
    places = full.brain.xy
    tokens, values = few.data
    image = np.unique(tokens, axis=0, return_inverse=True)[1].ravel()
    held = np.isin(image, np.random.default_rng(seed).permutation(image.max() + 1)[: (image.max() + 1) // 5])
    learning = Learning(learning_rate=2e-4, mapper_rate=1e-4)
    rows = np.flatnonzero(~held), np.flatnonzero(held)
    moved, _ = adapt(source.model, Pairs.of_arrays(tokens, values, places), [0] * s.n_voxels, *rows, learning, seed)

    def alone(kind: str, subject: _Subject) -> float:
        return subject.score(plugins.make("encoders", {"kind": kind}).fit(*subject.data, seed=seed, places=places))

    found = {
        FULL: alone("synbrain", full),
        TENTH: alone("synbrain", few),
        RIDGE_TENTH: alone("ridge", few),
        JOINT_TENTH: alone("joint_ridge", few),
        OTHER: float(correlation(few.signal, moved.predict_mean(torch.from_numpy(few.tokens)).numpy()).mean()),
        KNOWN_TENTH: few.best_score(),
    }
    return {(NEW, name, R): value for name, value in found.items()}


def _synthetic(subject: _Subject, source: Any, seed: int) -> dict[tuple[str, str, str], float]:
    """Return a decoder's correlation with the code by the share of synthetic trials; generators saw no more."""
    tokens, values = subject.data
    n = len(tokens) // 10
    real, held = (values[:n], tokens[:n, 0]), (values[n : 2 * n], tokens[n : 2 * n, 0])
    test, novel = (subject.trials, subject.tokens[:, 0]), subject.novel[:, 0]
    found: dict[tuple[str, str, str], float] = {}
    for name, kind in (("SynBrain", "synbrain"), ("ridge + noise", "ridge"), ("joint ridge + noise", "joint_ridge")):
        maker = plugins.make("encoders", {"kind": kind}).fit(
            tokens[: 2 * n], values[: 2 * n], seed=seed, places=subject.brain.xy
        )

        def draw(images: NDArray[Any], lot: int, maker: Any = maker) -> NDArray[np.float32]:
            drawn: NDArray[np.float32] = maker.sample(images[:, None], 1, lot)[0]
            return drawn

        chosen = augmented(real, held, test, novel, draw, seed)
        found |= {(DECODING, f"{name} x {ratio:g}", "decoded r"): value for ratio, value in chosen.test.items()}
        found[DECODING, f"{name}, ratio by validation", "decoded r"] = chosen.test[chosen.ratio]
    mixed = mixup(*real, n, seed)
    plain = augmented((np.concatenate([real[0], mixed[0]]), np.concatenate([real[1], mixed[1]])), held, test, novel,
                      draw, seed, (0.0,))  # fmt: skip
    found[DECODING, "mixup x 1", "decoded r"] = plain.test[0.0]
    return found


def _curve(scores: list[Score]) -> bytes:
    by_name = {s.model: s for s in scores if s.condition == DECODING}
    points = []
    for name in ("SynBrain", "ridge + noise", "joint ridge + noise"):
        for ratio in RATIOS[1:]:
            found = by_name[f"{name} x {ratio:g}"]
            points.append((ratio, Score(found.condition, name, found.metric, found.values)))
            none = by_name[f"{name} x 0"]
            if name == "SynBrain":
                points.append((ratio, Score(none.condition, "none", none.metric, none.values)))
    title = "decoder trained on a tenth of the trials"
    return lines({title: points}, "synthetic trials for each real one", "decoded r")


def findings(scores: list[Score]) -> list[str]:
    """Return the aims and whether they are met."""
    of = {(s.condition, s.model, s.metric): s for s in scores}

    def mean(model: str, metric: str, condition: str = "samples") -> float:
        return of[condition, model, metric].mean

    own, others = mean("SynBrain", ENERGY), {name: mean(name, ENERGY) for name in POINTS}
    ratio, noise, covered = (mean("SynBrain", metric) for metric in (RATIO, NOISE_R, COVERED))
    share, few = mean("SynBrain", WITHIN), mean(OTHER, R, NEW) / mean(FULL, R, NEW)
    tell = {True: "met", False: "not met"}
    energy = ", ".join(f"{name} {value:.2f}" for name, value in others.items())
    full, gauss = mean(FULL, R, NEW), {name: mean(name, ENERGY) for name in ("ridge + noise", "joint ridge + noise")}
    beaten = ", ".join(f"{name} {value:.2f}: {'wins' if own < value else 'loses'}" for name, value in gauss.items())
    alone, ridge, joint, known = (
        100 * mean(name, R, NEW) / full for name in (TENTH, RIDGE_TENTH, JOINT_TENTH, KNOWN_TENTH)
    )
    names = ("SynBrain, ratio by validation", "SynBrain x 0", "mixup x 1", "ridge + noise, ratio by validation")
    chosen, none, mixed, others_drawn = (mean(name, "decoded r", DECODING) for name in names)
    met = [own < min(others.values()), 0.9 <= ratio <= 1.1, noise > 0.8, 0.87 <= covered <= 0.93, few >= 0.9]
    energy_met, ratio_met, noise_met, covered_met, few_met = (tell[bool(one)] for one in met)
    return [
        (
            f"Energy score below mean predictor, ridge and autoencoder: {energy_met} ({own:.2f}; {energy}). Beside "
            f"closed forms with a noise covariance: {beaten}."
        ),
        (
            f"Variance ratio .9-1.1: {ratio_met} in the median voxel ({ratio:.2f}; {100 * share:.0f} % of the voxels); "
            f"noise correlation r > .8: {noise_met} ({noise:.2f}); 90 % interval covers .87-.93: {covered_met} "
            f"({covered:.3f})."
        ),
        (
            f"New subject, a tenth of the trials, at least 90 % of the score from all: {few_met} ({100 * few:.0f} %; "
            f"without the other subject {alone:.0f} %, joint ridge {joint:.0f} %, ridge {ridge:.0f} %). One who knew "
            f"every law of the simulation would reach {known:.0f} %."
        ),
        (
            f"Decoder, synthetic trials at the ratio that validation chose: {chosen:.3f} (none {none:.3f}, mixup "
            f"{mixed:.3f}, ridge's samples {others_drawn:.3f})."
        ),
    ]


def build(settings: Settings) -> SynBrainStudy:
    """Make the study."""
    return SynBrainStudy(settings)
