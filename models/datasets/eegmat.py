"""EEGMAT: rest and mental arithmetic (serial subtraction), PhysioNet ``eegmat`` 1.0.0.

- 36 subjects, two EDF files each: ``SubjectNN_1.edf`` rest (182 s for most), ``SubjectNN_2.edf`` task (62 s).
- 19 EEG channels of the 10-20 system, linked ears, 500 Hz (copies at 200 Hz exist), 0.5-45 Hz, 50 Hz notch, µV.
- Known confound: rest and task are separate recordings, so drift and electrode state follow the label.
- Cite Zyma et al. 2019, Data 4:14. Licence ODC-By 1.0. https://physionet.org/content/eegmat/1.0.0/
- Subjects 32-35 are the published test subjects: nothing here trains, tunes or calibrates on them.
"""

from __future__ import annotations

import hashlib
import warnings
from dataclasses import dataclass
from pathlib import Path

import mne
import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from pipelines.errors import RecordingError
from pipelines.plugins import PluginSettings
from pipelines.signal import Channel, Chunk, StreamSpec, make_chunk

CLASSES = ("rest", "mental_arithmetic")
HELD_OUT = range(32, 36)


class Settings(PluginSettings):
    """Where the recordings are."""

    folder: str = Field("", description="Folder with SubjectNN_1.edf and SubjectNN_2.edf.")


@dataclass(frozen=True, slots=True)
class EegMat:
    """The data set in a folder."""

    folder: Path

    def subjects(self) -> list[int]:
        """Return the subjects that have both files, without the published test subjects.

        Raises
        ------
        RecordingError
            If there are none.
        """
        found = [int(path.name[7:9]) for path in sorted(self.folder.glob("Subject[0-9][0-9]_1.edf"))]
        usable = [s for s in found if s not in HELD_OUT and self.path(s, "mental_arithmetic").is_file()]
        if not usable:
            raise RecordingError(
                f"{self.folder}: no SubjectNN_1.edf and SubjectNN_2.edf here; get EEGMAT from "
                "https://physionet.org/content/eegmat/1.0.0/"
            )
        return usable

    def path(self, subject: int, label: str) -> Path:
        """Return the file of one subject and class."""
        return self.folder / f"Subject{subject:02d}_{CLASSES.index(label) + 1}.edf"

    def sha256(self, subject: int, label: str) -> str:
        """Return the hash of one file."""
        return hashlib.sha256(self.path(subject, label).read_bytes()).hexdigest()

    def read(self, subject: int, label: str) -> tuple[StreamSpec, Chunk]:
        """Return one recording as a stream of one chunk, EEG in µV.

        Raises
        ------
        RecordingError
            If the file is absent or damaged.
        """
        path = self.path(subject, label)
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", RuntimeWarning)
                raw = mne.io.read_raw_edf(path, preload=True, verbose="error")
        except (OSError, ValueError) as exc:
            raise RecordingError(f"{path}: cannot be read as EDF: {exc}") from exc
        keep = [name for name in raw.ch_names if name.startswith("EEG ") and "-" not in name]
        rows: NDArray[np.float64] = raw.get_data(picks=keep).T * 1e6
        spec = StreamSpec(float(raw.info["sfreq"]), tuple(Channel(name) for name in keep), path.name, "linked ears")
        return spec, make_chunk(rows, np.arange(len(rows)) / spec.rate_hz, 0)


def build(settings: Settings) -> EegMat:
    """Make the data set."""
    return EegMat(Path(settings.folder))
