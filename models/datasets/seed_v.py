"""SEED-V: disgusting, frightening, sad, neutral and happy film clips; BCMI lab, Shanghai Jiao Tong University.

- 16 subjects, three sessions of 15 clips: ``EEG_raw/1_1_20180804.cnt`` (subject, session, date; Neuroscan, 1000 Hz, 62
  channels and four others). When clips start and end, and their labels, are said in texts of the data set.
- The dates in names go nowhere. A clip is a recording of its own; clips behind the end of a file are not listed.
- The features that come along as ``.npz`` hold pickles and are not read.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import mne
import numpy as np
from pydantic import Field

from models.dataset import About, Key, Labelled, Part, PublishedSplit, Trial, found_at, not_here
from models.mne_files import open_raw
from models.seed_files import CHANNELS
from pipelines.channel_names import canonical_name
from pipelines.errors import RecordingError
from pipelines.plugins import PluginSettings
from pipelines.signal import Channel, StreamSpec, make_chunk

CLASSES = ("disgust", "fear", "sad", "neutral", "happy")
RATE_HZ = 1000.0
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
    licence="research use under the SEED licence agreement",
    url="https://bcmi.sjtu.edu.cn/home/seed/seed-v.html",
    access="form",
    how_to_get=(
        "SEED-V is given to those who sign its licence agreement: https://bcmi.sjtu.edu.cn/home/seed/. "
        "The folder is the one that holds EEG_raw."
    ),
    cautions=(
        "Everybody saw the same clips in the same order: session and number of a clip predict its label.",
        "Windows of one clip are much alike: split by clip, session or subject, never by window.",
        "The published split has everybody on all sides.",
    ),
)


def _clips(first: int, last: int) -> frozenset[str]:
    return frozenset(f"{clip:02d}" for clip in range(first, last + 1))


SPLITS = {
    "cbramod": PublishedSplit(
        "CBraMod and CSBrain: the first, second and last five clips of each session, of all people",
        train=(Part(runs=_clips(1, 5)),),
        validation=(Part(runs=_clips(6, 10)),),
        test=(Part(runs=_clips(11, 15)),),
    )
}


class Settings(PluginSettings):
    """Where the recordings are."""

    folder: str = Field("", description="Folder that holds EEG_raw.")


@dataclass(frozen=True, slots=True)
class SeedV:
    """The data set in a folder."""

    folder: Path

    @property
    def about(self) -> About:
        """What it is."""
        return ABOUT

    @property
    def splits(self) -> Mapping[str, PublishedSplit]:
        """Published splits."""
        return SPLITS

    def keys(self) -> list[Key]:
        """Return the clips of the sessions that are there.

        Raises
        ------
        RecordingError
            If there are none, or a file is damaged.
        """
        found = self._found()
        if not found:
            raise not_here(self.folder, "EEG_raw/1_1_20180804.cnt", ABOUT)
        keys = []
        for (subject, session), path in sorted(found.items()):
            stop_s = _opened(path).n_times / RATE_HZ
            clips = (f"{clip:02d}" for clip, end_s in enumerate(ENDS_S[session], start=1) if end_s <= stop_s)
            keys += [Key(subject, session, clip) for clip in clips]
        return keys

    def _found(self) -> dict[tuple[str, str], Path]:
        matches = ((NAME.fullmatch(path.name), path) for path in (self.folder / "EEG_raw").glob("*.cnt"))
        return {(f"{int(match[1]):02d}", match[2]): path for match, path in matches if match}

    def files(self, key: Key) -> tuple[Path, ...]:
        """Return the file of the session.

        Raises
        ------
        RecordingError
            If there is no such clip.
        """
        sessions = {Key(subject, session, key.run): path for (subject, session), path in self._found().items()}
        return (found_at(sessions if key.run in _clips(1, 15) else {}, key, self.folder),)

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
        place = {canonical_name(name): index for index, name in enumerate(raw.ch_names)}
        missing = [name for name in CHANNELS if name not in place]
        if missing:
            raise RecordingError(f"{path}: has no channels {', '.join(missing)}; it has {', '.join(raw.ch_names)}")
        try:
            rows = raw.get_data(picks=[place[name] for name in CHANNELS], start=start, stop=stop, verbose="error").T
        except Exception as exc:  # what MNE raises on damaged files is not of one kind
            raise RecordingError(f"{path}: cannot be read: {exc or type(exc).__name__}") from exc
        source_id = f"SEED-V subject {key.subject} session {key.session} clip {key.run}"
        spec = StreamSpec(RATE_HZ, tuple(Channel(name) for name in CHANNELS), source_id)
        chunk = make_chunk(rows * 1e6, np.arange(len(rows)) / RATE_HZ, 0)
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
