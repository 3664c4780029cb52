"""FACED: film clips for nine emotions; Finer-grained Affective Computing EEG Dataset.

- 123 subjects, 28 clips each: ``Data/sub000/data.bdf`` (1000 or 250 Hz, 32 channels) and ``Data/sub000/evt.bdf``, whose
  marks are the number of a clip (1 to 28), then 101 at its start and 102 at its end. Other marks are passed over.
- The published sample is of the last 30 s of a clip.
- ``Processed_data/sub000.pkl``, which the benchmarks take, are pickles and are not read: opening one runs its code.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
from pydantic import Field

from models.dataset import About, Key, Labelled, Trial
from models.reading.edf_files import read_edf
from models.reading.folder_data_set import FolderDataSet, Found
from models.reading.listed_splits import cut, of_subjects
from models.reading.mne_files import read_annotations
from pipelines.errors import RecordingError
from pipelines.plugins import PluginSettings
from pipelines.signal import Chunk, make_chunk

CLASSES = ("anger", "disgust", "fear", "sadness", "neutral", "amusement", "inspiration", "joy", "tenderness")
LAST_CLIP = (3, 6, 9, 12, 16, 19, 22, 25, 28)
"""Number of the last clip of each class."""
START, STOP = 101, 102
TRIAL_S = 30.0
SUBJECTS = tuple(f"{subject:03d}" for subject in range(123))
VOLT = 1e6
# fmt: off
CHANNELS = ("Fp1", "Fp2", "Fz", "F3", "F4", "F7", "F8", "FC1", "FC2", "FC5", "FC6", "Cz", "C3", "C4", "T7", "T8",
            "CP1", "CP2", "CP5", "CP6", "Pz", "P3", "P4", "P7", "P8", "PO3", "PO4", "Oz", "O1", "O2")
# fmt: on
ABOUT = About(
    title="FACED",
    paradigm="watching film clips of half a minute to two minutes",
    task="classification",
    classes=CLASSES,
    n_subjects=123,
    n_sessions=1,
    channels=CHANNELS,
    rate_hz=1000.0,
    unit="uV",
    window_s=10.0,
    metric="balanced_accuracy",
    citation="Chen et al. 2023, Scientific Data 10:740, doi:10.1038/s41597-023-02650-w",
    licence="under the conditions of use of Synapse, syn50614194",
    url="https://www.synapse.org/Synapse:syn50614194",
    access="form",
    how_to_get=(
        "FACED is given to those with an account who accept its conditions: "
        "https://www.synapse.org/Synapse:syn50614194. The folder is the one that holds Data."
    ),
    cautions=(
        "The benchmarks take the authors' cleaned data: 0.05-47 Hz, 250 Hz, without eye movements, average reference.",
        "A quarter of the people were recorded at 250 Hz: each recording's own rate is read.",
        "Some files call microvolts volts: those above a volt on average are read as microvolts, as by the authors.",
        "Some files begin with another experiment; of a clip that is marked twice the last showing is the trial.",
        "The label is what a clip was made to evoke, not what a person said to have felt.",
    ),
)
SPLITS = {"cbramod": of_subjects("CBraMod and CSBrain: by number, 80, 20 and 23 people", *cut(SUBJECTS, 80, 20))}


class Settings(PluginSettings):
    """Where the recordings are."""

    folder: str = Field("", description="Folder that holds Data/sub000/data.bdf.")


class Faced(FolderDataSet):
    """The data set in a folder."""

    about = ABOUT
    splits = SPLITS
    layout = "Data/sub000/data.bdf with evt.bdf"

    def find(self) -> Found:
        """Return the recordings and their marks."""
        homes = {subject: self.folder / "Data" / f"sub{subject}" for subject in SUBJECTS}
        paths = {Key(subject): (home / "data.bdf", home / "evt.bdf") for subject, home in homes.items()}
        return {key: files for key, files in paths.items() if files[0].is_file()}

    def read(self, key: Key) -> Labelled:
        """Read one recording; a trial is the end of a clip.

        Raises
        ------
        RecordingError
            If a file is absent or damaged, or a clip is shorter than its trial.
        """
        path, marks = self.files(key)
        signal = read_edf(path, CHANNELS, f"FACED {key.subject}")
        trials = [_trial(clip, span, marks) for clip, span in _clips(marks).items()]
        if late := [trial for trial in trials if trial.stop_s > signal.stop_s]:
            raise RecordingError(f"{marks}: has a clip until {late[0].stop_s:g} s of {signal.stop_s:g} s")
        trials.sort(key=lambda trial: trial.start_s)
        return Labelled(key, signal.spec, _in_microvolts(signal.chunks), tuple(trials))


def _clips(path: Path) -> dict[int, tuple[float, float]]:
    """Return when the clips were shown, by number."""
    shown: dict[int, tuple[float, float]] = {}
    clip, start_s = 0, -1.0
    for at_s, _, text in read_annotations(path):
        code = int(text) if text.strip().isdigit() else 0
        if 1 <= code <= LAST_CLIP[-1]:
            clip, start_s = code, -1.0
        elif code == START:
            start_s = at_s
        elif code == STOP and clip and start_s >= 0.0:
            shown[clip] = (start_s, at_s)
            clip, start_s = 0, -1.0
    if not shown:
        raise RecordingError(f"{path}: marks no clip: a number of 1 to {LAST_CLIP[-1]}, {START}, {STOP}")
    return shown


def _trial(clip: int, span: tuple[float, float], path: Path) -> Trial:
    start_s, stop_s = span
    if stop_s - start_s < TRIAL_S:
        raise RecordingError(f"{path}: clip {clip} lasts {stop_s - start_s:g} s, less than {TRIAL_S:g}")
    label = next(label for label, last in zip(CLASSES, LAST_CLIP, strict=True) if clip <= last)
    return Trial(stop_s - TRIAL_S, stop_s, label)


def _in_microvolts(chunks: tuple[Chunk, ...]) -> tuple[Chunk, ...]:
    """Return chunks in microvolts, of a file that may have named its microvolts volts."""
    if np.mean([np.abs(chunk.samples).mean() for chunk in chunks]) < VOLT:
        return chunks
    return tuple(make_chunk(chunk.samples / VOLT, chunk.times_s, chunk.first_index) for chunk in chunks)


def build(settings: Settings) -> Faced:
    """Make the data set."""
    return Faced(Path(settings.folder))
