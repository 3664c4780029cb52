"""Long EDF and BDF files: only the channels that are wanted are read, piece by piece, at their own rate.

MNE brings all channels of a file to the highest rate among them; of sleep and clinical recordings, which mix rates,
only the wanted channels are therefore opened. Labels and the time of day come from the header itself.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

import mne
import numpy as np

from models.reading.mne_files import open_raw, read_span
from models.reading.streams import eeg_spec, places
from pipelines.errors import RecordingError
from pipelines.signal import Chunk, StreamSpec, make_chunk

PIECE = 2**17
"""Samples of a piece: the float64 MNE reads are never held for a whole night."""


@dataclass(frozen=True, slots=True)
class EdfSignal:
    """Channels of a file, in microvolts on a clock that begins at 0, and the file's time of day then (s)."""

    spec: StreamSpec
    chunks: tuple[Chunk, ...]
    clock_s: int

    @property
    def stop_s(self) -> float:
        """End of the recording (s)."""
        return self.chunks[-1].end_index / self.spec.rate_hz


def read_edf(
    path: Path,
    names: Sequence[str],
    source_id: str,
    *,
    reference: str = "unknown",
    spelled: Mapping[str, str] | None = None,
) -> EdfSignal:
    """Read channels of a BDF file, if that is its suffix, else of an EDF file.

    Parameters
    ----------
    path, names
        The file, and 10-10 names of channels in the order wanted, however it spells them; of doubles the first is read.
    source_id, reference
        For the spec. Dates and initials do not belong there.
    spelled
        Names of labels that say no electrode, for example ``{"EEG": "C4"}``.

    Raises
    ------
    RecordingError
        If the file is absent, damaged or empty, or lacks channels.
    """
    labels, clock_s = _header(path)
    place = places(names, labels, path, spelled)
    wanted = {labels[index] for index in place}
    with path.open("rb") as file:
        raw = _opened(path, file, sorted(wanted))
        kept = [index for index, label in enumerate(labels) if label in wanted]  # doubles come along
        picks = [kept.index(index) for index in place]
        rate_hz = float(raw.info["sfreq"])
        chunks = tuple(_pieces(raw, picks, rate_hz, path))
    return EdfSignal(eeg_spec(names, rate_hz, source_id, reference), chunks, clock_s)


def _header(path: Path) -> tuple[list[str], int]:
    """Return the labels of all signals and the time of day at which the recording began (s)."""
    try:
        with path.open("rb") as file:
            head = file.read(256).decode("latin-1")
            labels = [file.read(16).decode("latin-1").strip() for _ in range(int(head[252:256]))]
        clock = re.fullmatch(r"(\d\d)[.:](\d\d)[.:](\d\d)", head[176:184])
    except (OSError, ValueError) as exc:
        raise RecordingError(f"{path}: cannot be read as EDF or BDF: {exc}") from exc
    if clock is None:
        raise RecordingError(f"{path}: cannot be read as EDF or BDF: its header has no starting time")
    hours, minutes, seconds = (int(part) for part in clock.groups())
    return labels, 3600 * hours + 60 * minutes + seconds


def _opened(path: Path, file: BinaryIO, labels: list[str]) -> Any:
    readers = {".edf": mne.io.read_raw_edf, ".bdf": mne.io.read_raw_bdf}
    if reader := readers.get(path.suffix.lower()):
        return open_raw(reader, path, preload=False, include=labels)
    # MNE goes by the suffix of a path, but takes an open file as what it is told to be.
    return open_raw(lambda _path, **options: mne.io.read_raw_edf(file, **options), path, include=labels)


def _pieces(raw: Any, picks: Sequence[int], rate_hz: float, path: Path) -> list[Chunk]:
    pieces = []
    for start in range(0, raw.n_times, PIECE):
        stop = min(start + PIECE, raw.n_times)
        rows = read_span(raw, picks, start, stop, path)
        pieces.append(make_chunk(rows, np.arange(start, stop) / rate_hz, start))
    return pieces
