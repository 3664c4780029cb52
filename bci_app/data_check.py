"""Behind ``bci-app data check``: read every recording of a folder, count, name what is wrong. Nobody is described."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from rich.console import Console
from rich.progress import Progress
from rich.table import Table

from bci_app.config import with_overrides
from models.dataset import About, DataSet, Labelled
from pipelines.errors import BciError
from pipelines.plugins import make
from pipelines.signal import StreamSpec

SHOWN_CLASSES = 8


@dataclass(slots=True)
class Person:
    """What there is of one subject."""

    recordings: int = 0
    signal_s: float = 0.0
    rest_s: float = 0.0
    trials: Counter[str] = field(default_factory=Counter)


@dataclass(slots=True)
class Findings:
    """What a folder holds.

    ``notes`` are differences from what was published that a benchmark can live with; ``problems`` are not.
    """

    about: About
    people: dict[str, Person] = field(default_factory=lambda: defaultdict(Person))
    streams: Counter[StreamSpec] = field(default_factory=Counter)
    notes: list[str] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)

    def as_dict(self) -> dict[str, Any]:
        """Return the findings for ``--json``."""
        return {
            "title": self.about.title,
            "people": {
                name: {"recordings": p.recordings, "signal_s": round(p.signal_s, 3), "rest_s": round(p.rest_s, 3),
                       "trials": dict(p.trials)}
                for name, p in self.people.items()
            },
            "streams": [_stream(spec) | {"recordings": count} for spec, count in self.streams.items()],
            "notes": self.notes,
            "problems": self.problems,
        }  # fmt: skip

    def lines(self) -> list[Table | str]:
        """Return the findings for a terminal."""
        counted = self._columns()
        table = Table("subject", "recordings", "minutes", "rest (s)", *(counted or ("trials",)), title=self.about.title)
        for name, p in self.people.items():
            numbers = [p.trials[label] for label in counted] if counted else [p.trials.total()]
            table.add_row(name, str(p.recordings), f"{p.signal_s / 60:.1f}", f"{p.rest_s:.0f}", *map(str, numbers))
        streams = [
            f"{count} recordings: {len(s['channels'])} channels, {s['rate_hz']:g} Hz, {', '.join(s['units'])}, "
            f"reference {s['reference']}: {', '.join(s['channels'])}"
            for spec, count in self.streams.items()
            for s in [_stream(spec)]
        ]
        notes = [f"note: {text}" for text in self.notes]
        problems = [f"problem: {text}" for text in self.problems] or ["no problems found"]
        return [table, *streams, *notes, *problems]

    def _columns(self) -> tuple[str, ...]:
        """Classes as columns where they are few."""
        return self.about.classes if len(self.about.classes) <= SHOWN_CLASSES else ()


def _stream(spec: StreamSpec) -> dict[str, Any]:
    return {
        "channels": list(spec.names),
        "rate_hz": spec.rate_hz,
        "units": sorted({channel.unit for channel in spec.channels}),
        "reference": spec.reference,
    }


def examine(kind: str, folder: Path, overrides: Sequence[str] = ()) -> Findings:
    """Read every recording; one that cannot be read is a finding, not the end.

    Raises
    ------
    BciError
        If there is no such data set, a setting is wrong, or the folder holds no recording at all.
    """
    data: DataSet = make("datasets", with_overrides({"kind": kind, "folder": str(folder)}, overrides), "data check")
    found = Findings(data.about)
    keys = list(data.keys())
    with Progress(console=Console(stderr=True)) as progress:
        for key in progress.track(keys, description=data.about.title):
            try:
                _count(found, data.read(key))
            except BciError as exc:
                found.problems.append(str(exc))
    _compare(found)
    return found


def _count(found: Findings, recording: Labelled) -> None:
    key, spec = recording.key, recording.spec
    where = f"subject {key.subject}, session {key.session}, run {key.run}"
    person = found.people[key.subject]
    person.recordings += 1
    person.signal_s += sum(chunk.n_samples for chunk in recording.chunks) / spec.rate_hz
    person.rest_s += sum(stop_s - start_s for start_s, stop_s in recording.rest)
    found.streams[StreamSpec(spec.rate_hz, spec.channels, "", spec.reference)] += 1
    if found.about.task == "classification":
        person.trials.update(str(trial.label) for trial in recording.trials)
    else:
        person.trials[found.about.task] += len(recording.trials)
    found.problems += [f"{where}: {text}" for text in _faults(found.about, recording)]
    gaps = sum(chunk.gap_before for chunk in recording.chunks if chunk.first_index > chunk.gap_before)
    if gaps and len(recording.chunks) != len(recording.trials):  # epochs lie apart by nature
        found.notes.append(f"{where}: {gaps} samples lost")


def _faults(about: About, recording: Labelled) -> Iterable[str]:
    """Yield what makes a recording useless, in part or as a whole."""
    bad = sum(int(np.count_nonzero(~np.isfinite(chunk.samples).all(axis=1))) for chunk in recording.chunks)
    if bad:
        yield f"{bad} samples are not finite"
    spread = [np.ptp(chunk.samples, axis=0) for chunk in recording.chunks if chunk.n_samples]
    if spread:
        flat = [name for name, wide in zip(recording.spec.names, np.max(spread, axis=0), strict=True) if wide == 0]
        if flat:
            yield f"flat channels: {', '.join(flat)}"
    if not recording.trials and not recording.rest:
        yield "neither a trial nor rest"
    missing = [name for name in about.channels if name not in recording.spec.names]
    if missing:
        yield f"missing channels: {', '.join(missing)}"
    tolerance_s = 0.5 / recording.spec.rate_hz
    short = sum(t.stop_s - t.start_s - about.from_s < about.window_s - tolerance_s for t in recording.trials)
    if short:
        yield f"{short} of {len(recording.trials)} trials are shorter than the window of {about.window_s:g} s"


def _compare(found: Findings) -> None:
    """Note what differs from what was published, or from one recording to another."""
    about = found.about
    if len(found.people) != about.n_subjects:
        found.notes.append(f"{len(found.people)} subjects here; published are {about.n_subjects}")
    for rate_hz in sorted({spec.rate_hz for spec in found.streams} - {about.rate_hz}):
        found.notes.append(f"some recordings have {rate_hz:g} Hz; published are {about.rate_hz:g} Hz")
    if len({spec.names for spec in found.streams}) > 1:
        found.notes.append("recordings have different channels; a recipe must select those that all have")
    counted = sum((person.trials for person in found.people.values()), Counter[str]())
    found.notes += [f"no trial of class {label} here" for label in about.classes if not counted[label]]
    unknown = sorted(set(counted) - set(about.classes)) if about.task == "classification" else []
    if unknown:
        found.problems.append(f"labels that the data set does not declare: {', '.join(unknown)}")
