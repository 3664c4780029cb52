"""Visual P300 with a Muse headband (eeg-notebooks 0.1): rare cats among dogs, ``subjectN/sessionM/*.csv``.

Markers: 1 non-target, 2 target; the meaning comes from the notebooks. The column is ``Marker`` or ``Marker0``.
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

LABELS = {1: "non_target", 2: "target"}
ABOUT = About(
    title="Muse P300",
    paradigm="visual oddball: pictures about every 0.6 s, one in six a target",
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
        "Get the folder data/visual/P300 of https://github.com/NeuroTechX/eeg-notebooks_v0.1 (open); "
        "files may be gzipped."
    ),
    cautions=(
        "Trials overlap: the next picture comes before a trial ends, so split by recording, never by trial.",
        "Time stamps are rounded; the time axis is rebuilt from 256 Hz.",
        "There are few people: nothing here supports a claim about people in general.",
    ),
)


class Settings(PluginSettings):
    """Where the recordings are."""

    folder: str = Field("", description="Folder P300 with subjectN/sessionM/*.csv (or .csv.gz).")


class MuseP300(FolderDataSet):
    """The data set in a folder."""

    about = ABOUT
    layout = "subjectN/sessionM/*.csv"

    def find(self) -> Found:
        """Return the recordings."""
        return muse_recordings.find(self.folder, ())

    def read(self, key: Key) -> Labelled:
        """Read one recording of two minutes.

        Raises
        ------
        RecordingError
            If the file is absent or damaged.
        """
        (path,) = self.files(key)
        return muse_recordings.read(path, key, LABELS)


def build(settings: Settings) -> MuseP300:
    """Make the data set."""
    return MuseP300(Path(settings.folder))


def fetch(folder: Path, tell: Callable[[str], None]) -> None:
    """Download all recordings of the five people.

    Raises
    ------
    RecordingError
        If GitHub cannot be reached or a file is not what was published.
    """
    fetch_listed("muse_p300", folder, tell)
