"""Siena Scalp EEG: long recordings of people with focal epilepsy, their seizures marked; PhysioNet 1.0.0.

- 14 subjects: ``PN00/PN00-1.edf`` (512 Hz) and ``PN00/Seizures-list-PN00.txt``, written by hand: for each seizure the
  name of its file and the times of day at which it began and ended.
- Times are read against the one in the header of the file: the lists' own times of registration are wrong in places.
- The lists have errors that are known; they are corrected here one by one, and whatever else is odd is refused.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from pydantic import Field

from models.dataset import About, Key, Labelled
from models.reading.edf_files import EdfSignal, read_edf
from models.reading.fetching import fetch_physionet
from models.reading.folder_data_set import FolderDataSet, Found
from models.reading.intervals import with_background
from models.reading.listed_splits import of_subjects
from models.reading.text_files import bad_line, numbered_lines
from pipelines.errors import RecordingError
from pipelines.plugins import PluginSettings

MISNAMED = {
    "PN01.edf": "PN01-1.edf",
    "PNO6-1.edf": "PN06-1.edf",
    "PNO6-2.edf": "PN06-2.edf",
    "PNO6-4.edf": "PN06-4.edf",
    "PN11-.edf": "PN11-1.edf",
}
"""Names of files as the lists have them, and as the files have them."""
MISTIMED = {("PN00-3.edf", "19.29.29"): "18.29.29"}
"""Times as a list has them, and as they must be: this recording ends at 18.57."""
FILE = re.compile(r"PN\d\d-\d+(\.\d+)*\.edf")
SEIZURE = re.compile(r"seizure n *\d+\b.*", re.IGNORECASE)
FIELD = re.compile(r"(file name|(?:seizure )?(start|end) time) *:(.*)", re.I)
TIME = re.compile(r"\b(\d\d)[.:](\d\d)[.:](\d\d)\b")
SUBJECTS = tuple(f"PN{number:02d}" for number in (0, 1, 3, 5, 6, 7, 9, 10, 11, 12, 13, 14, 16, 17))
DAY_S = 86400
# fmt: off
CHANNELS = ("Fp1", "F3", "C3", "P3", "O1", "F7", "T7", "P7", "FC1", "FC5", "CP1", "CP5", "F9", "Fz", "Cz", "Pz",
            "Fp2", "F4", "C4", "P4", "O2", "F8", "T8", "P8", "FC2", "FC6", "CP2", "CP6", "F10")
# fmt: on
WANTED = r"PN\d\d/(PN\d\d-[\d.]+\.edf|Seizures-list-PN\d\d\.txt)"
"""Published paths of what is read."""
ABOUT = About(
    title="Siena Scalp EEG",
    paradigm="video-EEG monitoring of people with epilepsy",
    task="classification",
    classes=("background", "seizure"),
    n_subjects=14,
    n_sessions=1,
    channels=CHANNELS,
    rate_hz=512.0,
    unit="uV",
    window_s=10.0,
    metric="balanced_accuracy",
    citation="Detti et al. 2020, Processes 8:846, doi:10.3390/pr8070846; data doi:10.13026/5d4a-j060",
    licence="CC BY 4.0",
    url="https://physionet.org/content/siena-scalp-eeg/1.0.0/",
    access="open",
    how_to_get="Get the Siena Scalp EEG Database from https://physionet.org/content/siena-scalp-eeg/1.0.0/ (open).",
    cautions=(
        "Seizures are a few minutes in 128 hours: accuracy says nothing.",
        "The benchmarks' code labels a window seizure if one begins or ends in it, not if it lies inside one.",
        "The benchmarks' code misses the seizures of PN00-3, PN06-1, PN06-2 and PN06-4 and misplaces that of PN14-3.",
        "The list and the header of PN05-3 differ by 10 s, of a seizure of 30 s; the header is believed.",
        "PN10-2 and PN10-3 give two times for an end and an onset; the first is taken, as the benchmarks do.",
        "In PN10 nine of the channels are said not to have been connected.",
    ),
)
SPLITS = {
    "adabrain_cross_subject": of_subjects(
        "AdaBrain-Bench: PN16 and PN17 are the test, six minutes of seizure; its validation windows come from the "
        "training people; ours sets subjects aside instead",
        frozenset(SUBJECTS[:12]),
        frozenset(),
        frozenset(SUBJECTS[12:]),
    ),
    "csbrain": of_subjects(
        "CSBrain: PN13 to PN17 are the test; its validation windows come from the training people; ours sets subjects "
        "aside instead",
        frozenset(SUBJECTS[:10]),
        frozenset(),
        frozenset(SUBJECTS[10:]),
    ),
}


class Settings(PluginSettings):
    """Where the recordings are."""

    folder: str = Field("", description="Folder that holds PN00/PN00-1.edf.")


class Siena(FolderDataSet):
    """The data set in a folder."""

    about = ABOUT
    splits = SPLITS
    layout = "PN00/PN00-1.edf with Seizures-list-PN00.txt"

    def find(self) -> Found:
        """Return the recordings, each with the list of its person's seizures."""
        paths = (path for path in self.folder.glob("PN[0-9][0-9]/PN*.edf") if FILE.fullmatch(path.name))
        return {
            Key(path.parent.name, run=path.stem.partition("-")[2]): (
                path,
                path.with_name(f"Seizures-list-{path.parent.name}.txt"),
            )
            for path in paths
        }

    def read(self, key: Key) -> Labelled:
        """Read one recording: seizures, and the background between them.

        Raises
        ------
        RecordingError
            If a file is absent or damaged, or the list says what cannot be.
        """
        path, seizures = self.files(key)
        listed = [seizure for seizure in read_list(seizures) if seizure.file == path.name]
        if not listed:
            raise RecordingError(f"{seizures}: names no seizure in {path.name}, and every recording has one")
        signal = read_edf(path, CHANNELS, f"Siena {path.stem}")
        spans = sorted(_span(seizure, signal, seizures) for seizure in listed)
        trials = with_background(spans, signal.stop_s, event="seizure", background="background")
        return Labelled(key, signal.spec, signal.chunks, trials)


@dataclass(slots=True)
class Seizure:
    """A seizure as listed: the line it begins in, its file, and two times of day (s)."""

    number: int
    line: str
    file: str = ""
    start_s: int = -1
    end_s: int = -1


def read_list(path: Path) -> list[Seizure]:
    """Read a list of seizures.

    Raises
    ------
    RecordingError
        If the file is absent or a line, which is told, cannot be understood.
    """
    seizures: list[Seizure] = []
    file = ""
    for number, line in numbered_lines(path):
        match = FIELD.fullmatch(line)
        if SEIZURE.fullmatch(line) and not TIME.search(line):
            seizures.append(Seizure(number, line, file))
        elif match and match[1].lower() == "file name":
            file = _file(match[3].strip(), path, number, line)
            if seizures and seizures[-1].start_s < 0:
                seizures[-1].file = file
        elif match and match[2] and seizures:
            seizure = seizures[-1]
            setattr(seizure, f"{match[2].lower()}_s", _time(seizure.file, match[3].strip(), path, number, line))
        elif TIME.search(line) and not line.lower().startswith("registration"):
            raise bad_line(path, number, line, "cannot be understood")
    for seizure in seizures:
        if not seizure.file or min(seizure.start_s, seizure.end_s) < 0:
            raise bad_line(path, seizure.number, seizure.line, "lacks its file, its start or its end")
    return seizures


def _file(value: str, path: Path, number: int, line: str) -> str:
    """Return the name of a recording as the file has it."""
    file = MISNAMED.get(value, value)
    if not FILE.fullmatch(file):
        raise bad_line(path, number, line, "names no recording")
    return file


def _time(file: str, value: str, path: Path, number: int, line: str) -> int:
    """Return the time of day (s) of a value; remarks behind it, and a second opinion, are passed over."""
    match = TIME.match(MISTIMED.get((file, value), value))
    if match is None:
        raise bad_line(path, number, line, "has no time like 19.58.36")
    hours, minutes, seconds = (int(part) for part in match.groups())
    if hours > 23 or minutes > 59 or seconds > 59:
        raise bad_line(path, number, line, "has no time of day")
    return 3600 * hours + 60 * minutes + seconds


def _span(seizure: Seizure, signal: EdfSignal, path: Path) -> tuple[float, float]:
    """Return when a seizure is on the recording's clock; recordings last less than a day, and pass midnight."""
    start_s = (seizure.start_s - signal.clock_s) % DAY_S
    stop_s = start_s + (seizure.end_s - seizure.start_s) % DAY_S
    if not start_s < stop_s <= signal.stop_s:
        why = f"is from {start_s} to {stop_s} s of {seizure.file}, which lasts {signal.stop_s:g} s"
        raise bad_line(path, seizure.number, seizure.line, why)
    return float(start_s), float(stop_s)


def build(settings: Settings) -> Siena:
    """Make the data set."""
    return Siena(Path(settings.folder))


def fetch(folder: Path, tell: Callable[[str], None]) -> None:
    """Download all recordings and lists of seizures.

    Raises
    ------
    RecordingError
        If PhysioNet cannot be reached or a file is not what was published.
    """
    fetch_physionet("https://physionet.org/files/siena-scalp-eeg/1.0.0/", WANTED, folder, tell)
