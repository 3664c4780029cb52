"""SHHS, Sleep Heart Health Study, visit 1: nights at home of people in middle and old age.

- ``polysomnography/edfs/shhs1/shhs1-200001.edf`` (EEG at 125 Hz) and
  ``polysomnography/annotations-events-profusion/shhs1/shhs1-200001-profusion.xml``: a ``SleepStage`` an epoch of 30 s;
  0 W, 1 to 4 the stages of Rechtschaffen & Kales, 5 R, others unscored.
- The benchmarks take 329 people of 5793, those of ``listings/shhs.txt``; nobody else is read.
"""

from __future__ import annotations

from pathlib import Path
from xml.etree import ElementTree as ET

from pydantic import Field

from models.dataset import About, Key, Labelled, Trial
from models.reading.edf_files import read_edf
from models.reading.folder_data_set import FolderDataSet, Found
from models.reading.intervals import clipped
from models.reading.listed_splits import cut, listed, of_subjects, shuffled
from models.reading.sleep_stages import EPOCH_S, STAGES
from pipelines.errors import RecordingError
from pipelines.plugins import PluginSettings

CODES = {0: "W", 1: "N1", 2: "N2", 3: "N3", 4: "N3", 5: "R"}
SUBJECTS = listed("shhs")
ABOUT = About(
    title="SHHS (visit 1)",
    paradigm="a night at home",
    task="classification",
    classes=STAGES,
    n_subjects=329,
    n_sessions=1,
    channels=("C4",),
    rate_hz=125.0,
    unit="uV",
    window_s=EPOCH_S,
    metric="balanced_accuracy",
    citation="Quan et al. 1997, Sleep 20:1077; Zhang et al. 2018, JAMIA 25:1351, doi:10.1093/jamia/ocy064",
    licence="under the data use agreement of the National Sleep Research Resource",
    url="https://sleepdata.org/datasets/shhs",
    access="form",
    how_to_get=(
        "SHHS is given to those who sign the agreement at https://sleepdata.org/datasets/shhs. "
        "The folder is the one that holds polysomnography."
    ),
    cautions=(
        "C4-A1 is labelled EEG; the published preparation takes the first label with EEG in it: EEG(sec), C3-A2.",
        "The 329 people were chosen for quiet breathing: staging others is harder.",
        "The published preparation keeps half an hour of wake on either side of sleep; here the whole night is read.",
    ),
)
SPLITS = {
    "adabrain_cross_subject": of_subjects(
        "AdaBrain-Bench: the 329 people sorted by number, shuffled with seed 42; 80 %, 10 % and the rest",
        *cut(shuffled(SUBJECTS, 42), 263, 32),
    )
}


class Settings(PluginSettings):
    """Where the recordings are."""

    folder: str = Field("", description="Folder that holds polysomnography.")


class Shhs(FolderDataSet):
    """The data set in a folder."""

    about = ABOUT
    splits = SPLITS
    layout = f"polysomnography/edfs/shhs1/shhs1-{SUBJECTS[0]}.edf"

    def find(self) -> Found:
        """Return the nights of the people of the benchmark who are there, and their scorings."""
        home = self.folder / "polysomnography"
        paths = {
            Key(subject): (
                home / f"edfs/shhs1/shhs1-{subject}.edf",
                home / f"annotations-events-profusion/shhs1/shhs1-{subject}-profusion.xml",
            )
            for subject in SUBJECTS
        }
        return {key: files for key, files in paths.items() if files[0].is_file()}

    def read(self, key: Key) -> Labelled:
        """Read one night; a trial is a scored epoch.

        Raises
        ------
        RecordingError
            If a file is absent or damaged.
        """
        path, scoring = self.files(key)
        signal = read_edf(path, ABOUT.channels, f"SHHS {key.subject}", reference="A1", spelled={"EEG": "C4"})
        return Labelled(key, signal.spec, signal.chunks, clipped(_epochs(scoring), signal.stop_s, EPOCH_S))


def _epochs(path: Path) -> list[Trial]:
    """Read the scoring; expat opens no outside entities and refuses those that explode."""
    try:
        stages = [int(stage.text or "") for stage in ET.parse(path).iter("SleepStage")]  # noqa: S314
    except (OSError, ValueError, ET.ParseError) as exc:
        raise RecordingError(f"{path}: cannot be read as Profusion XML: {exc}") from exc
    if not stages:
        raise RecordingError(f"{path}: has no sleep stages")
    epochs = ((place * EPOCH_S, code) for place, code in enumerate(stages) if code in CODES)
    return [Trial(start_s, start_s + EPOCH_S, CODES[code]) for start_s, code in epochs]


def build(settings: Settings) -> Shhs:
    """Make the data set."""
    return Shhs(Path(settings.folder))
