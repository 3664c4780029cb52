"""SHU-MI: imagery of the left or right hand, five sessions a person on five days.

``sub-001_ses-01_task_motorimagery_eeg.mat``: ``data`` (about 100 trials, 32 channels, 1000 samples at 250 Hz) and
``labels`` (1 left hand, 2 right hand), as preprocessed by the authors. A trial is 4 s of imagery; what lies between
trials was not kept.
"""

from __future__ import annotations

import re
from pathlib import Path

from pydantic import Field

from models.dataset import About, Key, Labelled, Part, PublishedSplit
from models.reading.epochs import spaced
from models.reading.folder_data_set import FolderDataSet, Found, by_name
from models.reading.listed_splits import numbered
from models.reading.mat_files import named, read_mat
from models.reading.streams import eeg_spec
from pipelines.channel_names import canonical_name
from pipelines.errors import RecordingError
from pipelines.plugins import PluginSettings

LABELS = {1: "left_hand", 2: "right_hand"}
N_SAMPLES = 1000
GAP_S = 4.0
NAME = re.compile(r"sub-(\d{3})_ses-(\d{2})_task_motorimagery_eeg\.mat", re.IGNORECASE)
# fmt: off
PUBLISHED_NAMES = ("Fp1", "Fp2", "Fz", "F3", "F4", "F7", "F8", "FC1", "FC2", "FC5", "FC6", "Cz", "C3", "C4", "T3", "T4",
                   "A1", "A2", "CP1", "CP2", "CP5", "CP6", "Pz", "P3", "P4", "T5", "T6", "PO3", "PO4", "Oz", "O1", "O2")
# fmt: on
ABOUT = About(
    title="SHU-MI",
    paradigm="cued imagery of the left or right hand",
    task="classification",
    classes=tuple(LABELS.values()),
    n_subjects=25,
    n_sessions=5,
    channels=tuple(canonical_name(name) for name in PUBLISHED_NAMES),
    rate_hz=250.0,
    unit="uV",
    window_s=4.0,
    metric="balanced_accuracy",
    citation="Ma et al. 2022, Sci. Data 9:531, doi:10.1038/s41597-022-01647-1",
    licence="CC BY 4.0",
    url="https://doi.org/10.6084/m9.figshare.19228725",
    access="open",
    how_to_get=(
        "Get the .mat files of SHU-MI from https://doi.org/10.6084/m9.figshare.19228725 (open) and unpack them: "
        "they come as an archive, which is not fetched."
    ),
    cautions=(
        "The authors filtered and cleaned the trials; what lay between them is lost, and gaps stand for it.",
        "The files name no channels and no unit: both are those of the published benchmarks.",
        "The published window is the whole epoch, so stages that delay (resampling does) leave no room for it.",
    ),
)


SPLITS = {
    "cbramod": PublishedSplit(
        "CBraMod: files sorted by name",
        train=(Part(numbered("{:03d}", range(1, 16))),),
        validation=(Part(numbered("{:03d}", range(16, 21))),),
        test=(Part(numbered("{:03d}", range(21, 26))),),
    ),
    "adabrain_cross_subject": PublishedSplit(
        "AdaBrain-Bench: its validation trials come from the training subjects; ours sets subjects aside instead",
        train=(Part(numbered("{:03d}", range(1, 23))),),
        test=(Part(numbered("{:03d}", range(23, 26))),),
    ),
    "adabrain_multi_subject": PublishedSplit(
        "AdaBrain-Bench: sessions 1-3, 4 and 5; people are on all sides",
        train=(Part(sessions=frozenset({"01", "02", "03"})),),
        validation=(Part(sessions=frozenset({"04"})),),
        test=(Part(sessions=frozenset({"05"})),),
    ),
}


class Settings(PluginSettings):
    """Where the recordings are."""

    folder: str = Field("", description="Folder with sub-001_ses-01_task_motorimagery_eeg.mat.")


class Shu(FolderDataSet):
    """The data set in a folder."""

    about = ABOUT
    splits = SPLITS
    layout = "sub-001_ses-01_task_motorimagery_eeg.mat"

    def find(self) -> Found:
        """Return the sessions."""
        return by_name(NAME, self.folder.glob("*.mat"))

    def read(self, key: Key) -> Labelled:
        """Read one session.

        Raises
        ------
        RecordingError
            If the file is absent or damaged.
        """
        (path,) = self.files(key)
        found = read_mat(path, ("data", "labels"))
        data, labels = found["data"], named(found["labels"], LABELS, path)
        if data.shape != (len(labels), len(ABOUT.channels), N_SAMPLES):
            raise RecordingError(
                f"{path}: data is {data.shape}, not ({len(labels)}, {len(ABOUT.channels)}, {N_SAMPLES})"
            )
        whole = (0.0, N_SAMPLES / ABOUT.rate_hz)
        spec = eeg_spec(ABOUT.channels, ABOUT.rate_hz, f"SHU-MI {key.subject} session {key.session}")
        return Labelled(key, spec, *spaced(data.transpose(0, 2, 1), labels, ABOUT.rate_hz, GAP_S, whole))


def build(settings: Settings) -> Shu:
    """Make the data set."""
    return Shu(Path(settings.folder))
