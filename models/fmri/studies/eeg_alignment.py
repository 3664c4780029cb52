"""EEG, real: people aligned to a reference person by the same aligners, one person left out, against re-centring.

Everybody is mapped into the sensors of one of the training people. The decoder learns on all mapped people but one and
is judged on that one. What an aligner sees of a person are calibration windows: the first session of SSVEP-Exoskeleton,
the first 20 s of each condition of EEGMAT; the decoder is judged on the others. The reference is the training person
whose mean covariance is nearest to all others'. No row uses labels of the judged windows.
Yet those of EEGMAT's calibration are of the same two recordings: a row with labels may tell recordings apart.
"""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import Field
from sklearn.metrics import balanced_accuracy_score

from models.aligner import Aligner
from models.benchmark.preparation import prepare
from models.benchmark.recipe import Recipe
from models.benchmark.windows import TRIAL
from models.covariance_map import covariances
from models.fmri.study import Answer, Score, Tell
from models.fmri.study_figures import dots
from models.linear_heads import logistic
from models.statistics import compare
from models.tangent_space import inverse_root, riemann_mean, shrink, tangent_vectors
from models.window_features import band_covariances
from pipelines import plugins
from pipelines.errors import ConfigError, ModelError
from pipelines.plugins import PluginSettings

Floats = NDArray[np.float64]
Bands = tuple[tuple[float, float], ...]
METRIC = "balanced accuracy"
RECENTRING = "euclidean"
UNLABELLED = ("identity", "zscore", "euclidean", "riemannian")
LABELLED = ("rpa", "procrustes", "ridge", "reduced_rank", "srm", "ot")
"""All but the first regress mean courses of classes: the bridge from labels is that ridge."""
OWN = "own labels, no transfer"
"""The control of every row that uses labels: they may tell more than what people share."""
SHRINKAGE = 0.05
STAGES: tuple[dict[str, Any], ...] = ({"kind": "nonfinite"}, {"kind": "bandpass", "low_hz": 4.0, "high_hz": 45.0})
CALIBRATION_S = 20.0
JUDGED_S = 60.0


@dataclass(frozen=True, slots=True)
class Case:
    """One data set: its table, how windows are cut, bands of the decoder, chance."""

    kind: str
    recipe: Recipe
    bands_hz: Bands
    chance: float


CASES = {
    "ssvep_exo": Case(
        "ssvep_exo", Recipe(window_s=3.0, from_s=2.0, stages=STAGES),
        ((12.0, 14.0), (16.0, 18.0), (20.0, 22.0), (8.0, 30.0)), 0.25,
    ),
    "eegmat": Case(
        "eegmat", Recipe(window_s=4.0, stages=STAGES), ((4.0, 8.0), (8.0, 13.0), (13.0, 30.0), (30.0, 45.0)), 0.5
    ),
}  # fmt: skip


class Settings(PluginSettings):
    """Which recordings."""

    data: str = Field("", description="Folder in which each data set has one of its own.")
    data_sets: tuple[Literal["ssvep_exo", "eegmat"], ...] = Field(("ssvep_exo", "eegmat"), description="Data sets.")
    aligners: tuple[str, ...] = Field((*UNLABELLED, *LABELLED), description="Aligners; euclidean is re-centring.")
    cache: str = Field("", description="Folder of prepared windows; none: made anew each time.")


class EegAlignment:
    """The study."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings

    def run(self, tell: Tell) -> Answer:
        """Align everybody, leave everybody out once."""
        if not self._settings.data:
            raise ConfigError("eeg_alignment: needs --data, the folder with ssvep_exo and eegmat")
        scores: list[Score] = []
        notes: list[str] = []
        for name in self._settings.data_sets:
            people = _People(CASES[name], self._prepared(name, tell))
            found = people.run(self._settings.aligners, tell, notes)
            scores += [Score(name, model, METRIC, tuple(values)) for model, values in found.items()]
            notes.append(_verdict(name, found, CASES[name].chance))
        return Answer(
            "Aligning people to a reference person (EEG, real)", "people", scores, notes,
            {"eeg-alignment.png": dots(scores, METRIC)},
        )  # fmt: skip

    def _prepared(self, name: str, tell: Tell) -> _Windows:
        table = {"kind": CASES[name].kind, "folder": f"{self._settings.data}/{name}"}
        if self._settings.cache:
            return _windows(table, CASES[name].recipe, Path(self._settings.cache), tell)
        with tempfile.TemporaryDirectory() as folder:
            return _windows(table, CASES[name].recipe, Path(folder), tell)


@dataclass(frozen=True, slots=True, eq=False)
class _Windows:
    """Windows (n, n_channels, n_times), their person, class, and whether they are of the calibration part."""

    samples: NDArray[np.float32]
    person: NDArray[np.str_]
    target: NDArray[np.int64]
    calibration: NDArray[np.bool_]
    rate_hz: float


def _windows(table: Mapping[str, Any], recipe: Recipe, cache: Path, tell: Tell) -> _Windows:
    prepared = prepare(table, recipe, cache, tell)
    rows = np.flatnonzero(prepared.table["role"] == TRIAL)
    if table["kind"] == "eegmat":
        rows = rows[prepared.table["stop_s"][rows] <= JUDGED_S + 1.0]
        calibration = prepared.table["stop_s"][rows] <= CALIBRATION_S + 1.0
    else:
        calibration = prepared.table["session"][rows] == "1"
    return _Windows(
        prepared.windows(rows), prepared.table["subject"][rows], prepared.targets(rows), calibration,
        prepared.spec.rate_hz,
    )  # fmt: skip


class _People:
    """Band covariances of everybody's windows; a map of sensors turns them without a second look at the signal."""

    def __init__(self, case: Case, windows: _Windows) -> None:
        self._case, self._w = case, windows
        self._bands = band_covariances(windows.samples, windows.rate_hz, case.bands_hz)
        self._maps: dict[tuple[str, str, str], Floats] = {}
        names = np.unique(windows.person)
        # A person without windows of either part can neither be aligned nor judged.
        self.names = [n for n in names if len({*windows.calibration[windows.person == n].tolist()}) == 2]

    def run(self, aligners: tuple[str, ...], tell: Tell, notes: list[str]) -> dict[str, list[float]]:
        found: dict[str, list[float]] = {}
        for kind in dict.fromkeys((RECENTRING, *aligners)):
            try:
                found[kind] = [self._left_out(kind, person) for person in self.names]
            except ModelError as exc:
                notes.append(f"{self._case.kind}: no row for {kind}: {exc}.")
            tell(f"eeg_alignment: {self._case.kind}, {kind}")
        found[OWN] = [self._own(person) for person in self.names]
        return found

    def _own(self, person: str) -> float:
        """Judge a decoder of this person's labelled calibration windows alone."""
        mine = self._w.person == person
        learn, judged = mine & self._w.calibration, mine & ~self._w.calibration
        bands = shrink(self._bands, SHRINKAGE)
        whitener = inverse_root(bands[learn].mean(axis=0))
        head = logistic(0.01).fit(tangent_vectors(bands[learn], whitener), self._w.target[learn])
        predicted = head.predict(tangent_vectors(bands[judged], whitener))
        return float(balanced_accuracy_score(self._w.target[judged], predicted))

    def _left_out(self, kind: str, person: str) -> float:
        training = [name for name in self.names if name != person]
        reference = self._medoid(training)
        learn = np.isin(self._w.person, training)
        judged = (self._w.person == person) & ~self._w.calibration
        mapped = np.empty_like(self._bands[learn | judged])
        rows = np.flatnonzero(learn | judged)
        for name in (*training, person):
            mine = self._w.person[rows] == name
            matrix = self._map(kind, name, reference)
            mapped[mine] = matrix.T @ self._bands[rows[mine]] @ matrix
        mapped = shrink(mapped, SHRINKAGE)
        learning = np.isin(rows, np.flatnonzero(learn))
        whitener = inverse_root(mapped[learning].mean(axis=0))
        features = tangent_vectors(mapped, whitener)
        head = logistic(0.01).fit(features[learning], self._w.target[rows[learning]])
        return float(balanced_accuracy_score(self._w.target[rows[~learning]], head.predict(features[~learning])))

    def _map(self, kind: str, name: str, reference: str) -> Floats:
        """Return the matrix (n_channels, n_channels) of one person; the reference stays as it is."""
        key = kind, name, reference
        if key not in self._maps:
            n = self._w.samples.shape[1]
            self._maps[key] = np.eye(n) if name == reference else self._fit(kind, name, reference)
        return self._maps[key]

    def _fit(self, kind: str, name: str, reference: str) -> Floats:
        aligner: Aligner = plugins.make("aligners", {"kind": kind})
        mine, theirs = ((self._w.person == who) & self._w.calibration for who in (name, reference))
        labels = (self._w.target[mine], self._w.target[theirs]) if kind in LABELLED else None
        return aligner.fit(self._w.samples[mine], self._w.samples[theirs], labels=labels).map.matrix

    @cached_property
    def _means(self) -> dict[str, Floats]:
        calibration = {n: self._w.samples[(self._w.person == n) & self._w.calibration] for n in self.names}
        return {name: riemann_mean(covariances(samples)) for name, samples in calibration.items()}

    def _medoid(self, training: list[str]) -> str:
        """Return the person whose mean covariance has the least summed affine-invariant distance to the others'."""
        logs = {a: inverse_root(self._means[a]) for a in training}
        distances = [
            sum(float(np.linalg.norm(tangent_vectors(self._means[b][None, None], logs[a][None]))) for b in training)
            for a in training
        ]
        return training[int(np.argmin(distances))]


def _verdict(name: str, found: dict[str, list[float]], chance: float) -> str:
    """Say who beats re-centring, corrected for the number of comparisons."""
    ranked = sorted(found, key=lambda kind: -float(np.mean(found[kind])))
    base = np.asarray(found[RECENTRING])
    compared = compare({(k, RECENTRING): (np.asarray(found[k]), base) for k in ranked if k != RECENTRING})
    better = [f"{k} (+{c.difference:.3f}, p {c.p_adjusted:.3f})" for (k, _), c in compared.items() if c.low > 0]
    best = f"{ranked[0]} {np.mean(found[ranked[0]]):.3f}"
    own = f"own labels without transfer {np.mean(found[OWN]):.3f}"
    means = f"re-centring {base.mean():.3f}, {own}, chance {chance:.2f}"
    return f"{name}, {len(base)} people: best {best}; {means}; better than re-centring: {', '.join(better) or 'none'}."


def build(settings: Settings) -> EegAlignment:
    """Make the study."""
    return EegAlignment(settings)
