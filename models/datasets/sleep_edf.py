"""Sleep-EDF Expanded, sleep cassette: days and nights of healthy people at home; PhysioNet ``sleep-edfx`` 1.0.0.

- 78 subjects, two nights but for three: ``sleep-cassette/SC4001E0-PSG.edf`` (subject 00, night 1; EEG at 100 Hz) and
  ``SC4001EC-Hypnogram.edf``, whose last letter is the scorer's.
- Scored by Rechtschaffen & Kales; 3 and 4 are N3 here, movement and ``?`` are no trials.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

from pydantic import Field

from models.dataset import About, Key, Labelled, Trial
from models.reading.edf_files import read_edf
from models.reading.fetching import fetch_physionet
from models.reading.folder_data_set import FolderDataSet, Found, by_name
from models.reading.intervals import clipped
from models.reading.listed_splits import cut, of_subjects, shuffled
from models.reading.mne_files import read_annotations
from models.reading.sleep_stages import EPOCH_S, RECHTSCHAFFEN_KALES, STAGES
from pipelines.errors import RecordingError
from pipelines.plugins import PluginSettings

STAGE = "Sleep stage "
UNSCORED = ("Sleep stage ?", "Movement time")
NAME = re.compile(r"SC4(\d\d)([12])[A-Z]\w-Hypnogram\.edf")
SUBJECTS = tuple(f"{subject:02d}" for subject in range(83) if subject not in (39, 68, 69, 78, 79))
WANTED = r"sleep-cassette/SC4\d{3}[A-Z]\w-(PSG|Hypnogram)\.edf"
"""Published paths of what is read."""
ABOUT = About(
    title="Sleep-EDF (sleep cassette)",
    paradigm="a day and a night at home",
    task="classification",
    classes=STAGES,
    n_subjects=78,
    n_sessions=2,
    channels=("Fpz-Cz", "Pz-Oz"),
    rate_hz=100.0,
    unit="uV",
    window_s=EPOCH_S,
    metric="balanced_accuracy",
    citation="Kemp et al. 2000, IEEE TBME 47:1185, doi:10.1109/10.867928; Goldberger et al. 2000",
    licence="ODC-By 1.0",
    url="https://physionet.org/content/sleep-edfx/1.0.0/",
    access="open",
    how_to_get="Get Sleep-EDF Expanded from https://physionet.org/content/sleep-edfx/1.0.0/ (open).",
    cautions=(
        "Recordings last about twenty hours: most of their wake is the day, out of bed.",
        "Papers that keep half an hour of wake on either side of the night are not comparable.",
        "A trial lasts until the stage changes; its windows are neighbours.",
    ),
)
_test, _validation, _ = cut(shuffled(SUBJECTS[63:], 42), 8, 7)
SPLITS = {
    "adabrain_cross_subject": of_subjects(
        "AdaBrain-Bench: the first 62 people by number; 8 and 7 of the last 15, shuffled with seed 42, for test and "
        f"validation. Its code forgets person {SUBJECTS[62]}, who is on no side",
        frozenset(SUBJECTS[:62]),
        _validation,
        _test,
    )
}


class Settings(PluginSettings):
    """Where the recordings are."""

    folder: str = Field("", description="Folder that holds sleep-cassette/SC4001E0-PSG.edf.")


class SleepEdf(FolderDataSet):
    """The data set in a folder."""

    about = ABOUT
    splits = SPLITS
    layout = "sleep-cassette/SC4001E0-PSG.edf with SC4001EC-Hypnogram.edf"

    def find(self) -> Found:
        """Return the nights that are scored and their hypnograms; the night is the session."""
        found = by_name(NAME, (self.folder / "sleep-cassette").glob("SC4*-Hypnogram.edf"))
        return {key: (path.with_name(f"{path.name[:7]}0-PSG.edf"), path) for key, (path,) in found.items()}

    def read(self, key: Key) -> Labelled:
        """Read one night; a trial lasts as long as its stage.

        Raises
        ------
        RecordingError
            If a file is absent or damaged, or a stage is unknown.
        """
        path, hypnogram = self.files(key)
        signal = read_edf(path, ABOUT.channels, f"Sleep-EDF {key.subject} night {key.session}", reference="bipolar")
        return Labelled(key, signal.spec, signal.chunks, clipped(_stages(hypnogram), signal.stop_s, EPOCH_S))


def _stages(path: Path) -> list[Trial]:
    scored = read_annotations(path)
    if not scored:
        raise RecordingError(f"{path}: cannot be read: it holds no stages")
    trials = []
    for onset_s, lasts_s, text in scored:
        if text in UNSCORED:
            continue
        stage = RECHTSCHAFFEN_KALES.get(text.removeprefix(STAGE))
        if stage is None:
            raise RecordingError(f"{path}: at {onset_s:g} s: {text!r} is no sleep stage")
        trials.append(Trial(onset_s, onset_s + lasts_s, stage))
    return trials


def build(settings: Settings) -> SleepEdf:
    """Make the data set."""
    return SleepEdf(Path(settings.folder))


def fetch(folder: Path, tell: Callable[[str], None]) -> None:
    """Download all recordings of the sleep cassette study and their hypnograms.

    Raises
    ------
    RecordingError
        If PhysioNet cannot be reached or a file is not what was published.
    """
    fetch_physionet("https://physionet.org/files/sleep-edfx/1.0.0/", WANTED, folder, tell)
