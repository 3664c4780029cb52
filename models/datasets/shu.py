"""SHU-MI: imagery of the left or right hand, five sessions a person on five days.

``sub-001_ses-01_task_motorimagery_eeg.mat``: ``data`` (about 100 trials, 32 channels, 1000 samples at 250 Hz) and
``labels`` (1 left hand, 2 right hand), as preprocessed by the authors. A trial is 4 s of imagery; what lies between
trials was not kept.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from pydantic import Field

from models.dataset import About, Key, Labelled, Part, PublishedSplit, Trial, found_at, not_here
from models.epochs import spaced
from models.mat_files import named, read_mat
from pipelines.channel_names import canonical_name
from pipelines.errors import RecordingError
from pipelines.plugins import PluginSettings
from pipelines.signal import Channel, StreamSpec

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


def _subjects(first: int, last: int) -> frozenset[str]:
    return frozenset(f"{subject:03d}" for subject in range(first, last + 1))


SPLITS = {
    "cbramod": PublishedSplit(
        "CBraMod: files sorted by name",
        train=(Part(_subjects(1, 15)),),
        validation=(Part(_subjects(16, 20)),),
        test=(Part(_subjects(21, 25)),),
    ),
    "adabrain_cross_subject": PublishedSplit(
        "AdaBrain-Bench: its validation trials come from the training subjects; ours sets subjects aside instead",
        train=(Part(_subjects(1, 22)),),
        test=(Part(_subjects(23, 25)),),
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


@dataclass(frozen=True, slots=True)
class Shu:
    """The data set in a folder."""

    folder: Path

    @property
    def about(self) -> About:
        """What it is."""
        return ABOUT

    @property
    def splits(self) -> Mapping[str, PublishedSplit]:
        """Published splits."""
        return SPLITS

    def keys(self) -> list[Key]:
        """Return the sessions.

        Raises
        ------
        RecordingError
            If there are none.
        """
        found = sorted(self._found())
        if not found:
            raise not_here(self.folder, "sub-001_ses-01_task_motorimagery_eeg.mat", ABOUT)
        return found

    def _found(self) -> dict[Key, Path]:
        matches = ((NAME.fullmatch(path.name), path) for path in self.folder.glob("*.mat"))
        return {Key(match[1], match[2]): path for match, path in matches if match}

    def files(self, key: Key) -> tuple[Path, ...]:
        """Return the file of a session.

        Raises
        ------
        RecordingError
            If there is no such session.
        """
        return (found_at(self._found(), key, self.folder),)

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
        chunks, starts_s = spaced(data.transpose(0, 2, 1), ABOUT.rate_hz, GAP_S)
        lasts_s = N_SAMPLES / ABOUT.rate_hz
        trials = [Trial(s, s + lasts_s, label) for s, label in zip(starts_s, labels, strict=True)]
        channels = tuple(Channel(name) for name in ABOUT.channels)
        spec = StreamSpec(ABOUT.rate_hz, channels, f"SHU-MI {key.subject} session {key.session}")
        return Labelled(key, spec, chunks, tuple(trials))


def build(settings: Settings) -> Shu:
    """Make the data set."""
    return Shu(Path(settings.folder))
