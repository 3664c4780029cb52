"""TUSL, TUH EEG Slowing: slowing, seizures and background, ten seconds at a time.

- ``aaaaaaju/s005_2010/01_tcp_ar/aaaaaaju_s005_t000.edf`` with a ``.tse_agg`` of the same name: a line with the version,
  then lines of start (s), stop (s), label, probability; labels ``bckg``, ``seiz``, ``slow``.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from pydantic import Field

from models.dataset import About, Key, Labelled, PublishedSplit, Trial
from models.reading import tuh_files
from models.reading.folder_data_set import FolderDataSet, Found, by_name
from models.reading.intervals import clipped
from models.reading.listed_splits import cut, of_subjects
from models.reading.text_files import bad_line, numbered_lines
from models.reading.tuh_files import MONTAGES, Montage
from pipelines.plugins import PluginSettings

LABELS = {"bckg": "background", "seiz": "seizure", "slow": "slowing"}
NAME = re.compile(r"([a-z]+)_(s\d+)_(t\d+)\.edf")
WINDOW_S = 10.0
ABOUT = About(
    title="TUSL",
    paradigm="clinical EEG with slowing, seizures and background marked by hand",
    task="classification",
    classes=tuple(LABELS.values()),
    n_subjects=38,
    n_sessions=1,
    channels=MONTAGES["referential_19"],
    rate_hz=250.0,
    unit="uV",
    window_s=WINDOW_S,
    metric="balanced_accuracy",
    citation=f"von Weltin et al. 2017, SPMB, doi:10.1109/SPMB.2017.8257018; {tuh_files.CITATION}",
    licence=tuh_files.LICENCE,
    url=tuh_files.URL,
    access="form",
    how_to_get=tuh_files.how_to_get("TUSL (tuh_eeg_slowing)", "aaaaaaju and the other people, v2.0.1/edf"),
    cautions=(
        "There are about three hundred trials of 38 people: one person moves a score by points.",
        "Some recordings are referred to linked ears and have another rate than 250 Hz.",
        "Many foundation models were trained on the TUH EEG Corpus, of which this is a part.",
    ),
)


class Settings(PluginSettings):
    """Where the recordings are, and which channels are read."""

    folder: str = Field("", description="Folder that holds aaaaaaju/s005_2010/01_tcp_ar/aaaaaaju_s005_t000.edf.")
    montage: Montage = Field("referential_19", description=tuh_files.MONTAGE_WORDS)


@dataclass(frozen=True)
class Tusl(FolderDataSet):
    """The data set in a folder."""

    layout = "aaaaaaju/s005_2010/01_tcp_ar/aaaaaaju_s005_t000.edf"

    montage: Montage = "referential_19"

    @property
    def about(self) -> About:
        """What it is; its channels are those of the montage."""
        return replace(ABOUT, channels=MONTAGES[self.montage])

    @property
    def splits(self) -> Mapping[str, PublishedSplit]:
        """CSBrain's, which goes by the listing, where everybody is there."""
        people = sorted({key.subject for key in self.look()})
        return {"csbrain": csbrain(people)} if len(people) == ABOUT.n_subjects else {}

    def find(self) -> Found:
        """Return the recordings and their marks."""
        found = by_name(NAME, self.folder.glob("*/*/*/*.edf"))
        return {key: (path, path.with_suffix(".tse_agg")) for key, (path,) in found.items()}

    def read(self, key: Key) -> Labelled:
        """Read one recording; a trial is what is marked.

        Raises
        ------
        RecordingError
            If a file is absent or damaged, or the signal lacks electrodes of the montage.
        """
        path, marks = self.files(key)
        signal = tuh_files.read_montage(path, self.montage, f"TUSL {path.stem}")
        return Labelled(key, signal.spec, signal.chunks, clipped(_marks(marks), signal.stop_s, WINDOW_S))


def _marks(path: Path) -> list[Trial]:
    trials = []
    for number, line in numbered_lines(path):
        if line.startswith(("version", "#")):
            continue
        try:
            start_s, stop_s, label, _ = line.split()
            trials.append(Trial(float(start_s), float(stop_s), LABELS[label]))
        except (ValueError, KeyError) as exc:
            why = f"is not start, stop, one of {', '.join(LABELS)} and a probability"
            raise bad_line(path, number, line, why) from exc
    return trials


def csbrain(people: list[str]) -> PublishedSplit:
    """Return a reading of CSBrain's split, given everybody in order of name."""
    train, validation, test = cut(people, int(len(people) * 0.6), int(len(people) * 0.2))
    return of_subjects(
        "CSBrain: three fifths, one fifth and the rest of the people after a shuffle without a seed, which nobody can "
        "repeat; here in the order of their names",
        train,
        validation,
        test,
    )


def build(settings: Settings) -> Tusl:
    """Make the data set."""
    return Tusl(Path(settings.folder), settings.montage)
