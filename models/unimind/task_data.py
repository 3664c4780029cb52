"""From a data set to the samples of a task card: live stages, windows, people (or sessions, runs) left out, options.

Windows, folds and the guard are those of the benchmark, so what judges UniMind has taught it nothing, and what teaches
it has passed through the very stages of a live session. All cards share one set of stages: the question may change
while a session runs.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydantic import Field, ValidationError

from models.benchmark.file_hashes import FileHashes
from models.benchmark.folds import Fold, Rows
from models.benchmark.guard import UNITS, check
from models.benchmark.preparation import prepare, silent
from models.benchmark.recipe import Recipe
from models.benchmark.settings import Setting, folds_of
from models.benchmark.settings.calibration import NoCalibration
from models.benchmark.settings.table import clear_of
from models.benchmark.windows import Prepared
from models.training.task import Progress, Stopped
from models.unimind.samples import RATE_HZ, Sample, TaskSamples
from models.unimind.task_cards import TaskCard, cards
from pipelines.errors import ConfigError
from pipelines.plugins import PluginSettings, configure, explain

SOURCES = Path(__file__).with_name("task_sources.toml")
STAGES: tuple[dict[str, Any], ...] = (
    {"kind": "nonfinite"},
    {"kind": "resample", "rate_hz": RATE_HZ},
    {"kind": "notch", "freq_hz": 50.0, "q": 20.0},
    {"kind": "notch", "freq_hz": 60.0, "q": 20.0},
    {"kind": "bandpass", "low_hz": 1.0, "high_hz": 45.0},
)
"""Between the electrodes and UniMind, whatever is asked; the shipped ``workload`` decoder has the same filters."""
HELD_OUT_SHARE = 0.2
"""Share of what teaches that is set aside to stop the training and to calibrate the probabilities."""


class TaskSource(PluginSettings):
    """Where the samples of a card come from."""

    data: dict[str, Any] = Field(description="Table of a data set; its folder is relative to the data root.")
    classes: tuple[str, ...] = Field(min_length=2, description="Classes of the data set, in the order of the options.")
    from_s: float = Field(0.0, description="Where the first window of a trial begins, from the trial's start (s).")
    hop_s: float | None = Field(None, gt=0, description="Step between windows (s); none: as long as the window.")
    named: dict[str, str] = Field({}, description="Electrodes that stand for channels that are none.")
    setting: Setting = Field(description="Who teaches and who judges.")
    classical: dict[str, Any] = Field(description="Table of the estimator that stands beside the answers.")
    classical_band_hz: tuple[float, float] | None = Field(None, description="Its pass band (Hz); none: that of all.")
    figure: str = Field("balanced_accuracy", description="Figure of the benchmark's metrics that judges.")

    def recipe(self, card: TaskCard, band_hz: tuple[float, float] | None = None) -> Recipe:
        """Return how windows are made; ``band_hz`` puts another pass band in the place of the common one."""
        rename = ({"kind": "rename", "names": self.named},) if self.named else ()
        stages = [dict(table) for table in STAGES]
        if band_hz is not None:
            stages[-1] |= {"low_hz": band_hz[0], "high_hz": band_hz[1]}
        return Recipe(
            window_s=card.window_s,
            hop_s=self.hop_s,
            from_s=self.from_s,
            classes=self.classes,
            stages=(*rename, *stages),
        )


class TaskTable(PluginSettings):
    """One entry of ``[[data]]`` of a training file."""

    card: str = Field(description="Name of the task card.")
    folder: str = Field(description="Folder of the data set.")
    options: dict[str, Any] = Field({}, description="Settings of the data set that differ from the card's own.")
    fold: int = Field(-1, ge=-1, description="Number of the fold that is left out altogether; -1: none is.")
    limit: int | None = Field(None, ge=2, description="At most so many windows teach, drawn by lot.")


@dataclass(frozen=True, slots=True)
class TaskWindows:
    """A card's data set after the live stages, and its folds, each passed by the guard."""

    card: TaskCard
    source: TaskSource
    prepared: Prepared
    folds: tuple[Fold, ...]

    def targets(self, rows: Rows) -> NDArray[np.int64]:
        """Return the number of the right option of each row."""
        place = np.array([self.source.classes.index(name) for name in self.prepared.labels], dtype=np.int64)
        return np.asarray(place[self.prepared.targets(rows)])

    def samples(self, rows: Rows) -> list[Sample]:
        """Return rows as samples."""
        windows, table = self.prepared.windows(rows), self.prepared.table[rows]
        targets, channels = self.targets(rows), self.prepared.spec.names
        return [
            Sample(self.card.name, window, channels, int(target), str(row["subject"]), str(row["session"]))
            for window, target, row in zip(windows, targets, table, strict=True)
        ]


@cache
def sources() -> dict[str, TaskSource]:
    """Return where the samples of each card come from.

    Raises
    ------
    ConfigError
        If the file is damaged or names a card that there is not.
    """
    found = {}
    for name, table in tomllib.loads(SOURCES.read_text(encoding="utf-8")).items():
        try:
            found[name] = TaskSource.model_validate(table)
        except ValidationError as exc:
            raise ConfigError(explain(exc, f"{SOURCES}: {name}")) from exc
        if name not in cards() or len(cards()[name].options) != len(found[name].classes):
            raise ConfigError(f"{SOURCES}: {name}: no card of this name has {len(found[name].classes)} options")
    return found


def task_windows(
    name: str, folder: Path, cache_folder: Path, seed: int = 0, options: Mapping[str, Any] | None = None,
    tell: Any = silent,
) -> TaskWindows:  # fmt: skip
    """Prepare the data set of a card and deal its folds.

    Parameters
    ----------
    name
        Of the card.
    folder
        Of the data set.
    cache_folder
        Of prepared windows.
    seed
        Of the folds.
    options
        Settings of the data set beside those of the card's source.
    tell
        Gets a line for every recording that is read.

    Raises
    ------
    BciError
        If there is no such card, or data are missing, or a fold leaks.
    """
    if name not in sources():
        raise ConfigError(f"card {name!r}: no samples are known for it; there are {', '.join(sources())}")
    card, source = cards()[name], sources()[name]
    table = {**source.data, **(options or {}), "folder": str(folder)}
    prepared = prepare(table, source.recipe(card), cache_folder, tell)
    return TaskWindows(card, source, prepared, tuple(folds_of(source.setting, NoCalibration(), prepared, seed)))


def load_tasks(
    tables: Sequence[Mapping[str, Any]], cache_folder: Path, seed: int, progress: Progress
) -> list[TaskSamples]:
    """Return what a training file teaches, a task for each table.

    Parameters
    ----------
    tables
        Of :class:`TaskTable`.
    cache_folder
        Of prepared windows.
    seed
        Of folds and of what is set aside.
    progress
        Where to tell, and whether to stop.

    Raises
    ------
    Stopped
        If it was asked to end.
    BciError
        As :func:`task_windows`.
    """

    def tell(text: str) -> None:
        if progress.stop_requested:
            raise Stopped("nothing is trained yet")
        progress.phase(text)

    found = []
    for number, values in enumerate(tables):
        try:
            wanted = TaskTable.model_validate(dict(values))
        except ValidationError as exc:
            raise ConfigError(explain(exc, f"data: entry {number + 1}")) from exc
        windows = task_windows(wanted.card, Path(wanted.folder), cache_folder, seed, wanted.options, tell)
        if wanted.fold >= len(windows.folds):
            raise ConfigError(f"data: {wanted.card}: fold = {wanted.fold}: there are {len(windows.folds)}, from 0 on")
        hashes = FileHashes(cache_folder / "files.sqlite")
        found.append(task_samples(windows, wanted.fold, seed, wanted.limit, _files(windows, wanted, hashes)))
    return found


def task_samples(
    windows: TaskWindows, fold: int, seed: int, limit: int | None = None, files: Mapping[str, str] | None = None
) -> TaskSamples:
    """Return the samples that teach when a fold is left out (-1: none), some people of them set aside.

    Parameters
    ----------
    windows
        Of a card.
    fold
        Number of the fold.
    seed
        Of what is set aside and drawn.
    limit
        At most so many windows teach.
    files
        SHA-256 by name, for the checkpoint's card.
    """
    prepared = windows.prepared
    teaching = windows.folds[fold].train if fold >= 0 else np.flatnonzero(prepared.table["role"] == 0)
    train, aside = set_aside(prepared, teaching, seed)
    if limit is not None and train.size > limit:
        train = np.sort(np.random.default_rng(seed).permutation(train)[:limit])
    about = prepared.about
    people = len(np.unique(prepared.table["subject"][teaching]))
    source = f"{about.title} ({about.licence}): {people} people"
    return TaskSamples(windows.card, windows.samples(train), windows.samples(aside), source, dict(files or {}))


def set_aside(prepared: Prepared, rows: Rows, seed: int) -> tuple[Rows, Rows]:
    """Part rows into those that teach and about a fifth set aside, of all that is there the largest of these units.

    People where there are five or more; else runs, where there are three or more; else the last trials of each run.
    The guard sees that no unit, and no moment, is on both sides.
    """
    table = prepared.table[rows]
    for unit, fewest in (("subject", 5), ("run", 3)):
        keys, code = np.unique(table[list(UNITS[unit])], return_inverse=True)
        if len(keys) >= fewest:
            n_aside = max(1, round(HELD_OUT_SHARE * len(keys)))
            aside = np.isin(code, np.random.default_rng([seed, 77]).permutation(len(keys))[:n_aside])
            break
    else:
        unit, aside = "trial", _last_trials(table)
    train, held_out = rows[~aside], clear_of(prepared, rows[aside], rows[~aside])
    check(prepared, Fold("set aside", train, held_out), unit)
    return train, held_out


def _last_trials(table: NDArray[Any]) -> NDArray[np.bool_]:
    """Say which rows are of the last fifth of their recording's trials."""
    last = np.zeros(len(table), dtype=bool)
    for recording in np.unique(table["recording"]):
        mine = table["recording"] == recording
        trials = np.unique(table["trial"][mine])
        last |= mine & np.isin(table["trial"], trials[-max(1, round(HELD_OUT_SHARE * len(trials))) :])
    return last


def _files(windows: TaskWindows, wanted: TaskTable, hashes: FileHashes) -> dict[str, str]:
    module, settings = configure(
        "datasets", {**windows.source.data, **wanted.options, "folder": wanted.folder}, f"data: {wanted.card}"
    )
    source = module.build(settings)
    paths = [path for key in source.keys() for path in source.files(key)]
    return {path.name: hashes.sha256(path) for path in paths}
