"""SSVEP-Exoskeleton: flicker at 13, 17 and 21 Hz, and rest.

- 12 subjects, two or more sessions each of 32 trials: ``subjectNN/record-[DATE]_raw.fif`` with
  ``record-[DATE]-eve.fif``. 8 occipital channels, 256 Hz, reference at a mastoid.
- Event codes: 1 rest, 2 = 13 Hz, 3 = 21 Hz, 4 = 17 Hz, at the audio cue; the LED is fixated for 5 s.
- Sessions are numbered in order of their dates.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import mne
import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from models.dataset import About, Key, Labelled, Trial
from models.reading.fetching import fetch_listed
from models.reading.folder_data_set import FolderDataSet, Found
from models.reading.mne_files import eeg_stream, open_raw, through_mne
from pipelines.plugins import PluginSettings

LABELS = {1: "rest", 2: "13 Hz", 3: "21 Hz", 4: "17 Hz"}
TRIAL_S = 5.0
DUPLICATE = ("subject07", "2012.07.11-15.33.08")
"""Holds the samples and events of subject03's session of that date."""
ABOUT = About(
    title="SSVEP-Exoskeleton",
    paradigm="looking at one of three flickering LEDs, or at none, after an audio cue",
    task="classification",
    classes=tuple(LABELS.values()),
    n_subjects=12,
    n_sessions=2,
    channels=("Oz", "O1", "O2", "PO3", "POz", "PO7", "PO8", "PO4"),
    rate_hz=256.0,
    unit="unknown",
    window_s=3.0,
    from_s=2.0,
    metric="balanced_accuracy",
    citation="Kalunga et al. 2016, Neurocomputing 191:55, doi:10.1016/j.neucom.2016.01.007",
    licence="CC0 1.0",
    url="https://github.com/sylvchev/dataset-ssvep-exoskeleton",
    access="open",
    how_to_get="Get the data set from https://github.com/sylvchev/dataset-ssvep-exoskeleton (open).",
    cautions=(
        "Every session has the same order of trials and begins with all trials of rest: time predicts the label.",
        "The unit is not stated: the files say volts, with a deviation of millivolts.",
        "One session stands under two subjects with the same samples; it is left out of the second.",
        "The authors left out a session of subject08 for faults of the protocol; it is kept here.",
    ),
)


class Settings(PluginSettings):
    """Where the recordings are."""

    folder: str = Field("", description="Folder with subjectNN/record-[DATE]_raw.fif.")


class SsvepExo(FolderDataSet):
    """The data set in a folder."""

    about = ABOUT
    layout = "subjectNN/*_raw.fif"

    def find(self) -> Found:
        """Number the distinct sessions by date; one of whose two files only one is left keeps its number."""
        found = {}
        for home in self.folder.glob("subject*"):
            stems = {path.name.removesuffix("_raw.fif") for path in home.glob("*_raw.fif")}
            stems |= {path.name.removesuffix("-eve.fif") for path in home.glob("*-eve.fif")}
            stems = {stem for stem in stems if home.name != DUPLICATE[0] or DUPLICATE[1] not in stem}
            for number, stem in enumerate(sorted(stems), start=1):
                found[Key(home.name, str(number))] = (home / f"{stem}_raw.fif", home / f"{stem}-eve.fif")
        return found

    def read(self, key: Key) -> Labelled:
        """Return one session; a trial lasts from the cue to the end of the flicker.

        Raises
        ------
        RecordingError
            If a file is absent or damaged.
        """
        signal, events = self.files(key)
        raw = open_raw(mne.io.read_raw_fif, signal)
        spec, chunk = eeg_stream(
            raw, ABOUT.channels, signal, f"{key.subject} session {key.session}", reference="mastoid", unit="unknown"
        )
        cues = [((int(at) - raw.first_samp) / spec.rate_hz, int(code)) for at, _, code in _events(events)]
        trials = tuple(Trial(at_s, at_s + TRIAL_S, LABELS[code]) for at_s, code in cues if code in LABELS)
        rest = tuple((trial.start_s, trial.stop_s) for trial in trials if trial.label == "rest")
        return Labelled(key, spec, (chunk,), trials, rest)


def _events(path: Path) -> NDArray[np.int64]:
    """Read (n_events, 3): sample, unused, code."""
    with through_mne(path):
        events: NDArray[np.int64] = mne.read_events(path, verbose="error")
    return events


def build(settings: Settings) -> SsvepExo:
    """Make the data set."""
    return SsvepExo(Path(settings.folder))


def fetch(folder: Path, tell: Callable[[str], None]) -> None:
    """Download the sessions of all twelve people, but for two of subject12, whose checksums are not known to us.

    Raises
    ------
    RecordingError
        If GitHub cannot be reached or a file is not what was published.
    """
    fetch_listed("ssvep_exo", folder, tell)
