"""BCI Competition IV 2a: imagery of left hand, right hand, feet and tongue, as BNCI Horizon 2020 distributes it.

- 9 subjects, two sessions on two days: ``A01T.mat`` and ``A01E.mat``. ``data`` is a row of structures, each with ``X``
  (n_samples, 22 EEG and 3 EOG; µV), ``trial`` (first samples of trials, counted from 1) and ``y`` (classes 1-4).
- Six runs of 48 trials have classes; before them stand, without classes, two minutes with eyes open, one with eyes
  closed and one of eye movements. A04T has the eye movements alone.
- A trial begins with a cross; the cue comes after 2 s and imagery lasts until 6 s. Trials here begin with the cue.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from models.dataset import About, Key, Labelled, Part, PublishedSplit, Trial
from models.reading.fetching import fetch_files
from models.reading.folder_data_set import FolderDataSet, Found
from models.reading.listed_splits import numbered
from models.reading.mat_files import named, read_mat
from models.reading.streams import eeg_spec, one_chunk
from pipelines.errors import RecordingError
from pipelines.plugins import PluginSettings

LABELS = {1: "left_hand", 2: "right_hand", 3: "feet", 4: "tongue"}
CUE_S, STOP_S = 2.0, 6.0
RUNS = ("1", "2", "3", "4", "5", "6")
REST_RUNS = ("eyes_open", "eyes_closed")
WITHOUT_REST = ("A04", "T")
# fmt: off
CHANNELS = ("Fz", "FC3", "FC1", "FCz", "FC2", "FC4", "C5", "C3", "C1", "Cz", "C2", "C4", "C6",
            "CP3", "CP1", "CPz", "CP2", "CP4", "P1", "Pz", "P2", "POz")
# fmt: on
ABOUT = About(
    title="BCI Competition IV 2a",
    paradigm="cued imagery of left hand, right hand, feet or tongue, without feedback",
    task="classification",
    classes=tuple(LABELS.values()),
    n_subjects=9,
    n_sessions=2,
    channels=CHANNELS,
    rate_hz=250.0,
    unit="uV",
    window_s=4.0,
    metric="balanced_accuracy",
    citation="Tangermann et al. 2012, Front. Neurosci. 6:55, doi:10.3389/fnins.2012.00055",
    licence="CC BY-ND 4.0",
    url="http://bnci-horizon-2020.eu/database/data-sets",
    access="open",
    how_to_get=(
        "Get data set 001-2014 (A01T.mat to A09E.mat) from http://bnci-horizon-2020.eu/database/data-sets (open)."
    ),
    cautions=(
        "Trials the experts marked as artefacts are kept, as the published benchmarks keep them.",
        "Code that skips the first three structures of A04T loses two runs: it has one structure without classes.",
        "The published benchmarks count trial positions from 0, so their windows begin one sample later.",
    ),
)


E_SESSION = frozenset({"E"})
SPLITS = {
    "cbramod": PublishedSplit(
        "CBraMod and CSBrain",
        train=(Part(numbered("A{:02d}", range(1, 6))),),
        validation=(Part(numbered("A{:02d}", range(6, 8))),),
        test=(Part(numbered("A{:02d}", range(8, 10))),),
    ),
    "adabrain_cross_subject": PublishedSplit(
        "AdaBrain-Bench: its validation trials come from the training subjects; ours sets subjects aside instead",
        train=(Part(numbered("A{:02d}", range(1, 8))),),
        test=(Part(numbered("A{:02d}", range(8, 10))),),
    ),
    "adabrain_multi_subject": PublishedSplit(
        "AdaBrain-Bench: first session, then the first and the second half of the second; people are on all sides",
        train=(Part(sessions=frozenset({"T"})),),
        validation=(Part(sessions=E_SESSION, runs=frozenset(RUNS[:3])),),
        test=(Part(sessions=E_SESSION, runs=frozenset(RUNS[3:])),),
    ),
}


class Settings(PluginSettings):
    """Where the recordings are."""

    folder: str = Field("", description="Folder with A01T.mat to A09E.mat of BNCI Horizon 2020.")


class BciIv2a(FolderDataSet):
    """The data set in a folder."""

    about = ABOUT
    splits = SPLITS
    layout = "A01T.mat"

    def find(self) -> Found:
        """Return the runs of each session: six, and two of rest; all are in one file."""
        return {
            Key(path.stem[:3], path.stem[3], run): (path,)
            for path in self.folder.glob("A0[1-9][TE].mat")
            for run in (*RUNS, *REST_RUNS)
        }

    def listed(self, found: Found) -> Iterable[Key]:
        """Return all runs but those of rest that A04T lacks."""
        return (key for key in found if key.run in RUNS or (key.subject, key.session) != WITHOUT_REST)

    def read(self, key: Key) -> Labelled:
        """Read one run.

        Raises
        ------
        RecordingError
            If the file is absent or damaged, or does not hold the run.
        """
        (path,) = self.files(key)
        run = _run(path, key.run)
        rows = run["X"][:, : len(CHANNELS)]
        source_id = f"{key.subject}{key.session} run {key.run}"
        spec = eeg_spec(CHANNELS, ABOUT.rate_hz, source_id, "left mastoid")
        chunk = one_chunk(rows, spec.rate_hz)
        if key.run in REST_RUNS:
            return Labelled(key, spec, (chunk,), (), ((0.0, len(rows) / spec.rate_hz),))
        begins_s = (run["trial"].ravel().astype(np.float64) - 1) / spec.rate_hz
        trials = [
            Trial(float(at) + CUE_S, float(at) + STOP_S, label)
            for at, label in zip(begins_s, named(run["y"], LABELS, path), strict=True)
        ]
        return Labelled(key, spec, (chunk,), tuple(trials))


def _run(path: Path, name: str) -> Mapping[str, NDArray[Any]]:
    """Return ``X``, ``trial`` and ``y`` of one run; runs are told apart by whether they have classes."""
    try:
        # Each structure also says who the person is; those fields are not touched.
        all_runs = [{field: entry[field][0, 0] for field in ("X", "trial", "y")} for entry in _entries(path)]
    except (ValueError, IndexError, TypeError) as exc:
        raise RecordingError(f"{path}: data is not a row of structures with X, trial and y: {exc}") from exc
    with_classes = [run for run in all_runs if run["y"].size]
    without = [run for run in all_runs if not run["y"].size]
    found = dict(zip(RUNS, with_classes, strict=False))
    if len(without) == 1 + len(REST_RUNS):  # the last one is of eye movements
        found |= dict(zip(REST_RUNS, without[:-1], strict=True))
    if name not in found:
        raise RecordingError(
            f"{path}: has no run {name}: {len(with_classes)} runs with classes and {len(without)} without"
        )
    return found[name]


def _entries(path: Path) -> list[NDArray[Any]]:
    return list(read_mat(path, ("data",))["data"].ravel())


def build(settings: Settings) -> BciIv2a:
    """Make the data set."""
    return BciIv2a(Path(settings.folder))


def fetch(folder: Path, tell: Callable[[str], None]) -> None:
    """Download all sessions (18 files). Their publisher gives no checksums, so only what is whole can be told.

    Raises
    ------
    RecordingError
        If the server cannot be reached.
    """
    names = [f"A{subject:02d}{session}.mat" for subject in range(1, 10) for session in "TE"]
    fetch_files("http://bnci-horizon-2020.eu/database/data-sets/001-2014/", dict.fromkeys(names), folder, tell)
