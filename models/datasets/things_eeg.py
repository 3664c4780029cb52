"""THINGS-EEG2: which picture somebody saw, among pictures shown five a second.

- 10 subjects, four sessions; the published source data: ``sub-01/ses-01/eeg/sub-01_ses-01_task-train_part-01_eeg.vhdr``
  (BrainVision, 63 channels against Fz, 1000 Hz) with ``beh/..._beh.mat``, whose ``data`` has the numbers of
  the pictures in order (``tot_img_number``; 0 is a target, to which people pressed a key). Five parts of training a
  session, 16540 pictures in all, and one test (``task-test``) of 200 pictures shown 80 times.
- The ``raw_data`` and ``preprocessed_data`` that are also published are pickles in ``.npy`` files: loading one runs
  whatever code it holds, so they are not read.
- Features of the pictures, by which they are found, are the user's: ``.npy`` of (n_pictures, n_features) floats.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import mne
import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from models.dataset import About, Items, Key, Labelled, Part, PublishedSplit, Trial
from models.reading.folder_data_set import FolderDataSet, Found
from models.reading.mat_files import read_mat
from models.reading.mne_files import eeg_stream, open_raw, spans
from pipelines.errors import ConfigError, RecordingError
from pipelines.plugins import PluginSettings

TRIAL_S = 1.0
TRAINING_RUNS = tuple(f"train-{part}" for part in range(1, 6))
TEST_RUN = "test"
N_PICTURES = {"train": 16540, "test": 200}
BEHAVIOUR = 2
"""Place, in the structure ``data``, of the one that holds ``tot_img_number``."""
# fmt: off
CHANNELS = ("Fp1", "F3", "F7", "FT9", "FC5", "FC1", "C3", "T7", "TP9", "CP5", "CP1", "Pz", "P3", "P7", "O1", "Oz", "O2",
            "P4", "P8", "TP10", "CP6", "CP2", "Cz", "C4", "T8", "FT10", "FC6", "FC2", "F4", "F8", "Fp2",
            "AF7", "AF3", "AFz", "F1", "F5", "FT7", "FC3", "FCz", "C1", "C5", "TP7", "CP3", "P1", "P5", "PO7", "PO3",
            "POz", "PO4", "PO8", "P6", "P2", "CPz", "CP4", "TP8", "C6", "C2", "FC4", "FT8", "F6", "F2", "AF4", "AF8")
# fmt: on
ABOUT = About(
    title="THINGS-EEG2",
    paradigm="looking at pictures shown five a second, pressing a key at a target",
    task="retrieval",
    classes=(),
    n_subjects=10,
    n_sessions=4,
    channels=CHANNELS,
    rate_hz=1000.0,
    unit="uV",
    window_s=1.0,
    metric="top_5",
    citation="Gifford et al. 2022, NeuroImage 264:119754, doi:10.1016/j.neuroimage.2022.119754",
    licence="CC BY 4.0",
    url="https://osf.io/3jk45/",
    access="open",
    how_to_get=(
        "Get the source data of THINGS-EEG2 (BrainVision files, not the .npy pickles) from https://osf.io/3jk45/ "
        "and unpack them: they come as archives, which are not fetched. The folder is the one that holds sub-01."
    ),
    cautions=(
        "Pictures follow one another every 0.2 s, so trials overlap: split by run, never by trial.",
        "The published figures train and test within one person, and average the 80 showings of a test picture.",
        "Layout and order of the behavioural files are those of the authors' program; no original was at hand.",
    ),
)
SPLITS = {
    "published": PublishedSplit(
        "The authors and AdaBrain-Bench, each within one person: pictures of the test are in no training run",
        train=(Part(runs=frozenset(TRAINING_RUNS)),),
        test=(Part(runs=frozenset({TEST_RUN})),),
    ),
}


class Settings(PluginSettings):
    """Where the recordings and the features of pictures are."""

    folder: str = Field("", description="Folder of the source data, with sub-01/ses-01/eeg and beh.")
    train_features: str = Field(
        "", description="Features of the 16540 training pictures, .npy (n_pictures, n_features); relative to folder."
    )
    test_features: str = Field("", description="The same of the 200 test pictures.")


@dataclass(frozen=True)
class ThingsEeg(FolderDataSet):
    """The data set in a folder."""

    about = ABOUT
    splits = SPLITS
    layout = "sub-01/ses-01/eeg/sub-01_ses-01_task-train_part-01_eeg.vhdr"

    train_features: str = ""
    test_features: str = ""

    def find(self) -> Found:
        """Return five runs of training and the test, of each session: header, markers, samples and behaviour."""
        found = {}
        for eeg in self.folder.glob("sub-[0-9][0-9]/ses-[0-9][0-9]/eeg"):
            subject, session = eeg.parts[-3:-1]
            for run in (*TRAINING_RUNS, TEST_RUN):
                task, _, part = run.partition("-")
                base = f"{subject}_{session}_task-{task}" + (f"_part-{int(part):02d}" if part else "")
                signal = (eeg / f"{base}_eeg{suffix}" for suffix in (".vhdr", ".vmrk", ".eeg"))
                found[Key(subject, session, run)] = (*signal, eeg.with_name("beh") / f"{base}_beh.mat")
        return found

    def listed(self, found: Found) -> Iterable[Key]:
        """Return the runs that are there."""
        return (key for key, files in found.items() if files[0].is_file())

    def read(self, key: Key) -> Labelled:
        """Read one run; a trial is the second from a picture's onset, its label the picture. Targets are left out.

        Raises
        ------
        RecordingError
            If a file is absent or damaged, or markers and behaviour do not fit.
        """
        header, markers, samples, behaviour = self.files(key)
        pictures = _pictures(behaviour)
        try:
            raw = open_raw(mne.io.read_raw_brainvision, header)
        except RecordingError as exc:
            raise RecordingError(f"{exc} (read with {markers.name} and {samples.name})") from exc
        onsets_s = _onsets_s(raw)
        if len(onsets_s) < len(pictures):
            raise RecordingError(
                f"{markers}: {len(onsets_s)} markers for the {len(pictures)} pictures of {behaviour.name}"
            )
        spec, chunk = eeg_stream(raw, CHANNELS, header, f"{key.subject} {key.session} {key.run}", reference="Fz")
        task = key.run.partition("-")[0]
        shown = [(float(at), int(n)) for at, n in zip(onsets_s, pictures, strict=False) if n]
        if shown and shown[-1][0] + TRIAL_S > chunk.n_samples / spec.rate_hz:
            raise RecordingError(f"{samples}: ends before the last picture: {chunk.n_samples} samples")
        trials = tuple(Trial(at, at + TRIAL_S, picture(task, number)) for at, number in shown)
        return Labelled(key, spec, (chunk,), trials)

    def items(self) -> Items:
        """Return the pictures' features, training pictures first.

        Raises
        ------
        ConfigError
            If the settings name no features, or they are of other pictures.
        """
        parts = {"train": self.train_features, "test": self.test_features}
        features = [_features(self.folder / path, task) for task, path in parts.items() if path]
        if not features:
            raise ConfigError("things_eeg: train_features and test_features are not set: no pictures to be found")
        names = tuple(picture(task, n) for task, path in parts.items() if path for n in range(1, N_PICTURES[task] + 1))
        try:
            return Items(names, np.concatenate(features))
        except ValueError as exc:
            raise ConfigError(f"things_eeg: train_features and test_features differ in width: {exc}") from exc


def picture(task: str, number: int) -> str:
    """Return the name of a picture: of ``train`` or ``test``, counted from 1."""
    return f"{task}-{number:05d}"


def _pictures(path: Path) -> NDArray[np.int64]:
    """Return the numbers of pictures in the order shown; 0 is a target."""
    data = read_mat(path, ("data",))["data"]
    try:
        # The other fields say who the person is; they are not touched.
        numbers: NDArray[Any] = data[0, 0][BEHAVIOUR]["tot_img_number"]
        return np.concatenate([np.ravel(part) for part in np.ravel(numbers)]).astype(np.int64)
    except (ValueError, IndexError, TypeError) as exc:
        raise RecordingError(f"{path}: data holds no tot_img_number: {exc}") from exc


def _onsets_s(raw: Any) -> list[float]:
    """Return when the triggers came (s); the mark of a new segment is none."""
    return [onset_s for onset_s, _, text in spans(raw.annotations) if not text.startswith("New Segment")]


def _features(path: Path, task: str) -> NDArray[np.float32]:
    try:
        found = np.load(path, allow_pickle=False)
    except (OSError, ValueError, EOFError) as exc:
        raise ConfigError(f"things_eeg: {task}_features = {str(path)!r} cannot be read as numbers: {exc}") from exc
    if found.ndim != 2 or len(found) != N_PICTURES[task]:
        raise ConfigError(f"things_eeg: {path} is {found.shape}, not ({N_PICTURES[task]}, n_features)")
    return np.asarray(found, dtype=np.float32)


def build(settings: Settings) -> ThingsEeg:
    """Make the data set."""
    return ThingsEeg(Path(settings.folder), settings.train_features, settings.test_features)
