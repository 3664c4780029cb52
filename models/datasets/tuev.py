"""TUEV, TUH EEG Events: six kinds of event, marked a second at a time and channel by channel.

- ``train/aaaaaaar/aaaaaaar_00000001.edf`` and ``eval/000/bckg_000_a_.edf``, each with a ``.rec`` of the same name:
  lines of channel, start (s), stop (s), class; 1 SPSW, 2 GPED, 3 PLED, 4 EYEM, 5 ARTF, 6 BCKG.
- The published sample is the marked second with two seconds on either side, of all channels, once for every line.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from pydantic import Field

from models.dataset import About, Key, Labelled, Part, PublishedSplit, Trial
from models.reading import tuh_files
from models.reading.folder_data_set import FolderDataSet, Found
from models.reading.listed_splits import cut
from models.reading.text_files import bad_line, numbered_lines
from models.reading.tuh_files import MONTAGES, Montage
from pipelines.plugins import PluginSettings

CLASSES = ("spike_or_sharp_wave", "gped", "pled", "eye_movement", "artifact", "background")
CODES = dict(enumerate(CLASSES, start=1))
WINDOW_S = 5.0
N_TRAIN = 290
"""People of the published training part."""
SIDES = ("train", "eval")
ABOUT = About(
    title="TUEV",
    paradigm="clinical EEG with epileptiform discharges, artefacts and background marked by hand",
    task="classification",
    classes=CLASSES,
    n_subjects=370,
    n_sessions=1,
    channels=MONTAGES["referential_23"],
    rate_hz=250.0,
    unit="uV",
    window_s=WINDOW_S,
    metric="balanced_accuracy",
    citation=f"Harati et al. 2015, SPMB, doi:10.1109/SPMB.2015.7405421; {tuh_files.CITATION}",
    licence=tuh_files.LICENCE,
    url=tuh_files.URL,
    access="form",
    how_to_get=tuh_files.how_to_get("TUEV (tuh_eeg_events)", "train and eval, v2.0.1/edf"),
    cautions=(
        "Each marked channel is a trial of all channels: trials share their samples, and may differ in their label.",
        "The window of a second near an end of a recording is moved inside; the published code wraps around the end.",
        "Folders of the eval part are numbers, and its files are named after the event they were chosen for.",
        "A recording without an electrode of the montage is refused by name; the published code leaves it out.",
    ),
)
SPLITS = {
    "adabrain_cross_subject": PublishedSplit(
        "AdaBrain-Bench: the official parts; a fifth of the training people is drawn for validation out of a Python "
        "set, whose order changes from run to run; ours sets subjects aside instead",
        train=(Part(sessions=frozenset({"train"})),),
        test=(Part(sessions=frozenset({"eval"})),),
    ),
}


class Settings(PluginSettings):
    """Where the recordings are, and which channels are read."""

    folder: str = Field("", description="Folder that holds train and eval.")
    montage: Montage = Field("referential_23", description=tuh_files.MONTAGE_WORDS)


@dataclass(frozen=True)
class Tuev(FolderDataSet):
    """The data set in a folder."""

    layout = "train/aaaaaaar/aaaaaaar_00000001.edf with its .rec"

    montage: Montage = "referential_23"

    @property
    def about(self) -> About:
        """What it is; its channels are those of the montage."""
        return replace(ABOUT, channels=MONTAGES[self.montage])

    @property
    def splits(self) -> Mapping[str, PublishedSplit]:
        """Published splits; CBraMod's, which goes by the listing, only where all training people are there."""
        people = sorted({key.subject for key in self.look() if key.session == "train"})
        return SPLITS if len(people) != N_TRAIN else {**SPLITS, "cbramod": cbramod(people)}

    def find(self) -> Found:
        """Return the recordings and their marks, the official part as their session."""
        found = {}
        for side in SIDES:
            for path in (self.folder / side).glob("*/*.edf"):
                subject = path.parent.name
                run = re.sub(rf"_?{re.escape(subject)}_", "_", path.stem, count=1).strip("_")
                found[Key(subject, side, run)] = (path, path.with_suffix(".rec"))
        return found

    def read(self, key: Key) -> Labelled:
        """Read one recording; a trial is the window around a mark.

        Raises
        ------
        RecordingError
            If a file is absent or damaged, or the signal lacks electrodes of the montage.
        """
        path, marks = self.files(key)
        signal = tuh_files.read_montage(path, self.montage, f"TUEV {path.stem}")
        trials = []
        for start_s, stop_s, label in _marks(marks):
            middle_s = (start_s + stop_s) / 2
            first_s = max(0.0, min(middle_s - WINDOW_S / 2, signal.stop_s - WINDOW_S))
            trials.append(Trial(first_s, min(first_s + WINDOW_S, signal.stop_s), label))
        trials.sort(key=lambda trial: trial.start_s)
        return Labelled(key, signal.spec, signal.chunks, tuple(trials))


def _marks(path: Path) -> list[tuple[float, float, str]]:
    marks = []
    for number, line in numbered_lines(path):
        try:
            _, start_s, stop_s, code = (float(cell) for cell in line.split(","))
            marks.append((start_s, stop_s, CODES[int(code)]))
        except (ValueError, KeyError) as exc:
            raise bad_line(path, number, line, "is not channel, start, stop and a class of 1 to 6") from exc
    return marks


def cbramod(people: list[str]) -> PublishedSplit:
    """Return the split of CBraMod's second preprocessing, given all training people in order."""
    train, validation = cut(people, int(len(people) * 0.8))
    return PublishedSplit(
        "CBraMod since June 2025: training people sorted by name, the last fifth for validation; the paper's own "
        "split was drawn at random and is not known",
        train=(Part(train, frozenset({"train"})),),
        validation=(Part(validation, frozenset({"train"})),),
        test=(Part(sessions=frozenset({"eval"})),),
    )


def build(settings: Settings) -> Tuev:
    """Make the data set."""
    return Tuev(Path(settings.folder), settings.montage)
