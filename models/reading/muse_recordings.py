"""Recordings of eeg-notebooks with a Muse headband: CSV files, plain or gzipped, with a column of markers.

Time stamps are rounded to 1 ms (in some files they jitter with the Bluetooth packets), while rows are evenly sampled:
the time axis is rebuilt from the nominal rate, and rows and stamps must agree on how long a recording lasts.
"""

from __future__ import annotations

import gzip
import re
from collections.abc import Collection, Mapping
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from models.dataset import Key, Labelled, Trial
from models.reading.streams import eeg_spec, one_chunk
from pipelines.errors import RecordingError

CHANNELS = ("TP9", "AF7", "AF8", "TP10")
RATE_HZ = 256.0
TRIAL_S = 0.8
SLACK_S = 0.5
"""How far rows and time stamps may disagree on the duration."""


def find(folder: Path, left_out: Collection[str]) -> dict[Key, tuple[Path, ...]]:
    """Return the recordings in ``subjectN/sessionM/*.csv``; runs are numbered in order of their names.

    Parameters
    ----------
    folder
        As published, or with files gzipped.
    left_out
        Names without ``.csv``, with or without ``subjectN/sessionM/`` before them.
    """
    found: dict[Key, tuple[Path, ...]] = {}
    for home in sorted(folder.glob("subject*/session*")):
        subject, session = home.parent.name, home.name.removeprefix("session")
        by_stem = {stem(path): path for path in sorted(home.glob("*.csv*"))}
        kept = [s for s in sorted(by_stem) if not {s, f"{subject}/{home.name}/{s}"} & set(left_out)]
        for run, name in enumerate(kept, start=1):
            found[Key(subject, session, f"{run:02d}")] = (by_stem[name],)
    return found


def stem(path: Path) -> str:
    """Return a file's name without its ``.csv``, ``.csv.csv`` or ``.csv.gz``."""
    return re.sub(r"(\.csv)*(\.gz)?$", "", path.name)


def read(path: Path, key: Key, labels: Mapping[int, str]) -> Labelled:
    """Read one recording; a trial begins with its picture. Pictures too near the end for a whole trial are none.

    Raises
    ------
    RecordingError
        If the file is absent or damaged, or its stamps do not fit its rows.
    """
    table = _table(path)
    n_rows = len(table["timestamps"])
    lasts_s = float(table["timestamps"][-1] - table["timestamps"][0])
    if abs(lasts_s - (n_rows - 1) / RATE_HZ) > SLACK_S:
        raise RecordingError(f"{path}: {n_rows} rows are not {lasts_s:.1f} s at {RATE_HZ:g} Hz: samples were lost")
    codes = next((table[name] for name in ("Marker", "Marker0") if name in table), None)
    if codes is None:
        raise RecordingError(f"{path}: has no column Marker or Marker0")
    rows = np.column_stack([table[name] for name in CHANNELS])
    trials = [
        Trial(at / RATE_HZ, at / RATE_HZ + TRIAL_S, labels[int(codes[at])])
        for at in np.flatnonzero(np.isin(codes, list(labels)))
        if at / RATE_HZ + TRIAL_S <= n_rows / RATE_HZ
    ]
    spec = eeg_spec(CHANNELS, RATE_HZ, f"{key.subject} session {key.session} run {key.run}", "Fpz")
    return Labelled(key, spec, (one_chunk(rows, RATE_HZ),), tuple(trials))


def _table(path: Path) -> dict[str, NDArray[np.float64]]:
    try:
        content = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
        first, *lines = content.decode().splitlines() or [""]
        names = first.split(",")
        columns = np.loadtxt(lines, delimiter=",", ndmin=2) if lines else np.empty((0, len(names)))
    except (OSError, EOFError, ValueError) as exc:  # damaged text is a ValueError too
        raise RecordingError(f"{path}: cannot be read as a table: {exc}") from exc
    missing = [name for name in ("timestamps", *CHANNELS) if name not in names]
    if missing or columns.shape[0] < 2 or columns.shape[1] != len(names):
        raise RecordingError(f"{path}: cannot be read as a table: lacks {', '.join(missing) or 'rows'}")
    return {name: columns[:, index] for index, name in enumerate(names)}
