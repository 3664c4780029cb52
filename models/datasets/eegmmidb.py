"""EEG Motor Movement/Imagery Database: fists and feet, moved or imagined; PhysioNet ``eegmmidb`` 1.0.0.

- 109 subjects, 14 runs each: ``S001/S001R03.edf``; copies in one flat folder are read too. 64 channels, 160 Hz, EDF+.
- Runs 1 and 2: rest with eyes open and closed. In the others T0 is rest, and T1 and T2 mean what the run says: a fist
  (left, right) in runs 3 4 7 8 11 12, both fists or both feet in 5 6 9 10 13 14; odd runs moved, even ones imagined.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

import mne
import numpy as np
from pydantic import Field

from models.dataset import About, Key, Labelled, Part, PublishedSplit, Trial
from models.reading.fetching import fetch_physionet
from models.reading.folder_data_set import FolderDataSet, Found
from models.reading.listed_splits import numbered
from models.reading.mne_files import eeg_stream, open_raw, spans
from pipelines.plugins import PluginSettings

TaskName = Literal[
    "imagined_fists", "imagined_fists_feet", "executed_fists", "executed_fists_feet", "four_class", "eyes"
]
FISTS = ("left_fist", "right_fist")
BOTH = ("both_fists", "both_feet")
RUNS: Mapping[TaskName, Mapping[str, tuple[str, str]]] = {
    "imagined_fists": dict.fromkeys(("04", "08", "12"), FISTS),
    "imagined_fists_feet": dict.fromkeys(("06", "10", "14"), BOTH),
    "executed_fists": dict.fromkeys(("03", "07", "11"), FISTS),
    "executed_fists_feet": dict.fromkeys(("05", "09", "13"), BOTH),
    "four_class": dict.fromkeys(("04", "08", "12"), FISTS) | dict.fromkeys(("06", "10", "14"), BOTH),
    "eyes": {},
}
"""What T1 and T2 mean in each run of a task."""
REST_RUNS = ("01", "02")
EYES = dict(zip(REST_RUNS, ("eyes_open", "eyes_closed"), strict=True))
"""What the runs of rest are in the task ``eyes``."""
EYES_TRIAL_S = 10.0
"""A run of rest is one state throughout; it is cut into trials, so that minutes can be held out."""
# fmt: off
CHANNELS = ("FC5", "FC3", "FC1", "FCz", "FC2", "FC4", "FC6", "C5", "C3", "C1", "Cz", "C2", "C4", "C6",
            "CP5", "CP3", "CP1", "CPz", "CP2", "CP4", "CP6", "Fp1", "Fpz", "Fp2", "AF7", "AF3", "AFz", "AF4", "AF8",
            "F7", "F5", "F3", "F1", "Fz", "F2", "F4", "F6", "F8", "FT7", "FT8", "T7", "T8", "T9", "T10", "TP7", "TP8",
            "P7", "P5", "P3", "P1", "Pz", "P2", "P4", "P6", "P8", "PO7", "PO3", "POz", "PO4", "PO8",
            "O1", "Oz", "O2", "Iz")
# fmt: on
ABOUT = About(
    title="EEGMMIDB (PhysioNet-MI)",
    paradigm="opening and closing one fist, both fists or both feet, moved or imagined, after a cue on a screen",
    task="classification",
    classes=(*FISTS, *BOTH),
    n_subjects=109,
    n_sessions=1,
    channels=CHANNELS,
    rate_hz=160.0,
    unit="uV",
    window_s=4.0,
    metric="balanced_accuracy",
    citation="Schalk et al. 2004, IEEE TBME 51:1034, doi:10.1109/TBME.2004.827072; Goldberger et al. 2000",
    licence="ODC-By 1.0",
    url="https://physionet.org/content/eegmmidb/1.0.0/",
    access="open",
    how_to_get="Get EEGMMIDB from https://physionet.org/content/eegmmidb/1.0.0/ (open).",
    cautions=(
        "The same code means other movements in other runs; runs of one subject were recorded one after another.",
        "Subjects 88, 92 and 100 are known to have other rates or trial times than the rest.",
        "Some foundation models, LaBraM among them, were trained on this data set.",
    ),
)


SPLITS = {
    "cbramod": PublishedSplit(
        "CBraMod and CSBrain, with the task four_class: folders sorted by name",
        train=(Part(numbered("S{:03d}", range(1, 71))),),
        validation=(Part(numbered("S{:03d}", range(71, 90))),),
        test=(Part(numbered("S{:03d}", range(90, 110))),),
    ),
}


class Settings(PluginSettings):
    """Where the recordings are, and what is told apart."""

    folder: str = Field("", description="Folder with S001/S001R01.edf, or with the files side by side.")
    task: TaskName = Field("four_class", description="Which runs are read; four_class is the published benchmark.")


@dataclass(frozen=True)
class EegMmiDb(FolderDataSet):
    """One task of the data set in a folder."""

    splits = SPLITS
    layout = "S001/S001R01.edf"

    task: TaskName = "four_class"

    @property
    def about(self) -> About:
        """What it is; its classes are those of the task."""
        classes = dict.fromkeys(label for pair in RUNS[self.task].values() for label in pair)
        if self.task == "eyes":
            classes = dict.fromkeys(EYES.values())
        return replace(ABOUT, classes=tuple(classes))

    def find(self) -> Found:
        """Return the runs of the task, and the two of rest."""
        pattern = "S[0-9][0-9][0-9]R[0-9][0-9].edf"
        paths = [*self.folder.glob(pattern), *self.folder.glob(f"S[0-9][0-9][0-9]/{pattern}")]
        wanted = {*REST_RUNS, *RUNS[self.task]}
        return {Key(path.name[:4], run=path.name[5:7]): (path,) for path in paths if path.name[5:7] in wanted}

    def read(self, key: Key) -> Labelled:
        """Read one run; a trial lasts as long as its annotation, a run of rest is rest throughout.

        Raises
        ------
        RecordingError
            If the file is absent or damaged.
        """
        (path,) = self.files(key)
        raw = open_raw(mne.io.read_raw_edf, path)
        spec, chunk = eeg_stream(raw, CHANNELS, path, path.stem)
        stop_s = chunk.n_samples / spec.rate_hz
        if self.task == "eyes":
            starts = np.arange(0.0, stop_s - EYES_TRIAL_S + 1e-9, EYES_TRIAL_S)
            cut = tuple(Trial(float(at_s), float(at_s) + EYES_TRIAL_S, EYES[key.run]) for at_s in starts)
            return Labelled(key, spec, (chunk,), cut)
        if key.run in REST_RUNS:
            return Labelled(key, spec, (chunk,), (), ((0.0, stop_s),))
        meaning = dict(zip(("T1", "T2"), RUNS[self.task][key.run], strict=True))
        trials = tuple(
            Trial(onset_s, min(onset_s + lasts_s, stop_s), meaning[text])
            for onset_s, lasts_s, text in spans(raw.annotations)
            if text in meaning
        )
        return Labelled(key, spec, (chunk,), trials)


def build(settings: Settings) -> EegMmiDb:
    """Make the data set."""
    return EegMmiDb(Path(settings.folder), settings.task)


def fetch(folder: Path, tell: Callable[[str], None]) -> None:
    """Download all runs of all people (1526 files, 3.4 GB).

    Raises
    ------
    RecordingError
        If PhysioNet cannot be reached or a file is not what was published.
    """
    fetch_physionet("https://physionet.org/files/eegmmidb/1.0.0/", r"S\d{3}/S\d{3}R\d{2}\.edf", folder, tell)
