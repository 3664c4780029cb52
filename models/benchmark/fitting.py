"""Fit an estimator on a fold, adapt it to the people who judge it, and write down what it says."""

from __future__ import annotations

import inspect
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from sklearn.base import clone
from threadpoolctl import threadpool_limits

from models.benchmark.folds import Fold, Rows, no_rows
from models.benchmark.perturbation import CLEAN, Perturbation
from models.benchmark.predictions import Kind, Predictions
from models.benchmark.windows import Prepared
from models.estimator import PersonAdaptive, Windows
from pipelines.errors import ModelError
from pipelines.plugins import make

N_TIMED = 20
N_AT_ONCE = 1024
"""Windows at a time, where every one is compared with every item."""
Use = Literal["others", "others_and_own", "own"]
"""Whose labels teach: other people's; theirs and the person's own; the person's own alone."""


def make_estimator(table: Mapping[str, Any], prepared: Prepared, seed: int) -> Any:
    """Make an unfitted estimator and tell it, and what is inside it, rate, channels, seed and items."""
    estimator = make("estimators", table, "estimators")
    known: dict[str, Any] = {
        "rate_hz": prepared.spec.rate_hz,
        "channels": prepared.spec.names,
        "random_state": seed,
    }
    if prepared.items is not None:
        known["item_features"] = prepared.items
    wanted = {name: name.rsplit("__", 1)[-1] for name in estimator.get_params(deep=True)}
    return estimator.set_params(**{name: known[last] for name, last in wanted.items() if last in known})


@dataclass(frozen=True, slots=True)
class Learned:
    """A fitted estimator for each person who judges, whether it is still to adapt to them, and how long it took (s)."""

    by_person: Mapping[str, Any]
    adapts: bool
    fit_s: float


@dataclass(frozen=True, slots=True)
class Trial:
    """One estimator on one fold."""

    prepared: Prepared
    fold: Fold
    estimator: Any
    use: Use
    seed: int

    def learn(self) -> Learned:
        """Learn from others; on one thread, so that the same job gives the same figures on any machine."""
        with self._on_one_thread():
            return self._learn()

    def run(self, key: str, perturbations: Sequence[Perturbation], learned: Learned | None = None) -> Predictions:
        """Learn, unless that has been done, adapt, predict; on one thread as well."""
        with self._on_one_thread():
            learned = learned or self._learn()
            began = time.perf_counter()
            by_person = dict(learned.by_person)
            if learned.adapts:
                by_person = {person: self._for_person(fitted, person) for person, fitted in by_person.items()}
            fit_s = learned.fit_s + time.perf_counter() - began
            return self._predictions(key, by_person, perturbations, fit_s)

    @contextmanager
    def _on_one_thread(self) -> Iterator[None]:
        with threadpool_limits(1):
            # Estimators of other packages that take no seed draw from the global generators.
            np.random.seed(self.seed % 2**32)  # noqa: NPY002
            if "torch" in sys.modules:
                sys.modules["torch"].set_num_threads(1)
                sys.modules["torch"].manual_seed(self.seed)
            yield

    @property
    def _people(self) -> list[str]:
        return [str(name) for name in np.unique(self.prepared.table["subject"][self.fold.test])]

    def _of(self, rows: Rows, person: str) -> Rows:
        theirs: Rows = rows[self.prepared.table["subject"][rows] == person]
        return theirs

    def _learned(self, takes_validation: bool) -> Rows:
        if takes_validation or not self.fold.validation_may_teach:
            return self.fold.train
        return np.sort(np.concatenate([self.fold.train, self.fold.validation]))

    def _learn(self) -> Learned:
        began = time.perf_counter()
        by_person, adapts = self._by_person()
        return Learned(by_person, adapts, time.perf_counter() - began)

    def _by_person(self) -> tuple[dict[str, Any], bool]:
        """Return a fitted estimator for each person who judges, and whether it is still to adapt to them."""
        if self.use == "own":
            return {p: self._fit(clone(self.estimator), self._of(self.fold.labelled, p)) for p in self._people}, False
        adaptive = isinstance(self.estimator, PersonAdaptive)
        if self.use == "others_and_own" and not adaptive:
            return {p: self._fit_others(self._of(self.fold.labelled, p)) for p in self._people}, False
        adapts = adaptive and bool(self.fold.rest.size or self.fold.labelled.size)
        fitted = self._fit_people() if adapts and self.fold.rest.size else self._fit_others(no_rows())
        return dict.fromkeys(self._people, fitted), adapts

    def _fit(self, estimator: Any, rows: Rows, **validation: Any) -> Any:
        return estimator.fit(self.prepared.windows(rows), self.prepared.targets(rows), **validation)

    def _fit_others(self, own: Rows) -> Any:
        validation = self._validation(self.estimator.fit)
        return self._fit(clone(self.estimator), np.concatenate([self._learned(bool(validation)), own]), **validation)

    def _fit_people(self) -> Any:
        estimator = clone(self.estimator)
        validation = self._validation(estimator.fit_people)
        rows = self._learned(bool(validation))
        people = self.prepared.table["subject"][rows]
        rest = {str(p): self.prepared.windows(self._of(self.fold.rest, str(p))) for p in np.unique(people)}
        return estimator.fit_people(
            self.prepared.windows(rows), self.prepared.targets(rows), people, rest, **validation
        )

    def _validation(self, fit: Any) -> dict[str, Any]:
        """Return windows to stop early by, where there are some and the estimator declares that it takes them."""
        if not self.fold.validation.size or not {"X_val", "y_val"} <= set(inspect.signature(fit).parameters):
            return {}
        rows = self.fold.validation
        return {"X_val": self.prepared.windows(rows), "y_val": self.prepared.targets(rows)}

    def _for_person(self, fitted: Any, person: str) -> Any:
        rest, labelled = self._of(self.fold.rest, person), self._of(self.fold.labelled, person)
        return fitted.for_person(
            self.prepared.windows(rest) if rest.size else None,
            self.prepared.windows(labelled) if labelled.size else None,
            self.prepared.targets(labelled) if labelled.size else None,
        )

    def _predictions(
        self, key: str, by_person: dict[str, Any], perturbations: Sequence[Perturbation], fit_s: float
    ) -> Predictions:
        prepared, rows = self.prepared, self.fold.test
        people = np.asarray(prepared.table["subject"][rows]).astype(str)
        shown, truth = self._competing()
        labels = tuple(prepared.labels[i] for i in shown) if prepared.labels else ()
        said: dict[str, list[NDArray[np.float64]]] = {name: [] for name in (CLEAN, *(p.name for p in perturbations))}
        order: list[Rows] = []
        for person, estimator in by_person.items():
            mine = np.flatnonzero(people == person)
            order.append(mine)
            windows = prepared.windows(rows[mine])
            said[CLEAN].append(self._say(estimator, windows))
            for fault in perturbations:
                hurt = fault.apply(windows, rows[mine], people[mine], self.seed)
                said[fault.name].append(self._say(estimator, hurt))
        back = np.argsort(np.concatenate(order))
        return Predictions(
            key, self._kind(next(iter(by_person.values()))), labels, rows, people, truth,
            {name: np.concatenate(parts)[back] for name, parts in said.items()},
            n_train=self.fold.train.size + self.fold.validation.size, fit_s=fit_s,
            latency_ms=self._latency_ms(by_person), calibration_s=self._calibration_s(),
        )  # fmt: skip

    def _competing(self) -> tuple[Rows, NDArray[Any]]:
        """Return the classes, or of items those that the test shows; and which of them each test window is."""
        truth = self.prepared.targets(self.fold.test)
        if self.prepared.about.task != "retrieval":
            return np.arange(len(self.prepared.labels)), truth
        shown, among = np.unique(truth, return_inverse=True)
        return shown, among

    def _kind(self, estimator: Any) -> Kind:
        if self.prepared.about.task == "regression":
            return "value"
        if self.prepared.about.task == "retrieval":
            return "item"
        return "probability" if hasattr(estimator, "predict_proba") else "choice"

    def _say(self, estimator: Any, windows: Windows) -> NDArray[np.float64]:
        """Return values (n,), or a column for every class (or competing item), also for those it has not met.

        Raises
        ------
        ModelError
            If what it says is not a finite number, or not one answer for each window.
        """
        if self._kind(estimator) == "item":
            # All items that teach may be a hundred times those that compete: never all of them for all windows.
            shown, _ = self._competing()
            parts = [windows[i : i + N_AT_ONCE] for i in range(0, len(windows), N_AT_ONCE)]
            said = np.concatenate([self._columns(estimator, part)[:, shown] for part in parts])
        elif self._kind(estimator) == "value":
            said = np.asarray(estimator.predict(windows), dtype=np.float64).reshape(len(windows))
        else:
            said = self._columns(estimator, windows)
        if not np.isfinite(said).all():
            raise ModelError(f"{type(estimator).__name__} said something that is not a number")
        return said

    def _columns(self, estimator: Any, windows: Windows) -> NDArray[np.float64]:
        said = np.zeros((len(windows), len(self.prepared.labels)))
        if hasattr(estimator, "predict_proba"):
            said[:, np.asarray(estimator.classes_, dtype=np.int64)] = estimator.predict_proba(windows)
        else:
            said[np.arange(len(windows)), np.asarray(estimator.predict(windows), dtype=np.int64)] = 1.0
        return said

    def _latency_ms(self, by_person: dict[str, Any]) -> float:
        """Return the median time of a decision on one window, after one to warm up."""
        person, estimator = next(iter(by_person.items()))
        windows = self.prepared.windows(self._of(self.fold.test, person)[: N_TIMED + 1])
        taken_s = []
        for i in range(len(windows)):
            began = time.perf_counter()
            self._say(estimator, windows[i : i + 1])
            taken_s.append(time.perf_counter() - began)
        return 1e3 * float(np.median(taken_s[1:] or taken_s))

    def _calibration_s(self) -> float:
        """Return how much signal adaptation took of a test person (s): windows may overlap, seconds count once.

        Rest does not count where the estimator takes no notice of it.
        """
        rest = self.fold.rest if isinstance(self.estimator, PersonAdaptive) else no_rows()
        rows = np.concatenate([rest, self.fold.labelled])
        rows = rows[np.isin(self.prepared.table["subject"][rows], self._people)]
        table = self.prepared.table[rows]
        total_s = 0.0
        for recording in np.unique(table["recording"]):
            until_s = -np.inf
            for window in np.sort(table[table["recording"] == recording], order="start_s"):
                total_s += max(0.0, float(window["stop_s"]) - max(float(window["start_s"]), until_s))
                until_s = max(until_s, float(window["stop_s"]))
        return total_s / len(self._people)
