"""SEED-IV: neutral, sad, fearful and happy film clips; BCMI lab, Shanghai Jiao Tong University.

- 15 subjects, three sessions, 24 clips each: ``eeg_raw_data/1/1_20160518.mat`` (session, then subject and date) with
  ``<initials>_eeg1`` to ``24`` (62 channels, 200 Hz). The labels are in the data set's ReadMe: another order a session.
- The dates in names go nowhere. A clip is a recording of its own.
"""

from __future__ import annotations

import re
from pathlib import Path

from pydantic import Field

from models.dataset import About, Key, Labelled
from models.reading import seed_files
from models.reading.folder_data_set import FolderDataSet, Found
from pipelines.plugins import PluginSettings

CLASSES = ("neutral", "sad", "fear", "happy")
LABELS = {
    "1": (1, 2, 3, 0, 2, 0, 0, 1, 0, 1, 2, 1, 1, 1, 2, 3, 2, 2, 3, 3, 0, 3, 0, 3),
    "2": (2, 1, 3, 0, 0, 2, 0, 2, 3, 3, 2, 3, 2, 0, 1, 1, 2, 1, 0, 3, 0, 1, 3, 1),
    "3": (1, 2, 2, 1, 3, 3, 3, 1, 1, 2, 1, 0, 2, 3, 3, 0, 2, 3, 0, 0, 2, 0, 1, 0),
}
"""Class number of each clip, by session."""
NAME = re.compile(r"(\d{1,2})_\d{8}\.mat")
ABOUT = About(
    title="SEED-IV",
    paradigm="watching film clips of about two minutes",
    task="classification",
    classes=CLASSES,
    n_subjects=15,
    n_sessions=3,
    channels=seed_files.CHANNELS,
    rate_hz=seed_files.RATE_HZ,
    unit="uV",
    window_s=1.0,
    metric="balanced_accuracy",
    citation="Zheng et al. 2019, IEEE Trans. Cybern. 49:1110, doi:10.1109/TCYB.2018.2797176",
    licence=seed_files.LICENCE,
    url="https://bcmi.sjtu.edu.cn/home/seed/seed-iv.html",
    access="form",
    how_to_get=seed_files.how_to_get("SEED-IV", "eeg_raw_data"),
    cautions=(
        "Everybody saw the same clips in the same order: session and number of a clip predict its label.",
        seed_files.ALIKE,
        seed_files.NO_UNIT,
    ),
)
SPLITS = seed_files.adabrain_splits(validation_at=17, test_at=21, last=24)


class Settings(PluginSettings):
    """Where the recordings are."""

    folder: str = Field("", description="Folder that holds eeg_raw_data.")


class SeedIv(FolderDataSet):
    """The data set in a folder."""

    about = ABOUT
    splits = SPLITS
    layout = "eeg_raw_data/1/1_20160518.mat"

    def find(self) -> Found:
        """Return the clips of the sessions that are there."""
        found = {}
        for session, labels in LABELS.items():
            for path in (self.folder / "eeg_raw_data" / session).glob("*.mat"):
                if match := NAME.fullmatch(path.name):
                    for clip in range(1, len(labels) + 1):
                        found[Key(f"{int(match[1]):02d}", session, f"{clip:02d}")] = (path,)
        return found

    def read(self, key: Key) -> Labelled:
        """Read one clip.

        Raises
        ------
        RecordingError
            If the file is absent or damaged.
        """
        (path,) = self.files(key)
        label = CLASSES[LABELS[key.session][int(key.run) - 1]]
        return seed_files.clip(path, key, label, ABOUT.title)


def build(settings: Settings) -> SeedIv:
    """Make the data set."""
    return SeedIv(Path(settings.folder))
