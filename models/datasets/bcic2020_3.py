"""BCI Competition 2020, track 3: five words or phrases, imagined to be spoken.

- 15 subjects, three parts each: ``Training set/Data_Sample01.mat`` (300 trials), ``Validation set/…`` (50) and
  ``Test set/…`` (50, an HDF5 file): a struct ``epo_train``, ``epo_validation`` or ``epo_test`` with ``x``, ``y`` (one
  row a class), ``t`` (ms) and ``clab``; 64 channels, 256 Hz, epochs of 3.1 s.
- Labels of the test came later, in ``Test set/Track3_Answer Sheet_Test.xlsx``: a pair of columns for each subject.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from models.dataset import About, Key, Labelled, Part, PublishedSplit
from models.reading.epochs import spaced
from models.reading.folder_data_set import FolderDataSet, Found
from models.reading.mat_structs import read_struct
from models.reading.streams import eeg_spec, places
from models.reading.xlsx_files import sheet_numbers
from pipelines.errors import RecordingError
from pipelines.plugins import PluginSettings

CLASSES = ("hello", "help_me", "stop", "thank_you", "yes")
PARTS = {
    "train": ("Training set", "epo_train"),
    "validation": ("Validation set", "epo_validation"),
    "test": ("Test set", "epo_test"),
}
"""Folder and struct of each part, which is told as the run."""
ANSWERS = "Track3_Answer Sheet_Test.xlsx"
FIRST_ROW, N_ANSWERS = 4, 50
RATE_HZ, TRIAL_S = 256.0, 3.0
# fmt: off
CHANNELS = ("Fp1", "Fp2", "F7", "F3", "Fz", "F4", "F8", "FC5", "FC1", "FC2", "FC6", "T7", "C3", "Cz", "C4", "T8",
            "TP9", "CP5", "CP1", "CP2", "CP6", "TP10", "P7", "P3", "Pz", "P4", "P8", "PO9", "O1", "Oz", "O2", "PO10",
            "AF7", "AF3", "AF4", "AF8", "F5", "F1", "F2", "F6", "FT9", "FT7", "FC3", "FC4", "FT8", "FT10", "C5", "C1",
            "C2", "C6", "TP7", "CP3", "CPz", "CP4", "TP8", "P5", "P1", "P2", "P6", "PO7", "PO3", "POz", "PO4", "PO8")
# fmt: on
ABOUT = About(
    title="BCIC 2020-3 (imagined speech)",
    paradigm="imagined speech of a word or phrase after a cue",
    task="classification",
    classes=CLASSES,
    n_subjects=15,
    n_sessions=1,
    channels=CHANNELS,
    rate_hz=RATE_HZ,
    unit="uV",
    window_s=TRIAL_S,
    metric="balanced_accuracy",
    citation="Jeong et al. 2022, Front. Hum. Neurosci. 16:898300, doi:10.3389/fnhum.2022.898300",
    licence="not stated",
    url="https://osf.io/pq7vb/",
    access="open",
    how_to_get=(
        "Get track 3 of the 2020 BCI competition from https://osf.io/pq7vb/ (open). "
        "The folder is the one that holds 'Training set', 'Validation set' and 'Test set'."
    ),
    cautions=(
        "The published split has everybody on all sides.",
        "An epoch is longer than the published window: its last three seconds are the trial.",
        "The time between epochs is not kept; gaps stand for it.",
        "The files name no unit; the literature reads them as microvolts.",
    ),
)
SPLITS = {
    "cbramod": PublishedSplit(
        "the competition's own, also of CBraMod and CSBrain: trials of the same people",
        train=(Part(runs=frozenset({"train"})),),
        validation=(Part(runs=frozenset({"validation"})),),
        test=(Part(runs=frozenset({"test"})),),
    )
}


class Settings(PluginSettings):
    """Where the recordings are."""

    folder: str = Field("", description="Folder that holds 'Training set', 'Validation set' and 'Test set'.")


class Bcic2020Track3(FolderDataSet):
    """The data set in a folder."""

    about = ABOUT
    splits = SPLITS
    layout = "'Training set/Data_Sample01.mat'"

    def find(self) -> Found:
        """Return the parts that are there, which are runs; the test with its answers."""
        found: dict[Key, tuple[Path, ...]] = {}
        for run, (home, _) in PARTS.items():
            for path in (self.folder / home).glob("Data_Sample[0-9][0-9].mat"):
                answers = (path.with_name(ANSWERS),) if run == "test" else ()
                found[Key(path.stem[-2:], run=run)] = (path, *answers)
        return found

    def read(self, key: Key) -> Labelled:
        """Read one part.

        Raises
        ------
        RecordingError
            If a file is absent or damaged.
        """
        path, *answers = self.files(key)
        epochs, marks = _epochs(path, PARTS[key.run][1])
        labels = _answers(answers[0], int(key.subject)) if answers else _labels(path, marks)
        if len(labels) != len(epochs):
            raise RecordingError(f"{path}: has {len(epochs)} epochs and {len(labels)} labels")
        end_s = epochs.shape[1] / RATE_HZ
        spec = eeg_spec(CHANNELS, RATE_HZ, f"BCIC 2020-3 subject {key.subject} {key.run}")
        return Labelled(key, spec, *spaced(epochs, labels, RATE_HZ, 0.0, (end_s - TRIAL_S, end_s)))


def _epochs(path: Path, struct: str) -> tuple[NDArray[np.float32], NDArray[np.float64]]:
    """Return epochs (n_epochs, n_samples, n_channels), and the marks of their classes as they are."""
    found = read_struct(path, struct, ("x", "y", "t", "clab"))
    names = [str(name) for name in found["clab"]]
    picks = places(CHANNELS, names, path)
    data, n_samples = np.asarray(found["x"], np.float32), np.size(found["t"])
    if data.ndim != 3 or data.shape[1] != len(names) or n_samples not in (data.shape[0], data.shape[2]):
        raise RecordingError(f"{path}: x is {data.shape}, with {n_samples} times and {len(names)} channels")
    if n_samples < TRIAL_S * RATE_HZ:
        raise RecordingError(f"{path}: epochs of {n_samples} samples are shorter than {TRIAL_S:g} s at {RATE_HZ:g} Hz")
    # Samples come first; in HDF5 the axes are reversed.
    ordered = data.transpose(2, 0, 1) if data.shape[0] == n_samples else data.transpose(0, 2, 1)
    return ordered[:, :, picks], np.asarray(found["y"], float)


def _labels(path: Path, marks: NDArray[np.float64]) -> list[str]:
    if marks.ndim != 2 or marks.shape[0] != len(CLASSES) or not (np.sort(marks, axis=0) == [[0]] * 4 + [[1]]).all():
        raise RecordingError(f"{path}: y is {marks.shape}; it should mark one of {len(CLASSES)} classes an epoch")
    return [CLASSES[place] for place in marks.argmax(axis=0)]


def _answers(path: Path, subject: int) -> list[str]:
    """Return the labels of a person's test: they are in every second column, from C on."""
    first, second = divmod(2 * subject, 26)
    column = ("A" if first else "") + chr(ord("A") + second)
    numbers = sheet_numbers(path)
    codes = [numbers.get((column, row), 0.0) for row in range(FIRST_ROW, FIRST_ROW + N_ANSWERS)]
    if not {*codes} <= {*range(1, len(CLASSES) + 1)}:
        raise RecordingError(f"{path}: column {column} lacks a class of 1 to 5 for each of {N_ANSWERS} trials")
    return [CLASSES[int(code) - 1] for code in codes]


def build(settings: Settings) -> Bcic2020Track3:
    """Make the data set."""
    return Bcic2020Track3(Path(settings.folder))
