"""EEGMAT: rest and mental arithmetic (serial subtraction), PhysioNet ``eegmat`` 1.0.0.

- 36 subjects, two EDF files each: ``SubjectNN_1.edf`` rest (182 s for most), ``SubjectNN_2.edf`` task (62 s).
- 19 EEG channels of the 10-20 system, linked ears, 500 Hz (copies at 200 Hz exist), 0.5-45 Hz, 50 Hz notch, µV.
- Subjects 32-35 are the published test subjects: nothing of ours trains, tunes or calibrates on them. They are left out
  unless the settings say ``published_test``, which is for scores on a published split and for nothing else.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

import mne
from pydantic import Field

from models.dataset import About, Key, Labelled, Part, PublishedSplit, Trial
from models.reading.fetching import fetch_physionet
from models.reading.folder_data_set import FolderDataSet, Found, not_here
from models.reading.listed_splits import numbered
from models.reading.mne_files import eeg_stream, open_raw
from pipelines.errors import RecordingError
from pipelines.plugins import PluginSettings

CLASSES = ("rest", "mental_arithmetic")
"""Of runs 1 and 2."""
REST_RUN = "1"
# fmt: off
CHANNELS = ("Fp1", "Fp2", "F3", "F4", "F7", "F8", "T7", "T8", "C3", "C4", "P7", "P8", "P3", "P4", "O1", "O2",
            "Fz", "Cz", "Pz")
# fmt: on
ABOUT = About(
    title="EEGMAT",
    paradigm="about three minutes of rest, then serial subtraction, of which one minute is published",
    task="classification",
    classes=CLASSES,
    n_subjects=36,
    n_sessions=1,
    channels=CHANNELS,
    rate_hz=500.0,
    unit="uV",
    window_s=5.0,
    metric="balanced_accuracy",
    citation="Zyma et al. 2019, Data 4:14, doi:10.3390/data4010014",
    licence="ODC-By 1.0",
    url="https://physionet.org/content/eegmat/1.0.0/",
    access="open",
    how_to_get="Get EEGMAT from https://physionet.org/content/eegmat/1.0.0/ (open).",
    cautions=(
        "Rest and task are separate recordings, so drift and electrode state follow the label.",
        "The recordings were cleaned of blinks by ICA and band-limited to 0.5-45 Hz; a live stream is not.",
        "The published split tests on four people, who are easier than most.",
    ),
)


HELD_OUT = numbered("{:02d}", range(32, 36))
SPLITS = {
    "cbramod": PublishedSplit(
        "CBraMod and CSBrain: files sorted by name; four test people, so one window in 192 is half a point",
        train=(Part(numbered("{:02d}", range(28))),),
        validation=(Part(numbered("{:02d}", range(28, 32))),),
        test=(Part(HELD_OUT),),
    ),
    "adabrain": PublishedSplit(
        "AdaBrain-Bench: its validation windows come from the training subjects; ours sets subjects aside instead",
        train=(Part(numbered("{:02d}", range(32))),),
        test=(Part(HELD_OUT),),
    ),
}


class Settings(PluginSettings):
    """Where the recordings are, and whether the published test subjects may be read."""

    folder: str = Field("", description="Folder with SubjectNN_1.edf and SubjectNN_2.edf.")
    published_test: bool = Field(
        False, description="Also read subjects 32-35. Only for a score on a published split, never for development."
    )


@dataclass(frozen=True)
class EegMat(FolderDataSet):
    """The data set in a folder."""

    about = ABOUT
    splits = SPLITS
    layout = "SubjectNN_1.edf and SubjectNN_2.edf"

    published_test: bool = False

    def find(self) -> Found:
        """Return runs 1 (rest) and 2 (task) of each subject of whom one is there."""
        subjects = {path.name[7:9] for path in self.folder.glob("Subject[0-9][0-9]_[12].edf")}
        runs = [Key(subject, run=run) for subject in subjects for run in ("1", "2")]
        return {key: (self.folder / f"Subject{key.subject}_{key.run}.edf",) for key in runs}

    def listed(self, found: Found) -> Iterable[Key]:
        """Return all recordings; those of 32-35 only with ``published_test``.

        Raises
        ------
        RecordingError
            If one has lost its partner.
        """
        kept = sorted(key for key in found if self.published_test or key.subject not in HELD_OUT)
        lost = [path.name for key in kept for path in found[key] if not path.is_file()]
        if lost:
            raise not_here(self.folder, ", ".join(lost), ABOUT)
        return kept

    def read(self, key: Key) -> Labelled:
        """Return one recording, the whole of it one trial, EEG in µV.

        Raises
        ------
        RecordingError
            If the file is absent or damaged, or is of a published test subject and may not be read.
        """
        (path,) = self.files(key)
        if key.subject in HELD_OUT and not self.published_test:
            raise RecordingError(f"{path}: subjects 32-35 are the published test; published_test is not set")
        raw = open_raw(mne.io.read_raw_edf, path)
        spec, chunk = eeg_stream(raw, CHANNELS, path, f"EEGMAT {path.stem}", reference="linked ears")
        whole = (0.0, chunk.n_samples / spec.rate_hz)
        trial = Trial(*whole, CLASSES[int(key.run) - 1])
        return Labelled(key, spec, (chunk,), (trial,), (whole,) if key.run == REST_RUN else ())


def build(settings: Settings) -> EegMat:
    """Make the data set."""
    return EegMat(Path(settings.folder), settings.published_test)


def fetch(folder: Path, tell: Callable[[str], None]) -> None:
    """Download all recordings (72 files).

    Raises
    ------
    RecordingError
        If PhysioNet cannot be reached or a file is not what was published.
    """
    fetch_physionet("https://physionet.org/files/eegmat/1.0.0/", r"Subject\d\d_[12]\.edf", folder, tell)
