"""TUAB, TUH Abnormal EEG: clinical recordings, normal or abnormal.

- ``train|eval / normal|abnormal / 01_tcp_ar / aaaaaaaq_s004_t000.edf``: subject, session, piece.
- A recording is one trial.
- People of train and eval are not the same; some people of train have recordings of both classes.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from pydantic import Field

from models.dataset import About, Key, Labelled, PublishedSplit, Trial
from models.reading import tuh_files
from models.reading.folder_data_set import FolderDataSet, Found
from models.reading.listed_splits import cut, of_subjects
from models.reading.tuh_files import MONTAGES, Montage
from pipelines.errors import RecordingError
from pipelines.plugins import PluginSettings

CLASSES = ("normal", "abnormal")
NAME = re.compile(r"([a-z]+)_(s\d+)_(t\d+)\.edf")
ABOUT = About(
    title="TUAB",
    paradigm="routine clinical EEG, judged normal or abnormal as a whole",
    task="classification",
    classes=CLASSES,
    n_subjects=2383,
    n_sessions=1,
    channels=MONTAGES["referential_23"],
    rate_hz=250.0,
    unit="uV",
    window_s=10.0,
    metric="balanced_accuracy",
    citation=f"Lopez et al. 2015, SPMB, doi:10.1109/SPMB.2015.7405423; {tuh_files.CITATION}",
    licence=tuh_files.LICENCE,
    url=tuh_files.URL,
    access="form",
    how_to_get=tuh_files.how_to_get("TUAB (tuh_eeg_abnormal)", "train and eval, v3.0.1/edf"),
    cautions=(
        "The label is of the recording, not of each window.",
        "Some recordings have another rate than 250 Hz: each one's own is read.",
        "A recording without an electrode of the montage is refused by name; the published code leaves it out.",
        "Many foundation models were trained on the TUH EEG Corpus, of which this is a part.",
    ),
)


class Settings(PluginSettings):
    """Where the recordings are, and which channels are read."""

    folder: str = Field("", description="Folder that holds train and eval.")
    montage: Montage = Field("referential_23", description=tuh_files.MONTAGE_WORDS)


@dataclass(frozen=True)
class Tuab(FolderDataSet):
    """The data set in a folder."""

    layout = "train/normal/01_tcp_ar/*.edf"

    montage: Montage = "referential_23"

    @property
    def about(self) -> About:
        """What it is; its channels are those of the montage."""
        return replace(ABOUT, channels=MONTAGES[self.montage])

    @property
    def splits(self) -> Mapping[str, PublishedSplit]:
        """The official parts, if both are there; CBraMod's goes by the listing: only where everybody is there."""
        people: dict[tuple[str, str], set[str]] = {}
        for key, (path,) in self.look().items():
            people.setdefault((path.parts[-4], path.parts[-3]), set()).add(key.subject)
        return _splits(people)

    def find(self) -> Found:
        """Return the recordings.

        Raises
        ------
        RecordingError
            If one stands under two labels.
        """
        found: dict[Key, tuple[Path, ...]] = {}
        for path in sorted(self.folder.glob("*/*/01_tcp_ar/*.edf")):
            match = NAME.fullmatch(path.name)
            if match and path.parts[-4] in ("train", "eval") and path.parts[-3] in CLASSES:
                (other,) = found.setdefault(Key(*match.groups()), (path,))
                if other != path:
                    raise RecordingError(f"{path}: is also in {other.parent}; one recording has one label")
        return found

    def read(self, key: Key) -> Labelled:
        """Read one recording, the whole of it one trial.

        Raises
        ------
        RecordingError
            If the file is absent or damaged, or lacks electrodes of the montage.
        """
        (path,) = self.files(key)
        signal = tuh_files.read_montage(path, self.montage, f"TUAB {path.stem}")
        trial = Trial(0.0, signal.stop_s, path.parts[-3])
        return Labelled(key, signal.spec, signal.chunks, (trial,))


def _splits(people: Mapping[tuple[str, str], set[str]]) -> dict[str, PublishedSplit]:
    """Return splits of people by (part, class)."""
    sides = {
        side: frozenset().union(*(people.get((side, label), ()) for label in CLASSES)) for side in ("train", "eval")
    }
    if not all(sides.values()):
        return {}
    splits = {
        "adabrain_cross_subject": of_subjects(
            "AdaBrain-Bench: the official parts; a fifth of the training people of each class is drawn for validation "
            "without a seed; ours sets subjects aside instead",
            sides["train"],
            frozenset(),
            sides["eval"],
        )
    }
    if len(sides["train"]) + len(sides["eval"]) == ABOUT.n_subjects:
        cuts = [cut(sorted(listed), int(len(listed) * 0.8)) for listed in (people["train", label] for label in CLASSES)]
        train = cuts[0][0] | cuts[1][0]
        splits["cbramod"] = of_subjects(
            "CBraMod since June 2025: training people of each class sorted by name, the last fifth for validation. "
            "There, people with recordings of both classes are on both sides; here they train",
            train,
            (cuts[0][1] | cuts[1][1]) - train,
            sides["eval"],
        )
    return splits


def build(settings: Settings) -> Tuab:
    """Make the data set."""
    return Tuab(Path(settings.folder), settings.montage)
