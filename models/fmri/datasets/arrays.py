"""Any data set in files of arrays: one npz or HDF5 file for each subject.

Needed: ``responses`` (n_trials, n_voxels) and ``stimulus`` (n_trials,). Known besides: ``session``, ``start_s``,
``stop_s``, ``n_averaged`` (n_trials,); ``roi``, ``ncsnr`` (n_voxels,), ``xyz_mm`` (n_voxels, 3); ``test`` (n_trials,),
true for test trials. ``features.npz`` or ``features.h5`` beside them holds ``names`` (n,) and arrays (n, dim) or (n,
tokens, dim).
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from models.fmri.array_files import HDF5_SUFFIXES, read_arrays
from models.fmri.dataset import FmriAbout
from models.fmri.features import Features
from models.fmri.responses import Responses, Trials, Voxels
from models.fmri.splits import Split
from pipelines.errors import RecordingError
from pipelines.plugins import PluginSettings

SUFFIXES = (".npz", *HDF5_SUFFIXES)
FEATURES = "features"
ABOUT = FmriAbout(
    title="Arrays",
    stimuli="whatever the files say",
    citation="",
    licence="whatever the files' owner says",
    url="",
    how_to_get="Put one npz or HDF5 file for each subject into the folder, with 'responses' and 'stimulus' at least.",
)


class Settings(PluginSettings):
    """Where the files are."""

    folder: str = Field("", description="Folder with one .npz, .h5 or .hdf5 file for each subject.")
    unit: str = Field("unknown", description="Unit of the responses: percent, z or unknown.")


class Arrays:
    """The data set in a folder."""

    about = ABOUT

    def __init__(self, folder: Path, unit: str) -> None:
        self._folder, self._unit = folder, unit

    def _files(self) -> dict[str, Path]:
        files = sorted(self._folder.glob("*")) if self._folder.is_dir() else []
        return {p.stem: p for p in files if p.suffix.lower() in SUFFIXES and p.stem != FEATURES}

    def subjects(self) -> tuple[str, ...]:
        """Return the names of the files."""
        if not (found := self._files()):
            raise RecordingError(f"{self._folder}: no files of arrays. {ABOUT.how_to_get}")
        return tuple(found)

    def _read(self, subject: str) -> dict[str, NDArray[Any]]:
        if subject not in (files := self._files()):
            raise RecordingError(f"{self._folder}: no subject {subject!r}; there are {', '.join(files) or 'none'}")
        return read_arrays(files[subject], ("responses", "stimulus"))

    def read(self, subject: str) -> Responses:
        """Read one file."""
        found = self._read(subject)
        values = np.asarray(found["responses"], dtype=np.float32)
        if values.ndim != 2:
            raise RecordingError(f"subject {subject}: responses are {values.shape}, not (n_trials, n_voxels)")
        roi = found.get("roi", np.full(values.shape[1], "", dtype=np.str_))
        voxels = Voxels.of(roi.astype(np.str_), found.get("xyz_mm"), found.get("ncsnr"))
        trials = Trials.of(
            found["stimulus"].astype(np.str_), found.get("session", "1"), found.get("start_s"), found.get("stop_s"),
            found.get("n_averaged", 1),
        )  # fmt: skip
        return Responses(subject, voxels, trials, values, self._unit)

    def split(self, responses: Responses) -> Split:
        """Return the split of ``test``; seeded by stimulus where the file has none."""
        test = self._read(responses.subject).get("test")
        if test is None:
            return Split.by_stimulus(responses.trials)
        return Split.by_stimulus(
            responses.trials, only_test=tuple(np.unique(responses.trials.stimulus[test.astype(bool)]).tolist())
        )

    def features(self, name: str = "") -> Features:
        """Return one array of the file of features."""
        paths = [self._folder / f"{FEATURES}{suffix}" for suffix in SUFFIXES]
        path = next((p for p in paths if p.is_file()), None)
        if path is None:
            raise RecordingError(f"{paths[0]}: not there: no features of the stimuli")
        found = read_arrays(path, ("names", *([name] if name else [])))
        name = name or next((key for key in sorted(found) if key != "names"), "")
        if not name:
            raise RecordingError(f"{path}: holds names alone, no features")
        tokens = np.asarray(found[name], dtype=np.float32)
        return Features(found["names"].astype(np.str_), tokens if tokens.ndim == 3 else tokens[:, None], name)


def build(settings: Settings) -> Arrays:
    """Make the data set."""
    return Arrays(Path(settings.folder), settings.unit)
