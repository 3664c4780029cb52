"""CHB-MIT: days of scalp EEG of children with epilepsy, their seizures marked; PhysioNet ``chbmit`` 1.0.0.

- 24 cases of 23 people: ``chb01/chb01_03.edf`` (256 Hz, bipolar) and ``chb01/chb01-summary.txt``: the channels, again
  wherever they change, and for each file its number of seizures and when they start and end, in seconds.
- Read are the recordings whose summary has the sixteen derivations of the benchmarks; the few others are not listed.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from pydantic import Field

from models.dataset import About, Key, Labelled
from models.reading.edf_files import read_edf
from models.reading.fetching import fetch_physionet
from models.reading.folder_data_set import FolderDataSet, Found
from models.reading.intervals import with_background
from models.reading.listed_splits import numbered, of_subjects
from models.reading.text_files import bad_line, numbered_lines
from pipelines.channel_names import canonical_name
from pipelines.plugins import PluginSettings

SECTION = re.compile(r"channels in edf files.*|channels changed.*", re.IGNORECASE)
CHANNEL = re.compile(r"channel \d+ *: *(\S+).*", re.IGNORECASE)
FILE = re.compile(r"file name *: *(\S+\.edf)", re.IGNORECASE)
COUNT = re.compile(r"number of seizures in file *: *(\d+)", re.IGNORECASE)
SEIZURE = re.compile(r"seizure *\d* (start|end) time *: *(\d+) *seconds?", re.IGNORECASE)
# fmt: off
CHANNELS = ("Fp1-F7", "F7-T7", "T7-P7", "P7-O1", "Fp2-F8", "F8-T8", "T8-P8", "P8-O2",
            "Fp1-F3", "F3-C3", "C3-P3", "P3-O1", "Fp2-F4", "F4-C4", "C4-P4", "P4-O2")
# fmt: on
WANTED = r"chb\d\d/(chb\d\d[^/]*\.edf|chb\d\d-summary\.txt)"
"""Published paths of what is read."""
ABOUT = About(
    title="CHB-MIT Scalp EEG",
    paradigm="monitoring of children with epilepsy after withdrawal of medication",
    task="classification",
    classes=("background", "seizure"),
    n_subjects=24,
    n_sessions=1,
    channels=CHANNELS,
    rate_hz=256.0,
    unit="uV",
    window_s=10.0,
    metric="balanced_accuracy",
    citation="Shoeb 2009, PhD thesis, MIT; Goldberger et al. 2000; data doi:10.13026/C2K01R",
    licence="ODC-By 1.0",
    url="https://physionet.org/content/chbmit/1.0.0/",
    access="open",
    how_to_get="Get CHB-MIT from https://physionet.org/content/chbmit/1.0.0/ (open).",
    cautions=(
        "chb21 is the person of chb01, a year and a half later: the published split has her on two sides.",
        "Seizures are three hours in about a thousand: accuracy says nothing.",
        "The benchmarks' code labels a window seizure if one begins or ends in it, not if it lies inside one.",
        "The benchmarks' code adds overlapping windows of each seizure, to the test as well.",
        "chb12, chb13 and chb17 are in no part of the published split.",
        "T8-P8 stands in the files twice; the first is read.",
    ),
)


SPLITS = {
    "cbramod": of_subjects(
        "BIOT, CBraMod and CSBrain: chb21 and chb22 for validation, chb23 and chb24 the test; chb12, chb13 and chb17 "
        "are left out for their channels",
        numbered("chb{:02d}", set(range(1, 21)) - {12, 13, 17}),
        numbered("chb{:02d}", (21, 22)),
        numbered("chb{:02d}", (23, 24)),
    )
}


class Settings(PluginSettings):
    """Where the recordings are."""

    folder: str = Field("", description="Folder that holds chb01/chb01_01.edf.")


@dataclass(slots=True)
class Listed:
    """A recording in a summary: its line, whether it has the channels, and its seizures (s)."""

    number: int
    line: str
    complete: bool
    n_seizures: int = -1
    starts_s: list[float] = field(default_factory=list)
    ends_s: list[float] = field(default_factory=list)

    @property
    def seizures(self) -> list[tuple[float, float]]:
        """Start and end of each one."""
        return list(zip(self.starts_s, self.ends_s, strict=True))


class ChbMit(FolderDataSet):
    """The data set in a folder."""

    about = ABOUT
    splits = SPLITS
    layout = "chb01/chb01_01.edf with chb01-summary.txt"

    def find(self) -> Found:
        """Return the recordings that are there and have the channels, each with the summary of its case.

        Raises
        ------
        RecordingError
            If a summary cannot be understood.
        """
        found = {}
        for summary in self.folder.glob("chb[0-9][0-9]/chb*-summary.txt"):
            subject = summary.parent.name
            for name, listed in read_summary(summary).items():
                path = summary.with_name(name)
                if listed.complete and path.is_file():
                    found[Key(subject, run=path.stem.removeprefix(subject).strip("_"))] = (path, summary)
        return found

    def read(self, key: Key) -> Labelled:
        """Read one recording: seizures, and the background between them.

        Raises
        ------
        RecordingError
            If a file is absent or damaged, or the summary says what cannot be.
        """
        path, summary = self.files(key)
        listed = read_summary(summary)[path.name]
        signal = read_edf(path, CHANNELS, f"CHB-MIT {path.stem}", reference="bipolar")
        for start_s, stop_s in listed.seizures:
            if not start_s < stop_s <= signal.stop_s:
                why = f"has a seizure from {start_s:g} to {stop_s:g} s and lasts {signal.stop_s:g} s"
                raise bad_line(summary, listed.number, listed.line, why)
        trials = with_background(listed.seizures, signal.stop_s, event="seizure", background="background")
        return Labelled(key, signal.spec, signal.chunks, trials)


def read_summary(path: Path) -> dict[str, Listed]:
    """Read a summary: recordings by the name of their file.

    Raises
    ------
    RecordingError
        If the file is absent, or a recording lacks seizures that it counts.
    """
    listed: dict[str, Listed] = {}
    channels: set[str] = set()
    last: Listed | None = None
    lines = numbered_lines(path)
    for number, line in lines:
        if SECTION.fullmatch(line):
            channels = set()
        elif match := CHANNEL.fullmatch(line):
            channels.add(canonical_name(match[1]))
        elif match := FILE.fullmatch(line):
            last = listed.setdefault(match[1], Listed(number, line, channels >= set(CHANNELS)))
        elif last and (match := COUNT.fullmatch(line)):
            last.n_seizures = int(match[1])
        elif last and (match := SEIZURE.fullmatch(line)):
            (last.starts_s if match[1].lower() == "start" else last.ends_s).append(float(match[2]))
        elif line.lower().startswith(("seizure", "number of seizures")):
            raise bad_line(path, number, line, "cannot be understood")
    _check(path, listed, lines)
    return listed


def _check(path: Path, listed: Mapping[str, Listed], lines: list[tuple[int, str]]) -> None:
    if not listed:
        raise bad_line(path, *lines[0], "begins a summary that names no recording")
    for entry in listed.values():
        if not entry.n_seizures == len(entry.starts_s) == len(entry.ends_s):
            raise bad_line(path, entry.number, entry.line, "does not have as many seizures as it says")


def build(settings: Settings) -> ChbMit:
    """Make the data set."""
    return ChbMit(Path(settings.folder))


def fetch(folder: Path, tell: Callable[[str], None]) -> None:
    """Download all recordings and summaries (43 GB).

    Raises
    ------
    RecordingError
        If PhysioNet cannot be reached or a file is not what was published.
    """
    fetch_physionet("https://physionet.org/files/chbmit/1.0.0/", WANTED, folder, tell)
