"""SEED-IV: neutral, sad, fearful and happy film clips; BCMI lab, Shanghai Jiao Tong University.

- 15 subjects, three sessions, 24 clips each: ``eeg_raw_data/1/1_20160518.mat`` (session, then subject and date) with
  ``<initials>_eeg1`` to ``24`` (62 channels, 200 Hz). The labels are in the data set's ReadMe: another order a session.
- The dates in names go nowhere. A clip is a recording of its own.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from pydantic import Field

from models import seed_files
from models.dataset import About, Key, Labelled, Part, PublishedSplit, found_at, not_here
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
    licence="research use under the SEED licence agreement",
    url="https://bcmi.sjtu.edu.cn/home/seed/seed-iv.html",
    access="form",
    how_to_get=(
        "SEED-IV is given to those who sign its licence agreement: https://bcmi.sjtu.edu.cn/home/seed/. "
        "The folder is the one that holds eeg_raw_data."
    ),
    cautions=(
        "Everybody saw the same clips in the same order: session and number of a clip predict its label.",
        "Windows of one clip are much alike: split by clip, session or subject, never by window.",
        "The files name no unit; the literature reads them as microvolts.",
    ),
)


def _numbers(first: int, last: int) -> frozenset[str]:
    return frozenset(f"{number:02d}" for number in range(first, last + 1))


SPLITS = {
    "adabrain_cross_subject": PublishedSplit(
        "AdaBrain-Bench: its validation windows come from the training subjects; ours sets subjects aside instead",
        train=(Part(_numbers(1, 12)),),
        test=(Part(_numbers(13, 15)),),
    ),
    "adabrain_multi_subject": PublishedSplit(
        "AdaBrain-Bench: clips 1-16, 17-20 and 21-24 of each session; people and sessions are on all sides",
        train=(Part(runs=_numbers(1, 16)),),
        validation=(Part(runs=_numbers(17, 20)),),
        test=(Part(runs=_numbers(21, 24)),),
    ),
}


class Settings(PluginSettings):
    """Where the recordings are."""

    folder: str = Field("", description="Folder that holds eeg_raw_data.")


@dataclass(frozen=True, slots=True)
class SeedIv:
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
        """Return the clips of the sessions that are there.

        Raises
        ------
        RecordingError
            If there are none.
        """
        found = sorted(self._found())
        if not found:
            raise not_here(self.folder, "eeg_raw_data/1/1_20160518.mat", ABOUT)
        return found

    def _found(self) -> dict[Key, Path]:
        found: dict[Key, Path] = {}
        for session, labels in LABELS.items():
            for path in (self.folder / "eeg_raw_data" / session).glob("*.mat"):
                if match := NAME.fullmatch(path.name):
                    found |= {Key(f"{int(match[1]):02d}", session, f"{n:02d}"): path for n in range(1, len(labels) + 1)}
        return found

    def files(self, key: Key) -> tuple[Path, ...]:
        """Return the file of the session.

        Raises
        ------
        RecordingError
            If there is no such clip.
        """
        return (found_at(self._found(), key, self.folder),)

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
