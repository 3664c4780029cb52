"""Simulated: MindAligner's transfer matrix against closed forms, and its laws in numbers.

In the linear world (the reference of the method's specification) the encoder bridge is well specified; in the other
one images drive brains through a function that is not linear, and models do not see all of it.
"""

from __future__ import annotations

from collections import defaultdict
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from models.fmri.simulation import REFERENCE, World, WorldSettings
from models.fmri.study import Answer, Score, Tell
from models.fmri.study_figures import lines
from models.metrics.retrieval import top_k
from models.metrics.voxelwise import correlation
from models.ridge_map import ridge_map
from pipelines import plugins
from pipelines.plugins import PluginSettings

R, TOP = "voxelwise r", "top-1 of 300"
WORLDS = {"linear": REFERENCE, "mismatch": WorldSettings(ncsnr=1.0, mismatch=0.3, missing=8, session_gain=0,
                                                         session_offset=0)}  # fmt: skip
BTM, BTM_COLD, SHIPPED, BRIDGE = "BTM, gradients", "BTM, gradients from chance", "BTM, winner of validation", "bridge"
DELTA, NAIVE, SHUFFLED, PAIRED = "additive difference", "naive ridge", "BTM, stimuli shuffled", "reduced rank, paired"
COLD = {"start": "random", "learning_rate": 3e-3, "epochs": 20, "batch_size": 64}
N_CANDIDATES = 300


class Settings(PluginSettings):
    """How much is simulated."""

    seeds: int = Field(5, ge=1, description="Worlds drawn.")
    n_trials: tuple[int, ...] = Field((60, 100, 250, 1000), min_length=1, description="Trials of the new subject.")
    n_known: int = Field(1500, ge=20, description="Trials of the known subject, of other images.")
    n_voxels: int = Field(150, ge=10, description="Voxels of the new subject; the known one has a sixth more.")
    n_test: int = Field(500, ge=N_CANDIDATES, description="New images.")


class MindAlignerStudy:
    """The study."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings

    def run(self, tell: Tell) -> Answer:
        """Fit every method on every world."""
        s = self._settings
        values: dict[tuple[str, str, str], list[float]] = defaultdict(list)
        for name, world_settings in WORLDS.items():
            for seed in range(s.seeds):
                for n in s.n_trials:
                    for key, value in _scores(World(world_settings, seed), n, s).items():
                        values[f"{name}, n = {n}", *key].append(value)
                    tell(f"mindaligner: {name} world {seed}, {n} trials")
        scores = [Score(*key, tuple(found)) for key, found in values.items()]
        panels = {world: [(n, x) for n in s.n_trials for x in scores if x.metric == R and
                          x.condition == f"{world}, n = {n}"] for world in WORLDS}  # fmt: skip
        figure = lines(panels, "trials of the new subject", R)
        title = "MindAligner: a new subject's voxels to a known one's (simulated)"
        return Answer(title, "worlds", scores, findings(scores, s.n_trials), {"mindaligner.png": figure})


def _scores(world: World, n: int, s: Settings) -> dict[tuple[str, str], float]:
    new, known = world.brain(0, s.n_voxels), world.brain(1, round(s.n_voxels * 7 / 6))
    own, library, test = world.scenes(n, prefix="own"), world.scenes(s.n_known), world.scenes(s.n_test, prefix="test")
    x, y, shown = new.trials(own, 1), known.trials(library, 1), new.trials(test)
    truth = known.signal(test)
    seen = world.seen(own.code)[:, 0], world.seen(library.code)[:, 0]
    lot = np.random.default_rng(world.seed)
    wrong = seen[0][lot.permutation(n)], seen[1]
    pairs = np.column_stack([np.arange(n), lot.permutation(s.n_known)[:n]])
    together = np.column_stack([np.arange(n), np.arange(n)])
    shipped = _made("btm").fit(x, y, embeddings=seen, seed=world.seed)
    won = shipped.report()["shipped"] == "btm"  # then the map is that of gradients: no need to learn it twice
    maps: dict[str, Any] = {
        BRIDGE: _made("bridge").fit(x, y, embeddings=seen),
        BTM: shipped if won else _made("btm", ship="btm").fit(x, y, embeddings=seen, seed=world.seed),
        BTM_COLD: _made("btm", ship="btm", learning=COLD).fit(x, y, embeddings=seen, seed=world.seed),
        SHIPPED: shipped,
        NAIVE: _made("ridge").fit(x, y, pairs=pairs),
        SHUFFLED: _made("btm").fit(x, y, embeddings=wrong, seed=world.seed),
        PAIRED: _made("reduced_rank").fit(x, known.trials(own, 1), pairs=together),
    }
    predicted = {name: aligner.transform(shown) for name, aligner in maps.items()}
    predicted[DELTA] = _additive(x, y, seen, pairs, shown)
    rows = slice(0, N_CANDIDATES)
    found = {(name, R): float(correlation(truth, y_hat).mean()) for name, y_hat in predicted.items()}
    return found | {(name, TOP): top_k(y_hat[rows], truth[rows]) for name, y_hat in predicted.items()}


def _made(kind: str, **settings: Any) -> Any:
    return plugins.make("aligners", {"kind": kind, **settings})


def _additive(
    x: NDArray[Any], y: NDArray[Any], seen: tuple[Any, Any], pairs: NDArray[Any], shown: NDArray[Any]
) -> NDArray[np.float64]:
    """Ridge on the source's trial and the difference of stimuli together; the difference is zero when it is used."""
    first, second = pairs.T
    difference = (seen[1][second] - seen[0][first]).astype(np.float64)
    found, _ = ridge_map(np.hstack([x[first], difference]), y[second])
    return found(np.hstack([shown, np.zeros((len(shown), difference.shape[1]))]))


def findings(scores: list[Score], n_trials: tuple[int, ...]) -> list[str]:
    """Return the aims and whether they are met."""
    of = {(s.condition, s.model): s.mean for s in scores if s.metric == R}
    top = {(s.condition, s.model): s.mean for s in scores if s.metric == TOP}
    found = []
    for world in WORLDS:
        for n in n_trials:
            here = f"{world}, n = {n}"
            gap = of[here, SHIPPED] - of[here, BRIDGE]
            beats = min(of[here, SHIPPED] - of[here, NAIVE], of[here, SHIPPED] - of[here, DELTA])
            met = gap >= -0.01 and beats > 0
            found.append(
                f"{here}: winner of validation {of[here, SHIPPED]:.3f} ({gap:+.3f} to the bridge; gradients always "
                f"{of[here, BTM]:.3f}, from chance {of[here, BTM_COLD]:.3f}), additive difference "
                f"{of[here, DELTA]:.3f}, naive ridge {of[here, NAIVE]:.3f}; aim (bridge - .01, above both): "
                f"{'met' if met else 'not met'}. Shuffled stimuli: {top[here, SHUFFLED]:.4f} of images found "
                f"(chance {1 / N_CANDIDATES:.4f})."
            )
        full = of[f"{world}, n = {n_trials[-1]}", SHIPPED]
        shares = [f"{n}: {100 * of[f'{world}, n = {n}', SHIPPED] / full:.0f} %" for n in n_trials[:-1]]
        if shares:
            found.append(f"{world}, share of the score of {n_trials[-1]} trials: {', '.join(shares)}.")
    return found


def build(settings: Settings) -> MindAlignerStudy:
    """Make the study."""
    return MindAlignerStudy(settings)
