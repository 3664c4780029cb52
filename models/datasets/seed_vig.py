"""SEED-VIG: vigilance in a simulated drive; BCMI lab, Shanghai Jiao Tong University.

- 21 subjects, two of them twice, about two hours each: ``Raw_Data/1_20151124_noon_2.mat`` with ``EEG`` (a structure of
  ``data`` (n_samples, 17), ``chn``, ``sample_rate``), and ``perclos_labels/`` with a file of the same name whose
  ``perclos`` (885, 1) is the share of time the eyes are closed, 0 to 1, in each 8 s.
- Sessions are numbered in order of their dates; the dates themselves go nowhere.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from models.dataset import About, Key, Labelled, Part, PublishedSplit, Trial
from models.reading import seed_files
from models.reading.folder_data_set import FolderDataSet, Found
from models.reading.listed_splits import numbered
from models.reading.mat_files import read_mat
from models.reading.streams import eeg_spec, one_chunk
from pipelines.errors import RecordingError
from pipelines.plugins import PluginSettings

LABEL_S = 8.0
# fmt: off
NAMES = (
    "1_20151124_noon_2", "2_20151106_noon", "3_20151024_noon", "4_20151105_noon", "4_20151107_noon", "5_20141108_noon",
    "5_20151012_night", "6_20151121_noon", "7_20151015_night", "8_20151022_noon", "9_20151017_night",
    "10_20151125_noon", "11_20151024_night", "12_20150928_noon", "13_20150929_noon", "14_20151014_night",
    "15_20151126_night", "16_20151128_night", "17_20150925_noon", "18_20150926_noon", "19_20151114_noon",
    "20_20151129_night", "21_20151016_noon",
)
# fmt: on
"""Files as published: which session a file is must not depend on which files are there."""
# fmt: off
CHANNELS = ("FT7", "FT8", "T7", "T8", "TP7", "TP8", "CP1", "CP2", "P1", "Pz", "P2", "PO3", "POz", "PO4",
            "O1", "Oz", "O2")
# fmt: on
ABOUT = About(
    title="SEED-VIG",
    paradigm="about two hours of driving in a simulator; how far the eyes are closed is tracked",
    task="regression",
    classes=(),
    n_subjects=21,
    n_sessions=2,
    channels=CHANNELS,
    rate_hz=200.0,
    unit="uV",
    window_s=8.0,
    metric="pearson",
    citation="Zheng & Lu 2017, J. Neural Eng. 14:026017, doi:10.1088/1741-2552/aa5a98",
    licence=seed_files.LICENCE,
    url="https://bcmi.sjtu.edu.cn/home/seed/seed-vig.html",
    access="form",
    how_to_get=seed_files.how_to_get("SEED-VIG", "Raw_Data and perclos_labels"),
    cautions=(
        "Vigilance drifts over two hours: time predicts the label, and neighbouring windows are much alike.",
        "Two people were recorded twice; both of their sessions belong on the same side of a split.",
        seed_files.NO_UNIT,
    ),
)


SPLITS = {
    "adabrain": PublishedSplit(
        "AdaBrain-Bench",
        train=(Part(numbered("{:02d}", range(1, 14))),),
        validation=(Part(numbered("{:02d}", range(14, 18))),),
        test=(Part(numbered("{:02d}", range(18, 22))),),
    ),
    "cbramod": PublishedSplit(
        "CBraMod: files sorted by name as text, so 10-19 come before 1",
        train=(Part(numbered("{:02d}", (*range(10, 20), 1, 20, 21, 2, 3))),),
        validation=(Part(numbered("{:02d}", (4, 5))),),
        test=(Part(numbered("{:02d}", (6, 7, 8, 9))),),
    ),
}


class Settings(PluginSettings):
    """Where the recordings are."""

    folder: str = Field("", description="Folder that holds Raw_Data and perclos_labels.")


class SeedVig(FolderDataSet):
    """The data set in a folder."""

    about = ABOUT
    splits = SPLITS
    layout = f"Raw_Data/{NAMES[0]}.mat"

    def find(self) -> Found:
        """Return all published recordings and their labels."""
        found: dict[Key, tuple[Path, ...]] = {}
        for name in NAMES:
            subject = f"{int(name.split('_')[0]):02d}"
            session = 1 + sum(key.subject == subject for key in found)
            homes = (self.folder / "Raw_Data", self.folder / "perclos_labels")
            found[Key(subject, str(session))] = tuple(home / f"{name}.mat" for home in homes)
        return found

    def listed(self, found: Found) -> Iterable[Key]:
        """Return the recordings that are there."""
        return (key for key, (path, _) in found.items() if path.is_file())

    def read(self, key: Key) -> Labelled:
        """Read one recording; a trial is the 8 s of one label.

        Raises
        ------
        RecordingError
            If a file is absent or damaged, or signal and labels do not fit.
        """
        path, label_path = self.files(key)
        data = _data(path)
        perclos = np.ravel(read_mat(label_path, ("perclos",))["perclos"]).astype(np.float64)
        if len(data) < len(perclos) * round(LABEL_S * ABOUT.rate_hz):
            raise RecordingError(f"{label_path}: {len(perclos)} labels of {LABEL_S:g} s for {len(data)} samples")
        spec = eeg_spec(CHANNELS, ABOUT.rate_hz, f"SEED-VIG subject {key.subject} session {key.session}")
        trials = [Trial(n * LABEL_S, (n + 1) * LABEL_S, float(value)) for n, value in enumerate(perclos)]
        return Labelled(key, spec, (one_chunk(data, spec.rate_hz),), tuple(trials))


def _data(path: Path) -> NDArray[np.float64]:
    """Return ``data`` of ``EEG``, (n_samples, 17)."""
    eeg = read_mat(path, ("EEG",))["EEG"]
    try:
        data: NDArray[np.float64] = eeg[0, 0]["data"]
    except (IndexError, ValueError) as exc:
        raise RecordingError(f"{path}: EEG is no structure with data: {exc}") from exc
    if data.ndim != 2 or data.shape[1] != len(CHANNELS):
        raise RecordingError(f"{path}: EEG.data is {data.shape}, not (n_samples, {len(CHANNELS)})")
    return data


def build(settings: Settings) -> SeedVig:
    """Make the data set."""
    return SeedVig(Path(settings.folder))
