"""SEED: negative, neutral and positive film clips; BCMI lab, Shanghai Jiao Tong University.

- 15 subjects, three sessions, 15 clips each: ``Preprocessed_EEG/1_20131027.mat`` with ``<initials>_eeg1`` to ``15``
  (62 channels, 200 Hz, 0-75 Hz), and ``Preprocessed_EEG/label.mat`` with ``label`` (-1, 0, 1), the same for everybody.
- Sessions are numbered in order of their dates; the dates themselves go nowhere. A clip is a recording of its own.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from pydantic import Field

from models.dataset import About, Key, Labelled
from models.reading import seed_files
from models.reading.folder_data_set import FolderDataSet, Found
from models.reading.mat_files import named, read_mat
from pipelines.errors import RecordingError
from pipelines.plugins import PluginSettings

LABELS = {-1: "negative", 0: "neutral", 1: "positive"}
N_CLIPS = 15
# fmt: off
DATES = {
    1: (20131027, 20131030, 20131107), 2: (20140404, 20140413, 20140419), 3: (20140603, 20140611, 20140629),
    4: (20140621, 20140702, 20140705), 5: (20140411, 20140418, 20140506), 6: (20130712, 20131016, 20131113),
    7: (20131027, 20131030, 20131106), 8: (20140511, 20140514, 20140521), 9: (20140620, 20140627, 20140704),
    10: (20131130, 20131204, 20131211), 11: (20140618, 20140625, 20140630), 12: (20131127, 20131201, 20131207),
    13: (20140527, 20140603, 20140610), 14: (20140601, 20140615, 20140627), 15: (20130709, 20131016, 20131105),
}
# fmt: on
"""The published names of files, by subject: which session a file is must not depend on which files are there."""
ABOUT = About(
    title="SEED",
    paradigm="watching film clips of about four minutes",
    task="classification",
    classes=tuple(LABELS.values()),
    n_subjects=15,
    n_sessions=3,
    channels=seed_files.CHANNELS,
    rate_hz=seed_files.RATE_HZ,
    unit="uV",
    window_s=1.0,
    metric="balanced_accuracy",
    citation="Zheng & Lu 2015, IEEE TAMD 7:162, doi:10.1109/TAMD.2015.2431497",
    licence=seed_files.LICENCE,
    url="https://bcmi.sjtu.edu.cn/home/seed/seed.html",
    access="form",
    how_to_get=seed_files.how_to_get("SEED", "Preprocessed_EEG"),
    cautions=(
        "Everybody saw the same clips in the same order: the number of a clip predicts its label.",
        seed_files.ALIKE,
        seed_files.NO_UNIT,
    ),
)
SPLITS = seed_files.adabrain_splits(validation_at=10, test_at=13, last=15)


class Settings(PluginSettings):
    """Where the recordings are."""

    folder: str = Field("", description="Folder that holds Preprocessed_EEG.")


class Seed(FolderDataSet):
    """The data set in a folder."""

    about = ABOUT
    splits = SPLITS
    layout = "Preprocessed_EEG/1_20131027.mat"

    def find(self) -> Found:
        """Return the clips of all published sessions, each with the file of the labels."""
        home = self.folder / "Preprocessed_EEG"
        return {
            Key(f"{subject:02d}", str(session), f"{clip:02d}"): (home / f"{subject}_{date}.mat", home / "label.mat")
            for subject, dates in DATES.items()
            for session, date in enumerate(dates, start=1)
            for clip in range(1, N_CLIPS + 1)
        }

    def listed(self, found: Found) -> Iterable[Key]:
        """Return the clips of the sessions that are there."""
        return (key for key, (path, _) in found.items() if path.is_file())

    def read(self, key: Key) -> Labelled:
        """Read one clip.

        Raises
        ------
        RecordingError
            If a file is absent or damaged.
        """
        path, label_path = self.files(key)
        labels = named(read_mat(label_path, ("label",))["label"], LABELS, label_path)
        if len(labels) != N_CLIPS:
            raise RecordingError(f"{label_path}: has {len(labels)} labels for {N_CLIPS} clips")
        return seed_files.clip(path, key, labels[int(key.run) - 1], ABOUT.title)


def build(settings: Settings) -> Seed:
    """Make the data set."""
    return Seed(Path(settings.folder))
