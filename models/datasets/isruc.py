"""ISRUC-Sleep, subgroup I: a night of each of a hundred people with and without sleep disorders.

- ``1/1.rec`` (EDF by another suffix; EEG at 200 Hz) and ``1/1_1.txt``: the first expert's stage of each 30 s epoch, a
  number a line; 0 W, 1 to 3 N1 to N3, 5 R.
"""

from __future__ import annotations

from pathlib import Path

from pydantic import Field

from models.dataset import About, Key, Labelled, Trial
from models.reading.edf_files import read_edf
from models.reading.folder_data_set import FolderDataSet, Found
from models.reading.intervals import clipped
from models.reading.listed_splits import cut, of_subjects
from models.reading.sleep_stages import EPOCH_S, STAGES
from models.reading.text_files import bad_line, numbered_lines
from pipelines.plugins import PluginSettings

CODES = dict(zip(("0", "1", "2", "3", "5"), STAGES, strict=True))
SUBJECTS = tuple(f"{subject:03d}" for subject in range(1, 101))
ABOUT = About(
    title="ISRUC-Sleep (subgroup I)",
    paradigm="a night in a sleep clinic",
    task="classification",
    classes=STAGES,
    n_subjects=100,
    n_sessions=1,
    channels=("F3", "C3", "O1", "F4", "C4", "O2"),
    rate_hz=200.0,
    unit="uV",
    window_s=EPOCH_S,
    metric="balanced_accuracy",
    citation="Khalighi et al. 2016, Comput. Methods Programs Biomed. 124:180, doi:10.1016/j.cmpb.2015.10.013",
    licence="not stated",
    url="https://sleeptight.isr.uc.pt/",
    access="open",
    how_to_get=(
        "Get subgroup I of ISRUC-Sleep from https://sleeptight.isr.uc.pt/ (open) and unpack it. "
        "The folder is the one that holds 1/1.rec and 1/1_1.txt."
    ),
    cautions=(
        "Left channels are referred to the right ear or mastoid and the other way round.",
        "The second expert's scoring, 1_2.txt, is not read.",
        "Published models see twenty epochs at once; figures of single epochs are not comparable.",
        "A recording that lacks one of the six channels is refused by name.",
    ),
)
SPLITS = {
    "cbramod": of_subjects("CBraMod and CSBrain: by number, 80, 10 and 10 people", *cut(SUBJECTS, 80, 10)),
}


class Settings(PluginSettings):
    """Where the recordings are."""

    folder: str = Field("", description="Folder that holds 1/1.rec and 1/1_1.txt.")


class Isruc(FolderDataSet):
    """The data set in a folder."""

    about = ABOUT
    splits = SPLITS
    layout = "1/1.rec with 1/1_1.txt"

    def find(self) -> Found:
        """Return the nights and their scorings."""
        bases = {subject: self.folder / str(int(subject)) / str(int(subject)) for subject in SUBJECTS}
        paths = {Key(subject): (Path(f"{base}.rec"), Path(f"{base}_1.txt")) for subject, base in bases.items()}
        return {key: files for key, files in paths.items() if files[0].is_file()}

    def read(self, key: Key) -> Labelled:
        """Read one night; a trial is a scored epoch.

        Raises
        ------
        RecordingError
            If a file is absent or damaged, or the signal lacks channels.
        """
        path, scoring = self.files(key)
        signal = read_edf(path, ABOUT.channels, f"ISRUC {key.subject}", reference="opposite ear")
        return Labelled(key, signal.spec, signal.chunks, clipped(_epochs(scoring), signal.stop_s, EPOCH_S))


def _epochs(path: Path) -> list[Trial]:
    epochs = []
    for place, (number, line) in enumerate(numbered_lines(path)):
        if line not in CODES:
            raise bad_line(path, number, line, f"is none of the stages {', '.join(CODES)}")
        epochs.append(Trial(place * EPOCH_S, (place + 1) * EPOCH_S, CODES[line]))
    return epochs


def build(settings: Settings) -> Isruc:
    """Make the data set."""
    return Isruc(Path(settings.folder))
