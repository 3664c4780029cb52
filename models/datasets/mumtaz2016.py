"""Mumtaz 2016: people with major depression and healthy ones, at rest; MDD Patients and Healthy Controls EEG Data.

- ``H S1 EC.edf`` and ``MDD S1 EO.edf`` in one folder: group, subject, eyes closed or open; 256 Hz, 19 channels against
  linked ears. Some names begin with a number and an underscore. Files of the task (``TASK``) are not read.
- A recording is one trial; the label is the person's.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

from pydantic import Field

from models.dataset import About, Key, Labelled, Part, PublishedSplit, Trial
from models.reading.edf_files import read_edf
from models.reading.folder_data_set import FolderDataSet, Found
from pipelines.plugins import PluginSettings

GROUPS = {"H": "healthy", "MDD": "depressed"}
NAME = re.compile(r"(?:(\d+)_)?(H|MDD) +S ?(\d+) +(EC|EO)\.edf")
# fmt: off
CHANNELS = ("Fp1", "Fp2", "F3", "F4", "C3", "C4", "P3", "P4", "O1", "O2", "F7", "F8", "T7", "T8", "P7", "P8",
            "Fz", "Cz", "Pz")
# fmt: on
ABOUT = About(
    title="Mumtaz 2016",
    paradigm="rest with eyes closed or open, five minutes each",
    task="classification",
    classes=tuple(GROUPS.values()),
    n_subjects=64,
    n_sessions=1,
    channels=CHANNELS,
    rate_hz=256.0,
    unit="uV",
    window_s=5.0,
    metric="balanced_accuracy",
    citation="Mumtaz et al. 2017, Biomed. Signal Process. Control 31:108; data doi:10.6084/m9.figshare.4244171",
    licence="CC BY 4.0",
    url="https://figshare.com/articles/dataset/EEG_Data_New/4244171",
    access="open",
    how_to_get="Get all files from https://figshare.com/articles/dataset/EEG_Data_New/4244171 (open) into one folder.",
    cautions=(
        "The label is of the person: 64 samples of people, however many windows.",
        "Whoever recognises a person knows the label: split by subject, never by window or recording.",
        "H S30 is said to hold the samples of H S27, and MDD S34 those of MDD S33.",
    ),
)
CUTS = {"H": (40, 48), "MDD": (42, 52)}
"""Places in the sorted names of each group at which CBraMod's validation and test begin."""


class Settings(PluginSettings):
    """Where the recordings are."""

    folder: str = Field("", description="Folder that holds 'H S1 EC.edf' and the other files.")


class Mumtaz(FolderDataSet):
    """The data set in a folder."""

    about = ABOUT
    layout = "'H S1 EC.edf' or 'MDD S1 EO.edf'"

    @property
    def splits(self) -> Mapping[str, PublishedSplit]:
        """CBraMod's, which goes by the listing, where there are enough files for a test."""
        named = sorted((path.name, key) for key, (path,) in self.look().items())
        groups = {group: [key for _, key in named if key.subject.startswith(group)] for group in GROUPS}
        if any(len(groups[group]) <= CUTS[group][1] for group in GROUPS):
            return {}
        return {"cbramod": cbramod(groups)}

    def find(self) -> Found:
        """Return the recordings at rest; the run is the eyes' state."""
        found = {}
        for path in self.folder.glob("*.edf"):
            if match := NAME.fullmatch(path.name):
                number, group, subject, eyes = match.groups()
                found[Key(f"{group}{int(subject):02d}", run=f"{eyes}-{number}" if number else eyes)] = (path,)
        return found

    def read(self, key: Key) -> Labelled:
        """Read one recording, the whole of it one trial; no stretch is told as rest, since all of it carries the label.

        Raises
        ------
        RecordingError
            If the file is absent or damaged, or lacks channels.
        """
        (path,) = self.files(key)
        signal = read_edf(path, CHANNELS, f"Mumtaz 2016 {key.subject} {key.run}", reference="linked ears")
        trial = Trial(0.0, signal.stop_s, GROUPS[key.subject.rstrip("0123456789")])
        return Labelled(key, signal.spec, signal.chunks, (trial,))


def cbramod(groups: Mapping[str, list[Key]]) -> PublishedSplit:
    """Return CBraMod's split, given the recordings of each group in the order of their files' names."""

    def parts(first: Mapping[str, int | None], last: Mapping[str, int | None]) -> tuple[Part, ...]:
        keys = [key for group, listed in groups.items() for key in listed[first[group] : last[group]]]
        return tuple(Part(frozenset({key.subject}), runs=frozenset({key.run})) for key in keys)

    validation_at: dict[str, int | None] = {group: cut[0] for group, cut in CUTS.items()}
    test_at: dict[str, int | None] = {group: cut[1] for group, cut in CUTS.items()}
    ends: dict[str, int | None] = dict.fromkeys(GROUPS)
    return PublishedSplit(
        "CBraMod and CSBrain: the files of each group sorted by name, cut at 40 and 48 of the healthy and at 42 and 52 "
        "of the depressed. It needs all published files, and may have a person's two recordings on two sides",
        train=parts(ends, validation_at),
        validation=parts(validation_at, test_at),
        test=parts(test_at, ends),
    )


def build(settings: Settings) -> Mumtaz:
    """Make the data set."""
    return Mumtaz(Path(settings.folder))
