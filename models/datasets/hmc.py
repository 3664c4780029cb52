"""HMC: whole nights of people in a sleep clinic, scored in five stages; PhysioNet ``hmc-sleep-staging`` 1.1.

- 151 subjects, a night each: ``recordings/SN001.edf`` (256 Hz; four EEG channels against mastoids) and
  ``recordings/SN001_sleepscoring.txt``: a table with a heading, one line an epoch or a remark such as ``Lights off``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

from pydantic import Field

from models.dataset import About, Key, Labelled, PublishedSplit, Trial
from models.reading.edf_files import read_edf
from models.reading.fetching import fetch_physionet
from models.reading.folder_data_set import FolderDataSet, Found
from models.reading.intervals import clipped
from models.reading.listed_splits import cut, of_subjects, shuffled
from models.reading.sleep_stages import EPOCH_S, STAGES
from models.reading.text_files import bad_line, numbered_lines
from pipelines.plugins import PluginSettings

STAGE = "Sleep stage "
HEADING = ("Date", "Time", "Recording onset", "Duration", "Annotation")
WANTED = r"recordings/SN\d{3}(\.edf|_sleepscoring\.txt)"
"""Published paths of what is read."""
ABOUT = About(
    title="HMC sleep staging",
    paradigm="a night in a sleep clinic",
    task="classification",
    classes=STAGES,
    n_subjects=151,
    n_sessions=1,
    channels=("F4", "C4", "O2", "C3"),
    rate_hz=256.0,
    unit="uV",
    window_s=EPOCH_S,
    metric="balanced_accuracy",
    citation="Alvarez-Estevez & Rijsman 2021, PLOS ONE 16:e0256111, doi:10.1371/journal.pone.0256111",
    licence="CC BY 4.0",
    url="https://physionet.org/content/hmc-sleep-staging/1.1/",
    access="open",
    how_to_get="Get HMC from https://physionet.org/content/hmc-sleep-staging/1.1/ (open).",
    cautions=(
        "C3 is referred to M2, the others to M1.",
        "One expert scored each night.",
        "These are patients: stages are less clear than in the healthy.",
    ),
)


class Settings(PluginSettings):
    """Where the recordings are."""

    folder: str = Field("", description="Folder that holds recordings/SN001.edf.")


class Hmc(FolderDataSet):
    """The data set in a folder."""

    about = ABOUT
    layout = "recordings/SN001.edf with SN001_sleepscoring.txt"

    @property
    def splits(self) -> Mapping[str, PublishedSplit]:
        """Published splits, which go by the listing, where everybody is there."""
        people = sorted(key.subject for key in self.look())
        return published(people) if len(people) == ABOUT.n_subjects else {}

    def find(self) -> Found:
        """Return the nights and their scorings."""
        paths = (self.folder / "recordings").glob("SN[0-9][0-9][0-9].edf")
        return {Key(path.stem): (path, path.with_name(f"{path.stem}_sleepscoring.txt")) for path in paths}

    def read(self, key: Key) -> Labelled:
        """Read one night; a trial is a scored epoch.

        Raises
        ------
        RecordingError
            If a file is absent or damaged.
        """
        path, scoring = self.files(key)
        signal = read_edf(path, ABOUT.channels, f"HMC {path.stem}", reference="mastoids")
        return Labelled(key, signal.spec, signal.chunks, clipped(_epochs(scoring), signal.stop_s, EPOCH_S))


def _epochs(path: Path) -> list[Trial]:
    (number, heading), *lines = numbered_lines(path)
    if tuple(cell.strip() for cell in heading.split(","))[: len(HEADING)] != HEADING:
        raise bad_line(path, number, heading, f"is not the heading {', '.join(HEADING)}")
    epochs = []
    for number, line in lines:
        cells = [cell.strip() for cell in line.split(",")]
        if len(cells) < len(HEADING):
            raise bad_line(path, number, line, "is cut off")
        if not cells[4].startswith(STAGE):
            continue
        stage = cells[4].removeprefix(STAGE)
        try:
            start_s, duration_s = float(cells[2]), float(cells[3])
        except ValueError as exc:
            raise bad_line(path, number, line, "has no onset and duration in seconds") from exc
        if stage not in STAGES:
            raise bad_line(path, number, line, f"has none of the stages {', '.join(STAGES)}")
        epochs.append(Trial(start_s, start_s + duration_s, stage))
    return epochs


def published(people: list[str]) -> dict[str, PublishedSplit]:
    """Return the published splits, given everybody in order of name."""
    return {
        "adabrain_cross_subject": of_subjects(
            "AdaBrain-Bench: people sorted by name, shuffled with seed 42; 80 %, 10 % and the rest",
            *cut(shuffled(people, 42), 120, 15),
        ),
        "csbrain": of_subjects("CSBrain: people sorted by name; 100, 25 and the rest", *cut(people, 100, 25)),
    }


def build(settings: Settings) -> Hmc:
    """Make the data set."""
    return Hmc(Path(settings.folder))


def fetch(folder: Path, tell: Callable[[str], None]) -> None:
    """Download all nights and their scorings.

    Raises
    ------
    RecordingError
        If PhysioNet cannot be reached or a file is not what was published.
    """
    fetch_physionet("https://physionet.org/files/hmc-sleep-staging/1.1/", WANTED, folder, tell)
