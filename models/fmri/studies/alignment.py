"""Simulated: from few trials of a new subject to the responses of a known one, with and without common images.

Paired aligners see trials of the same images; unpaired ones see other images than the known subject saw, and features
of both. Scored is the correlation of what is predicted for new images with the known subject's response free of noise,
and retrieval among 300 images by it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from models.aligner import Aligner
from models.fmri.simulation import REFERENCE, Brain, World, WorldSettings
from models.fmri.study import Answer, Score, Tell
from models.fmri.study_figures import lines
from models.metrics.retrieval import top_k
from models.metrics.voxelwise import correlation
from pipelines import plugins
from pipelines.plugins import PluginSettings

R, TOP = "voxelwise r", "top-1 of 300"
WORLDS = {
    "linear": REFERENCE,
    "mismatch": WorldSettings(ncsnr=1.0, mismatch=0.3, missing=8),
}
"""Linear: that of the specification, in which the bridge's encoder is well specified. Mismatch: it is not."""
PAIRED: tuple[dict[str, Any], ...] = (
    {"kind": "ridge"}, {"kind": "reduced_rank"}, {"kind": "procrustes", "n_components": 32}, {"kind": "srm"},
    {"kind": "ot"},
)  # fmt: skip
N_CANDIDATES = 300


class Settings(PluginSettings):
    """How much is simulated."""

    seeds: int = Field(5, ge=1, description="Worlds drawn.")
    worlds: tuple[Literal["linear", "mismatch"], ...] = Field(("linear", "mismatch"), description="Kinds of world.")
    n_pairs: tuple[int, ...] = Field((60, 250, 1000), description="Trials of the new subject.")
    n_known: int = Field(2000, ge=10, description="Trials of the known subject, for unpaired aligners.")
    n_voxels: int = Field(300, ge=10, description="Voxels of the new subject; the known one has a sixth more.")
    n_test: int = Field(1000, ge=N_CANDIDATES, description="New images.")
    unpaired: tuple[str, ...] = Field(("bridge", "btm"), description="Unpaired aligners, as far as installed.")


class Alignment:
    """The study."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings

    def run(self, tell: Tell) -> Answer:
        """Fit every aligner on every world."""
        values: dict[tuple[str, str, str], list[float]] = defaultdict(list)
        for name in self._settings.worlds:
            for seed in range(self._settings.seeds):
                for key, value in self._world(name, seed, tell):
                    values[key].append(value)
        scores = [Score(*key, tuple(found)) for key, found in values.items()]
        return Answer(
            "Aligning a new subject to a known one (simulated)", "worlds", scores, _findings(scores, self._settings),
            {"alignment.png": self._figure(scores)},
        )  # fmt: skip

    def _world(self, name: str, seed: int, tell: Tell) -> list[tuple[tuple[str, str, str], float]]:
        s, world = self._settings, World(WORLDS[name], seed)
        new, known = world.brain(0, s.n_voxels), world.brain(1, round(s.n_voxels * 7 / 6))
        test = world.scenes(s.n_test, prefix="test")
        x, truth = new.trials(test), known.signal(test)
        found = []
        for n in s.n_pairs:
            predicted = {"mean predictor": np.broadcast_to(truth.mean(axis=0), truth.shape)}
            for model, aligner in _fitted(world, new, known, n, s).items():
                predicted[model] = aligner.transform(x)
            predicted["best linear map"] = x @ new.transfer_to(known)
            tell(f"alignment: {name} world {seed}, {n} trials")
            for model, y in predicted.items():
                key = f"{name}, n = {n}", model
                found.append(((*key, R), float(correlation(truth, y).mean())))
                rows = slice(0, N_CANDIDATES)
                found.append(((*key, TOP), top_k(y[rows], truth[rows])))
        return found

    def _figure(self, scores: list[Score]) -> bytes:
        panels: dict[str, list[tuple[float, Score]]] = {
            world: [
                (n, s)
                for n in self._settings.n_pairs
                for s in scores
                if s.metric == R and s.condition == f"{world}, n = {n}" and s.model != "mean predictor"
            ]
            for world in self._settings.worlds
        }
        return lines(panels, "trials of the new subject", R)


def _fitted(world: World, new: Brain, known: Brain, n: int, s: Settings) -> dict[str, Aligner]:
    """Fit all aligners on ``n`` trials of the new subject."""
    scenes, library = world.scenes(n, prefix="calibration"), world.scenes(s.n_known, prefix="known")
    x, y, y_known = new.trials(scenes, 1), known.trials(scenes, 1), known.trials(library, 1)
    pairs = np.column_stack([np.arange(n), np.arange(n)])
    found: dict[str, Aligner] = {}
    for table in PAIRED:
        found[f"{table['kind']}, paired"] = plugins.make("aligners", table).fit(x, y, pairs=pairs)
    wrong = np.column_stack([np.arange(n), np.random.default_rng(world.seed).integers(0, s.n_known, n)])
    found["ridge, pairs shuffled"] = plugins.make("aligners", {"kind": "ridge"}).fit(x, y_known, pairs=wrong)
    seen: tuple[NDArray[np.float32], NDArray[np.float32]] = (
        world.seen(scenes.code)[:, 0],
        world.seen(library.code)[:, 0],
    )
    for kind in s.unpaired:
        if kind in plugins.names("aligners"):
            aligner: Aligner = plugins.make("aligners", {"kind": kind})
            found[f"{kind}, unpaired"] = aligner.fit(x, y_known, embeddings=seen, seed=world.seed)
    return found


def _findings(scores: list[Score], s: Settings) -> list[str]:
    found = []
    means: Mapping[tuple[str, str], float] = {(x.condition, x.model): x.mean for x in scores if x.metric == R}
    for world in s.worlds:
        for n in s.n_pairs:
            mine = {m: v for (c, m), v in means.items() if c == f"{world}, n = {n}" and m != "best linear map"}
            paired = max((m for m in mine if m.endswith(", paired")), key=mine.__getitem__)
            others = sorted((m for m in mine if m.endswith(", unpaired")), key=mine.__getitem__, reverse=True)
            unpaired = "; ".join(f"{m.removesuffix(', unpaired')} {mine[m]:.3f}" for m in others)
            found.append(
                f"{world}, n = {n}: best with pairs {paired.removesuffix(', paired')} ({mine[paired]:.3f}); without: "
                f"{unpaired}; shuffled pairs {mine['ridge, pairs shuffled']:.3f}."
            )
    return found


def build(settings: Settings) -> Alignment:
    """Make the study."""
    return Alignment(settings)
