"""N170 with a Muse headband (eeg-notebooks 0.1): faces and houses, ``subjectN/sessionM/*.csv``.

Markers: 1 house, 2 face; the meaning comes from the notebooks. Copies in one flat folder are read too: who each file is
of is known from the published layout.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from pydantic import Field

from models.dataset import About, Key, Labelled
from models.reading import muse_recordings
from models.reading.fetching import fetch_listed
from models.reading.folder_data_set import FolderDataSet, Found
from pipelines.plugins import PluginSettings

LABELS = {1: "house", 2: "face"}
LEFT_OUT = {
    "recording_2018-05-31-16.03.39": "it is railed at 1000 uV and has seven markers, all in the first four seconds",
    "recording_2018-06-06-14.34.14": "it has one marker in two minutes",
    "recording_2018-06-06-14.42.27": "it has one marker in two minutes",
    "recording_2018-06-06-14.45.33": "it has one marker in two minutes",
    "subject3/session1/data_2018-05-14-19.38.10": "it stands under session 2 too, with the same samples",
}
"""Published recordings that are not read, and why."""
FLAT = {
    "data_2018-04-15-21.18.48": Key("subject2", "1", "01"),
    "data_2018-04-15-21.21.20": Key("subject2", "1", "02"),
    "data_2018-05-14-19.14.37": Key("subject3", "1", "01"),
    "data_2018-05-14-19.38.10": Key("subject3", "2", "02"),
    "recording_2018-05-29-20.14.04": Key("subject3", "3", "01"),
}
"""Where files of a flat copy stand in the published layout."""
ABOUT = About(
    title="Muse N170",
    paradigm="pictures of faces and houses, about every 0.6 s",
    task="classification",
    classes=tuple(LABELS.values()),
    n_subjects=5,
    n_sessions=3,
    channels=muse_recordings.CHANNELS,
    rate_hz=muse_recordings.RATE_HZ,
    unit="uV",
    window_s=muse_recordings.TRIAL_S,
    metric="auroc",
    citation="Barachant et al. 2017, eeg-notebooks (NeuroTechX), https://github.com/NeuroTechX/eeg-notebooks_v0.1",
    licence="BSD-3-Clause",
    url="https://github.com/NeuroTechX/eeg-notebooks_v0.1",
    access="open",
    how_to_get=(
        "Get the folder data/visual/N170 of https://github.com/NeuroTechX/eeg-notebooks_v0.1 (open); "
        "files may be gzipped."
    ),
    cautions=(
        "Trials overlap: the next picture comes before a trial ends, so split by recording, never by trial.",
        "Time stamps are rounded or jitter; the time axis is rebuilt from 256 Hz.",
        *(f"The recording {name} is left out: {why}." for name, why in LEFT_OUT.items()),
    ),
)


class Settings(PluginSettings):
    """Where the recordings are."""

    folder: str = Field("", description="Folder N170 with subjectN/sessionM/*.csv, or with the files side by side.")


class MuseN170(FolderDataSet):
    """The data set in a folder."""

    about = ABOUT
    layout = "subjectN/sessionM/*.csv"

    def find(self) -> Found:
        """Return the usable recordings."""
        flat = {FLAT[s]: (path,) for path in self.folder.glob("*.csv*") if (s := muse_recordings.stem(path)) in FLAT}
        return flat | muse_recordings.find(self.folder, LEFT_OUT)

    def read(self, key: Key) -> Labelled:
        """Read one recording of two minutes.

        Raises
        ------
        RecordingError
            If the file is absent or damaged.
        """
        (path,) = self.files(key)
        return muse_recordings.read(path, key, LABELS)


def build(settings: Settings) -> MuseN170:
    """Make the data set."""
    return MuseN170(Path(settings.folder))


def fetch(folder: Path, tell: Callable[[str], None]) -> None:
    """Download the usable recordings.

    Raises
    ------
    RecordingError
        If GitHub cannot be reached or a file is not what was published.
    """
    fetch_listed("muse_n170", folder, tell)
