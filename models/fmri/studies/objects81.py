"""81 objects, real: voxelwise correlation in seven regions by cross-validation, against shuffled features.

Chance is below 0: what is predicted of a left-out item leans against it, because its fold's training mean does. The
mean predictor shows the same. Every number is thus to be read against the shuffled one.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from pydantic import Field
from sklearn.model_selection import KFold

from models.fmri.responses import Responses
from models.fmri.study import Answer, Score, Tell
from models.fmri.study_figures import by_condition
from models.metrics.voxelwise import correlation
from models.ridge_map import ridge_map
from pipelines import plugins
from pipelines.errors import ConfigError
from pipelines.plugins import PluginSettings

Floats = NDArray[np.float64]
Predict = Callable[[Floats, Floats, Floats], Floats]
"""Training features, training responses, features: what is predicted."""
R = "voxelwise r"
SHUFFLED = "ridge, {} shuffled"


class Settings(PluginSettings):
    """Where the data are, and how they are cut."""

    data: str = Field("", description="Folder with fmri_81objects.")
    seeds: int = Field(5, ge=1, description="Ways of cutting the items into folds.")
    n_folds: int = Field(9, ge=2, description="Folds of items.")
    n_shuffles: int = Field(10, ge=1, description="Shuffles of the features in each way of cutting.")
    encoder_seeds: int = Field(
        1, ge=1, description="Ways of cutting that encoders beside ridge are given: they learn long."
    )
    encoders: tuple[str, ...] = Field((), description="Encoders beside ridge, such as synbrain.")


class Objects81Study:
    """The study."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings

    def run(self, tell: Tell) -> Answer:
        """Predict every item from the others."""
        if not self._settings.data:
            raise ConfigError("objects81: needs --data, the folder with fmri_81objects")
        data = plugins.make(
            "fmri_datasets", {"kind": "fmri_81objects", "folder": f"{self._settings.data}/fmri_81objects"}
        )
        responses = data.read("1")
        scores = self._of("mean predictor", responses, np.zeros((len(responses.trials), 1)), _mean)
        for name in ("alexnet", "word2vec"):
            x = data.features(name).flat.astype(np.float64)
            scores += self._of(SHUFFLED.format(name), responses, x, _ridge, shuffled=True)
            scores += self._of(f"ridge, {name}", responses, x, _ridge)
            tell(f"objects81: ridge on {name}")
            for kind in self._settings.encoders:
                if kind in plugins.names("encoders"):
                    scores += self._of(f"{kind}, {name}", responses, x, _encoder(kind), self._settings.encoder_seeds)
                    tell(f"objects81: {kind} on {name}")
        scores.sort(key=lambda s: responses.voxels.rois.index(s.condition))
        shown = [s for s in scores if s.model not in ("mean predictor", SHUFFLED.format("word2vec"))]
        return Answer(
            "Encoding 81 objects (one person, real)", "ways of cutting into folds", scores, _findings(scores),
            {"objects81.png": by_condition(shown, R, f"{R}, {self._settings.n_folds}-fold")},
        )  # fmt: skip

    def _of(
        self, model: str, responses: Responses, x: Floats, predict: Predict, seeds: int = 0, *, shuffled: bool = False
    ) -> list[Score]:
        rois = responses.voxels.rois
        found: dict[str, list[float]] = {roi: [] for roi in rois}
        for seed in range(seeds or self._settings.seeds):
            for number in range(self._settings.n_shuffles if shuffled else 1):
                rng = np.random.default_rng([seed, number])
                r = self._cross_validated(x[rng.permutation(len(x))] if shuffled else x, responses, predict, seed)
                for roi in rois:
                    found[roi].append(float(r[responses.voxels.roi == roi].mean()))
        return [Score(roi, model, R, tuple(values)) for roi, values in found.items()]

    def _cross_validated(self, x: Floats, responses: Responses, predict: Predict, seed: int) -> Floats:
        values = responses.values.astype(np.float64)
        predicted = np.empty_like(values)
        folds = KFold(self._settings.n_folds, shuffle=True, random_state=seed)
        for train, test in folds.split(x):
            scale = values[train].mean(axis=0), values[train].std(axis=0)
            found = predict(x[train], (values[train] - scale[0]) / scale[1], x[test])
            predicted[test] = found * scale[1] + scale[0]
        return correlation(values, predicted)


def _mean(x: Floats, y: Floats, new: Floats) -> Floats:
    return np.repeat(y.mean(axis=0)[None], len(new), axis=0)


def _ridge(x: Floats, y: Floats, new: Floats) -> Floats:
    return ridge_map(x, y)[0](new)


def _encoder(kind: str) -> Predict:
    def predict(x: Floats, y: Floats, new: Floats) -> Floats:
        centre, scale = x.mean(axis=0), x.std(axis=0)
        tokens, seen = (((z - centre) / scale)[:, None].astype(np.float32) for z in (x, new))
        # An eighth of the training items chooses when to stop.
        order = np.random.default_rng(0).permutation(len(x))
        left, kept = np.split(order, [len(x) // 8])
        values = y.astype(np.float32)
        model = plugins.make("encoders", {"kind": kind})
        model.fit(tokens[kept], values[kept], validation=(tokens[left], values[left]))
        return np.asarray(model.predict_mean(seen), dtype=np.float64)

    return predict


def _findings(scores: list[Score]) -> list[str]:
    means = {(s.model, s.condition): s.mean for s in scores}
    rois = list(dict.fromkeys(s.condition for s in scores))
    models = list(dict.fromkeys(s.model for s in scores))
    return [f"{m}: " + ", ".join(f"{roi} {means[m, roi]:.2f}" for roi in rois) + "." for m in models]


def build(settings: Settings) -> Objects81Study:
    """Make the study."""
    return Objects81Study(settings)
