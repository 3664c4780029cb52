"""SEED-V: disgusting, frightening, sad, neutral and happy film clips; BCMI lab, Shanghai Jiao Tong University.

- 16 subjects, three sessions of 15 clips: ``EEG_raw/1_1_20180804.cnt`` (subject, session, date; Neuroscan, 1000 Hz, 62
  channels and four others). When clips start and end, and their labels, are said in texts of the data set.
- The dates in names go nowhere. A clip is a recording of its own; clips behind the end of a file are not listed.
- The features that come along as ``.npz`` hold pickles and are not read.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import mne
from pydantic import Field

from models.dataset import About, Key, Labelled, Part, PublishedSplit, Trial
from models.reading import seed_files
from models.reading.folder_data_set import FolderDataSet, Found
from models.reading.listed_splits import numbered
from models.reading.mne_files import open_raw, read_span
from models.reading.seed_files import CHANNELS
from models.reading.streams import eeg_spec, one_chunk, places
from pipelines.errors import RecordingError
from pipelines.plugins import PluginSettings

CLASSES = ("disgust", "fear", "sad", "neutral", "happy")
RATE_HZ = 1000.0
N_CLIPS = 15
NAME = re.compile(r"(\d{1,2})_([123])_\d{8}\.cnt")
# fmt: off
STARTS_S = {
    "1": (30, 132, 287, 555, 773, 982, 1271, 1628, 1730, 2025, 2227, 2435, 2667, 2932, 3204),
    "2": (30, 299, 548, 646, 836, 1000, 1091, 1392, 1657, 1809, 1966, 2186, 2333, 2490, 2741),
    "3": (30, 353, 478, 674, 825, 908, 1200, 1346, 1451, 1711, 2055, 2307, 2457, 2726, 2888),
}
ENDS_S = {
    "1": (102, 228, 524, 742, 920, 1240, 1568, 1697, 1994, 2166, 2401, 2607, 2901, 3172, 3359),
    "2": (267, 488, 614, 773, 967, 1059, 1331, 1622, 1777, 1908, 2153, 2302, 2428, 2709, 2817),
    "3": (321, 418, 643, 764, 877, 1147, 1284, 1418, 1679, 1996, 2275, 2425, 2664, 2857, 3066),
}
LABELS = {
    "1": (4, 1, 3, 2, 0, 4, 1, 3, 2, 0, 4, 1, 3, 2, 0),
    "2": (2, 1, 3, 0, 4, 4, 0, 3, 2, 1, 3, 4, 1, 2, 0),
    "3": (2, 1, 3, 0, 4, 4, 0, 3, 2, 1, 3, 4, 1, 2, 0),
}
# fmt: on
ABOUT = About(
    title="SEED-V",
    paradigm="watching film clips of one to five minutes",
    task="classification",
    classes=CLASSES,
    n_subjects=16,
    n_sessions=3,
    channels=CHANNELS,
    rate_hz=RATE_HZ,
    unit="uV",
    window_s=1.0,
    metric="balanced_accuracy",
    citation="Liu et al. 2022, IEEE Trans. Cogn. Dev. Syst. 14:715, doi:10.1109/TCDS.2021.3071170",
    licence=seed_files.LICENCE,
    url="https://bcmi.sjtu.edu.cn/home/seed/seed-v.html",
    access="form",
    how_to_get=seed_files.how_to_get("SEED-V", "EEG_raw"),
    cautions=(
        "Everybody saw the same clips in the same order: session and number of a clip predict its label.",
        seed_files.ALIKE,
        "The published split has everybody on all sides.",
    ),
)


SPLITS = {
    "cbramod": PublishedSplit(
        "CBraMod and CSBrain: the first, second and last five clips of each session, of all people",
        train=(Part(runs=numbered("{:02d}", range(1, 6))),),
        validation=(Part(runs=numbered("{:02d}", range(6, 11))),),
        test=(Part(runs=numbered("{:02d}", range(11, 16))),),
    )
}


class Settings(PluginSettings):
    """Where the recordings are."""

    folder: str = Field("", description="Folder that holds EEG_raw.")


class SeedV(FolderDataSet):
    """The data set in a folder."""

    about = ABOUT
    splits = SPLITS
    layout = "EEG_raw/1_1_20180804.cnt"

    def find(self) -> Found:
        """Return fifteen clips of each session."""
        matches = ((NAME.fullmatch(path.name), path) for path in (self.folder / "EEG_raw").glob("*.cnt"))
        return {
            Key(f"{int(match[1]):02d}", match[2], f"{clip:02d}"): (path,)
            for match, path in matches
            if match
            for clip in range(1, N_CLIPS + 1)
        }

    def listed(self, found: Found) -> Iterable[Key]:
        """Return the clips that end before their file does.

        Raises
        ------
        RecordingError
            If a file is damaged.
        """
        stops_s = {path: _opened(path).n_times / RATE_HZ for (path,) in sorted(set(found.values()))}
        return (key for key, (path,) in found.items() if ENDS_S[key.session][int(key.run) - 1] <= stops_s[path])

    def read(self, key: Key) -> Labelled:
        """Read one clip, the whole of it one trial; only its part of the file is read.

        Raises
        ------
        RecordingError
            If the file is absent or damaged, ends before the clip does, or lacks channels.
        """
        (path,) = self.files(key)
        raw = _opened(path)
        clip = int(key.run) - 1
        start, stop = (round(at[key.session][clip] * RATE_HZ) for at in (STARTS_S, ENDS_S))
        if raw.n_times < stop:
            raise RecordingError(f"{path}: ends after {raw.n_times / RATE_HZ:g} s, before clip {key.run} does")
        rows = read_span(raw, places(CHANNELS, raw.ch_names, path), start, stop, path)
        source_id = f"SEED-V subject {key.subject} session {key.session} clip {key.run}"
        spec, chunk = eeg_spec(CHANNELS, RATE_HZ, source_id), one_chunk(rows, RATE_HZ)
        label = CLASSES[LABELS[key.session][clip]]
        return Labelled(key, spec, (chunk,), (Trial(0.0, len(rows) / RATE_HZ, label),))


def _opened(path: Path) -> Any:
    raw = open_raw(mne.io.read_raw_cnt, path, preload=False)
    if raw.info["sfreq"] != RATE_HZ:
        raise RecordingError(f"{path}: has {raw.info['sfreq']:g} Hz, not {RATE_HZ:g} as published")
    return raw


def build(settings: Settings) -> SeedV:
    """Make the data set."""
    return SeedV(Path(settings.folder))
