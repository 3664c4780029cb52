"""Any recording that MNE can read: found in a folder, opened, its EEG electrodes, its unbroken stretches."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from fnmatch import fnmatch
from pathlib import Path
from typing import Any

import mne
import numpy as np

from models.reading.mne_files import open_raw, read_span, spans, through_mne
from pipelines.channel_names import canonical_name
from pipelines.signal import Chunk, make_chunk

SUFFIXES = (".edf", ".bdf", ".gdf", ".vhdr", ".set", ".fif", ".fif.gz", ".cnt", ".mff", ".egi", ".lay", ".nedf")
"""What a file that begins a recording ends with; folders (``.mff``) among them."""
_NOT_RAW = re.compile(r"[-_](eve|epo|ave|cov|fwd|inv|ica|proj|trans|src|sol|bem|label)(-\d+)?\.fif(\.gz)?$")
"""MNE's own endings of FIF files that hold something else."""
_CUT = re.compile(r"boundary|new segment/.*", re.IGNORECASE)
"""Annotations of EEGLAB and BrainVision that say: what follows was not recorded right after what precedes."""
PIECE = 2**16
"""Samples read at once."""


def find_recordings(folder: Path, patterns: Sequence[str] = (), exclude: Sequence[str] = ()) -> list[Path]:
    """Return the recordings in a folder and all folders below it, sorted.

    Parameters
    ----------
    folder
        Where to look.
    patterns
        Globs relative to the folder (``**/sub-*_eeg.set``); without, everything with a suffix of :data:`SUFFIXES`.
    exclude
        Patterns of paths relative to the folder that are left out.
    """
    found = {path for pattern in patterns or ("**/*",) for path in folder.glob(pattern) if _is_recording(path)}
    inside = {path for path in found if any(parent.suffix == ".mff" for parent in path.parents)}
    names = {path: path.relative_to(folder).as_posix() for path in found - inside}
    return sorted(path for path, name in names.items() if not any(fnmatch(name, pattern) for pattern in exclude))


def _is_recording(path: Path) -> bool:
    name = path.name.lower()
    return name.endswith(SUFFIXES) and not _NOT_RAW.search(name)


def open_recording(path: Path) -> Any:
    """Open a recording as an MNE ``Raw``; its samples are read when they are asked for.

    Raises
    ------
    RecordingError
        If it is damaged, or of a kind that MNE does not know.
    """
    raw = open_raw(mne.io.read_raw, path, preload=False)
    extras = raw._raw_extras[0]
    if isinstance(extras, dict) and "n_samps" in extras:
        rates = np.unique(np.asarray(extras["n_samps"])[extras["sel"]])
        if rates.size > 1:  # MNE brings slower channels to the highest rate: at the edges of pieces it would show
            with through_mne(path):
                raw.load_data(verbose="error")
    return raw


def electrodes(raw: Any) -> dict[str, int]:
    """Return where the EEG electrodes stand, by their 10-10 names; channels marked bad and doubles are left out."""
    place: dict[str, int] = {}
    bad = set(raw.info["bads"])
    for index, (name, kind) in enumerate(zip(raw.ch_names, raw.get_channel_types(), strict=True)):
        if kind == "eeg" and name not in bad:
            place.setdefault(canonical_name(name), index)
    return place


def stretches(raw: Any, skip_start_s: float = 0.0, skip_stop_s: float = 0.0) -> list[tuple[int, int]]:
    """Return first and last sample (excluded) of what was recorded in one go and nobody has marked as bad.

    Parameters
    ----------
    raw
        MNE ``Raw``.
    skip_start_s, skip_stop_s
        What is left away at the recording's beginning and end (s).
    """
    rate_hz, n = float(raw.info["sfreq"]), int(raw.n_times)
    origin_s = raw.first_time if raw.info["meas_date"] is not None else 0.0
    usable = np.ones(n + 1, dtype=bool)
    usable[: round(skip_start_s * rate_hz)] = False
    usable[n - round(skip_stop_s * rate_hz) if skip_stop_s else n :] = False
    cuts = set()
    for onset_s, lasts_s, text in spans(raw.annotations):
        start = max(round((onset_s - origin_s) * rate_hz), 0)
        if text.upper().removeprefix("COMMENT/").startswith("BAD"):
            usable[start : round((onset_s - origin_s + lasts_s) * rate_hz)] = False
        elif _CUT.fullmatch(text):
            cuts.add(start)
    edges = np.flatnonzero(np.diff(np.concatenate([[False], usable[:n], [False]]).astype(np.int8)))
    found = []
    for first, last in zip(edges[::2].tolist(), edges[1::2].tolist(), strict=True):
        inner = sorted(cut for cut in cuts if first < cut < last)
        found += list(zip([first, *inner], [*inner, last], strict=True))
    return found


def read_chunks(raw: Any, picks: Sequence[int], start: int, stop: int, path: Path, factor: float) -> Iterator[Chunk]:
    """Yield samples ``start`` to ``stop`` piece by piece, in microvolts, on a clock that begins at 0.

    Parameters
    ----------
    raw, picks, start, stop, path
        As :func:`models.reading.mne_files.read_span` takes them.
    factor
        What the microvolts are multiplied by, where MNE takes the file's unit for another than it is.

    Raises
    ------
    RecordingError
        If the file is damaged; names it.
    """
    rate_hz = float(raw.info["sfreq"])
    for first in range(start, stop, PIECE):
        last = min(first + PIECE, stop)
        rows = read_span(raw, picks, first, last, path) * factor
        yield make_chunk(rows, np.arange(first - start, last - start) / rate_hz, first - start)
