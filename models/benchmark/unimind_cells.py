"""Cells of the UniMind benchmark: one task, one fold, one model; each is kept, so a run may stop anywhere.

UniMind is trained once for all tasks of a round, or once for each, to compare with. What stands beside it learns the
same windows: a network with a head, a classical decoder, and chance.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.benchmark.fingerprint import sha256_of
from models.benchmark.fitting import Trial, make_estimator
from models.benchmark.folds import Fold
from models.benchmark.preparation import prepare
from models.benchmark.settings import folds_of
from models.benchmark.settings.calibration import NoCalibration
from models.benchmark.windows import Prepared
from models.unimind.answers import Answerer
from models.unimind.task_data import TaskWindows, sources
from pipelines.errors import ModelError, RecordingError

Floats = NDArray[np.float64]
Place = tuple[Mapping[str, Any], Path] | None
"""Table of a data set and the cache, where windows are to be cut anew."""
AT_ONCE = 64
"""Windows that are answered together."""
CSBRAIN: Mapping[str, Any] = {
    "kind": "csbrain_rest", "n_layers": 1, "d_model": 40, "d_ff": 80, "learning_rate": 1e-3, "epochs": 16,
}  # fmt: skip
"""The head beside it, at the size that the suite ``csbrain`` found to do best on few recordings."""


@dataclass(frozen=True, slots=True)
class Cell:
    """What a model said of the windows that judge it.

    Parameters
    ----------
    task, model, round
        Which.
    people
        Whose each window is (n,); of one person their run.
    truth
        Numbers of the right options (n,).
    said
        Probabilities (n, n_options).
    n_train
        Windows that it learned from.
    spatial, temporal
        Mean probability of each query over the windows, as UniMind's routers gave it; empty for other models.
    took_s
        Time to learn and to answer (s); of a UniMind of all tasks, to answer.
    """

    task: str
    model: str
    round: int
    people: NDArray[np.str_]
    truth: NDArray[np.int64]
    said: Floats
    n_train: int
    spatial: Floats
    temporal: Floats
    took_s: float


class CellStore:
    """Cells in a folder, one ``.npz`` each, found by a hash of what made them."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def get(self, made_of: Mapping[str, Any], make: Callable[[], Cell]) -> Cell:
        """Return a cell; it is made only where it is not there.

        Raises
        ------
        RecordingError
            If its file is damaged.
        """
        path = self._folder / f"{sha256_of(dict(made_of))}.npz"
        if not path.is_file():
            cell = make()
            self._folder.mkdir(parents=True, exist_ok=True)
            part = path.with_suffix(".part.npz")
            about = {"task": cell.task, "model": cell.model, "round": cell.round, "n_train": cell.n_train,
                     "took_s": cell.took_s}  # fmt: skip
            np.savez(
                part, about=np.array(json.dumps(about)), people=cell.people, truth=cell.truth, said=cell.said,
                spatial=cell.spatial, temporal=cell.temporal,
            )  # fmt: skip
            part.replace(path)
            return cell
        try:
            with np.load(path, allow_pickle=False) as found:
                about = json.loads(str(found["about"]))
                arrays = {name: found[name] for name in ("people", "truth", "said", "spatial", "temporal")}
            return Cell(**about, **arrays)
        except (OSError, ValueError, KeyError, TypeError) as exc:
            raise RecordingError(f"{path}: no readable cell ({exc}): remove it and run again") from exc


def fold_of(windows: TaskWindows, round_: int) -> int:
    """Return the number of the fold that judges in a round; tasks with few folds begin again."""
    return round_ % len(windows.folds)


def judges(windows: TaskWindows, fold: Fold) -> NDArray[np.str_]:
    """Return who each judging window is of: the person, or, where one person was recorded, the run."""
    table = windows.prepared.table
    alone = len(np.unique(table["subject"])) == 1
    return np.asarray(table["run" if alone else "subject"][fold.test]).astype(str)


def estimated(
    windows: TaskWindows,
    round_: int,
    model: str,
    table: Mapping[str, Any],
    place: Place,
) -> Cell:
    """Let an estimator of the benchmark learn and judge it.

    Parameters
    ----------
    windows, round_
        Task and fold.
    model
        Its name in the table.
    table
        The estimator's.
    place
        Table of the data set and the cache, where windows are to be cut anew in the estimator's own band; else None.
    """
    began = time.perf_counter()
    prepared, folds = (windows.prepared, windows.folds) if place is None else _in_own_band(windows, *place)
    fold = folds[round_ % len(folds)]
    if table["kind"] == CSBRAIN["kind"]:
        prepared = _in_whole_seconds(prepared)
    found = Trial(prepared, fold, make_estimator(table, prepared, round_), "others", round_).run("", ())
    order = [prepared.labels.index(name) for name in windows.source.classes]
    truth = np.array([order.index(t) for t in found.truth], dtype=np.int64)
    said = found.said["clean"][:, order]
    took_s = time.perf_counter() - began
    return Cell(
        windows.card.name, model, round_, _of(prepared, fold), truth, said, fold.train.size, *(np.zeros(0),) * 2, took_s
    )


def answered(windows: TaskWindows, round_: int, model: str, answerer: Answerer, n_train: int) -> Cell:
    """Ask UniMind about the windows that judge it."""
    fold = windows.folds[fold_of(windows, round_)]
    began = time.perf_counter()
    said, spatial, temporal = [], [], []
    for start in range(0, fold.test.size, AT_ONCE):
        rows = fold.test[start : start + AT_ONCE]
        answers = answerer.answer_many(windows.prepared.windows(rows), windows.prepared.spec.names, windows.card)
        said += [answer.probabilities for answer in answers]
        spatial += [answer.evidence.spatial for answer in answers]
        temporal += [answer.evidence.temporal for answer in answers]
    if len(said) != fold.test.size:
        raise ModelError(f"{windows.card.name}: {len(said)} answers about {fold.test.size} windows")
    return Cell(
        windows.card.name, model, round_, judges(windows, fold), windows.targets(fold.test), np.array(said), n_train,
        np.mean(spatial, axis=0), np.mean(temporal, axis=0), time.perf_counter() - began,
    )  # fmt: skip


def _in_own_band(windows: TaskWindows, data: Mapping[str, Any], cache: Path) -> tuple[Prepared, Sequence[Fold]]:
    source = sources()[windows.card.name]
    prepared = prepare(data, source.recipe(windows.card, source.classical_band_hz), cache)
    return prepared, folds_of(source.setting, NoCalibration(), prepared, 0)


def _in_whole_seconds(prepared: Prepared) -> Prepared:
    """Fill a broken last second with zeros, as UniMind does: the network takes whole ones."""
    n = prepared.samples.shape[1]
    missing = -n % round(prepared.spec.rate_hz)
    return replace(prepared, samples=np.pad(prepared.samples, ((0, 0), (0, missing), (0, 0)))) if missing else prepared


def _of(prepared: Prepared, fold: Fold) -> NDArray[np.str_]:
    alone = len(np.unique(prepared.table["subject"])) == 1
    return np.asarray(prepared.table["run" if alone else "subject"][fold.test]).astype(str)
