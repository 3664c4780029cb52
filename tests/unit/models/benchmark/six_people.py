"""A data set of fabricated people, as another package would bring it: alpha is stronger with eyes closed.

How strong it is at all differs from person to person, so that knowing a person's rest helps.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from typing import Literal

import numpy as np

from models.dataset import About, Key, Labelled, Part, PublishedSplit, Task, Trial
from pipelines.errors import RecordingError
from pipelines.plugins import PluginSettings
from pipelines.signal import Channel, StreamSpec, make_chunk

RATE_HZ, REST_S, TRIAL_S, N_TRIALS = 100.0, 12.0, 4.0, 8
CHANNELS = ("O1", "O2", "P3", "P4")
CLASSES = ("open", "closed")
PEOPLE = ("00", "01", "02", "03", "04", "05")
HOW = "call write(folder)"


class Settings(PluginSettings):
    folder: str = ""
    task: Literal["classification", "regression", "retrieval"] = "classification"
    unknown_label: bool = False


def write(folder: Path, people: tuple[str, ...] = PEOPLE, sessions: int = 2, runs: int = 2) -> Path:
    """Write the recordings: rest, then trials whose classes alternate."""
    folder.mkdir(parents=True, exist_ok=True)
    for number, (subject, session, run) in enumerate(product(people, range(1, sessions + 1), range(1, runs + 1))):
        rng = np.random.default_rng([7, number])
        n = round((REST_S + N_TRIALS * TRIAL_S) * RATE_HZ) + 50
        times = np.arange(n) / RATE_HZ
        person = 2.0 ** (int(subject) - 2)
        closed = (times >= REST_S) & ((times - REST_S) // TRIAL_S % 2 == 1)
        alpha = np.sin(2 * np.pi * 10 * times + rng.uniform(0, 6)) * np.where(closed, 1.3, 1.0)
        rows = person * (alpha[:, None] + 0.3 * rng.standard_normal((n, len(CHANNELS))))
        np.save(folder / f"{subject}_{session}_{run}.npy", (10 * rows).astype(np.float32))
    return folder


@dataclass(frozen=True)
class SixPeople:
    folder: Path
    task: Task
    unknown_label: bool

    @property
    def about(self) -> About:
        return About(
            title="Six people", paradigm="eyes open and closed", task=self.task,
            classes=CLASSES if self.task == "classification" else (), n_subjects=6, n_sessions=2, channels=CHANNELS,
            rate_hz=RATE_HZ, unit="uV", window_s=2.0, metric="balanced_accuracy", citation="none", licence="none",
            url="none", access="open", how_to_get=HOW,
        )  # fmt: skip

    @property
    def splits(self) -> Mapping[str, PublishedSplit]:
        def part(*people: str) -> tuple[Part, ...]:
            return (Part(subjects=frozenset(people)),)

        first, second = (Part(sessions=frozenset({name})) for name in ("1", "2"))
        return {
            "by_people": PublishedSplit("here", part("00", "01", "02"), part("05"), part("03", "04")),
            "no_validation": PublishedSplit("here", part("00", "01", "02", "03", "04"), part("05")),
            "absent_people": PublishedSplit("here", part("00"), part("05", "99")),
            "by_session": PublishedSplit("here", (first,), (second,)),
            "leaking": PublishedSplit("here", part("00", "01", "02"), part("02", "03")),
        }

    def keys(self) -> list[Key]:
        found = sorted(Key(*path.stem.split("_")) for path in self.folder.glob("*_*_*.npy"))
        if not found:
            raise RecordingError(f"{self.folder}: {HOW}")
        return found

    def files(self, key: Key) -> tuple[Path, ...]:
        return (self.folder / f"{key.subject}_{key.session}_{key.run}.npy",)

    def read(self, key: Key) -> Labelled:
        rows = np.load(self.files(key)[0], allow_pickle=False)
        spec = StreamSpec(RATE_HZ, tuple(Channel(name) for name in CHANNELS), str(key))
        chunk = make_chunk(rows, np.arange(len(rows)) / RATE_HZ, 0)
        starts = REST_S + TRIAL_S * np.arange(N_TRIALS)
        trials = tuple(Trial(s, s + TRIAL_S, self._label(k)) for k, s in enumerate(starts))
        return Labelled(key, spec, (chunk,), trials, ((0.0, REST_S),))

    def _label(self, number: int) -> str | float:
        if self.unknown_label:
            return "winking"
        if self.task == "regression":
            return 0.5 * (number % 2)
        return CLASSES[number % 2] if self.task == "classification" else f"item {number % 4}"


def build(settings: Settings) -> SixPeople:
    return SixPeople(Path(settings.folder), settings.task, settings.unknown_label)
