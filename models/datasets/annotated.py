"""Any folder of recordings whose annotations name what the person did: files that MNE reads, BIDS names or not.

- ``sub-03_ses-01_task-eyes_run-02_eeg.edf``: subject, session and run are those of the name; a file whose name has no
  ``sub-`` counts as a person of its own.
- An annotation with a duration is one trial. One without a duration begins a state that lasts until the next
  annotation that names one, or until the end: what ``bci-app export`` writes of the simulated participant.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
from pydantic import Field, field_validator

from models.dataset import About, Key, Labelled, Trial
from models.reading.any_recording import electrodes, find_recordings, open_recording
from models.reading.folder_data_set import FolderDataSet, Found
from models.reading.mne_files import read_span, spans
from models.reading.streams import eeg_spec, one_chunk
from pipelines.errors import RateMismatch, RecordingError
from pipelines.plugins import PluginSettings

TEN_TWENTY = tuple("Fp1 Fp2 F3 F4 F7 F8 T7 T8 C3 C4 P7 P8 P3 P4 O1 O2 Fz Cz Pz".split())
ABOUT = About(
    title="Annotated recordings",
    paradigm="what the annotations name",
    task="classification",
    classes=("eyes_open", "eyes_closed"),
    n_subjects=1,
    n_sessions=1,
    channels=TEN_TWENTY,
    rate_hz=250.0,
    unit="uV",
    window_s=4.0,
    metric="balanced_accuracy",
    citation="that of whoever recorded them",
    licence="that of whoever recorded them",
    url="https://bids.neuroimaging.io",
    access="open",
    how_to_get="Record a session with markers and export it (bci-app export), or name a folder of your own recordings.",
    cautions=("Rate, channels and labels are what the settings say: nothing is published of these recordings.",),
)


class Settings(PluginSettings):
    """Where the recordings are, and which annotations are classes."""

    folder: str = Field("", description="Folder of recordings; those in folders below it count, too.")
    title: str = Field("", description="What they are called in reports; empty: annotated recordings.")
    classes: tuple[str, ...] = Field(
        ABOUT.classes, min_length=2, description="Texts of annotations that are classes; others end no state."
    )
    files: tuple[str, ...] = Field((), description="Globs relative to the folder; empty takes all that MNE reads.")
    channels: tuple[str, ...] = Field(TEN_TWENTY, min_length=1, description="10-10 names of the channels, in order.")
    rate_hz: float = Field(ABOUT.rate_hz, gt=0, description="Sampling rate of the files (Hz).")
    window_s: float = Field(ABOUT.window_s, gt=0, description="Window of the default recipe (s).")

    @field_validator("classes")
    @classmethod
    def _each_once(cls, classes: tuple[str, ...]) -> tuple[str, ...]:
        if len(set(classes)) < len(classes):
            raise ValueError("a class is named twice")
        return classes


@dataclass(frozen=True)
class Annotated(FolderDataSet):
    """The recordings in a folder."""

    settings: Settings = field(default_factory=Settings)
    layout = "recordings that MNE reads"

    @property
    def about(self) -> About:
        """What the settings say of them."""
        s = self.settings
        return replace(
            ABOUT,
            title=s.title or ABOUT.title,
            classes=s.classes,
            channels=s.channels,
            rate_hz=s.rate_hz,
            window_s=s.window_s,
        )

    def find(self) -> Found:
        """Return the recordings."""
        found: dict[Key, tuple[Path, ...]] = {}
        for path in find_recordings(self.folder, self.settings.files):
            key = _key(path)
            if key in found:
                raise RecordingError(f"{path}: the same subject, session and run as {found[key][0]}: rename one")
            found[key] = (path,)
        return found

    def read(self, key: Key) -> Labelled:
        """Read one recording.

        Raises
        ------
        RecordingError
            If the file is absent or damaged, or lacks channels.
        RateMismatch
            If its rate is another one than the settings say.
        """
        (path,) = self.files(key)
        raw = open_recording(path)
        rate_hz, wanted = float(raw.info["sfreq"]), self.settings
        if abs(rate_hz - wanted.rate_hz) > 1e-6 * rate_hz:
            raise RateMismatch(f"{path}: {rate_hz:g} Hz, rate_hz = {wanted.rate_hz:g}: say rate_hz = {rate_hz:g}")
        places = electrodes(raw)
        missing = [name for name in wanted.channels if name not in places]
        if missing:
            raise RecordingError(f"{path}: has no channels {', '.join(missing)}; it has {', '.join(raw.ch_names)}")
        rows = read_span(raw, [places[name] for name in wanted.channels], 0, int(raw.n_times), path)
        spec = eeg_spec(wanted.channels, rate_hz, f"subject {key.subject}, session {key.session}, run {key.run}")
        trials = trials_of(_events(raw), wanted.classes, len(rows) / rate_hz)
        return Labelled(key, spec, (one_chunk(rows.astype(np.float32), rate_hz),), trials)


def trials_of(events: list[tuple[float, float, str]], classes: tuple[str, ...], stop_s: float) -> tuple[Trial, ...]:
    """Return the trials that (onset s, duration s, text) tell; an onset without a duration lasts until the next one.

    Parameters
    ----------
    events
        On the recording's clock, which begins at 0, in any order.
    classes
        Texts that are classes; text before a last ``/`` is no part of them. Others are passed over.
    stop_s
        Where the recording ends (s).
    """
    named = sorted(
        (onset, lasts, name) for onset, lasts, text in events if (name := text.rpartition("/")[2]) in classes
    )
    ends = [later[0] for _, later in pairwise(named)] + [stop_s]
    found = []
    for (onset, lasts, name), end in zip(named, ends, strict=True):
        stop = min(onset + lasts if lasts > 0 else end, stop_s)
        if stop > max(onset, 0.0):
            found.append(Trial(max(onset, 0.0), stop, name))
    return tuple(found)


def _events(raw: Any) -> list[tuple[float, float, str]]:
    origin_s = raw.first_time if raw.info["meas_date"] is not None else 0.0
    return [(onset - origin_s, lasts, text) for onset, lasts, text in spans(raw.annotations)]


def _key(path: Path) -> Key:
    stem = path.name.partition(".")[0]
    match = re.match(r"sub-([A-Za-z0-9]+)", stem)
    if match is None:
        return Key(stem[:32])
    session, run = (re.search(rf"_{label}-([A-Za-z0-9]+)", stem) for label in ("ses", "run"))
    return Key(match[1], session[1] if session else "1", run[1] if run else "1")


def build(settings: Settings) -> Annotated:
    """Make the data set."""
    return Annotated(Path(settings.folder), settings)
