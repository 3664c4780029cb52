"""Signals of recordings: channels by their names, and one chunk whose clock begins at 0."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from pipelines.channel_names import canonical_name
from pipelines.errors import RecordingError
from pipelines.signal import Channel, Chunk, StreamSpec, make_chunk


def eeg_spec(
    names: Sequence[str], rate_hz: float, source_id: str, reference: str = "unknown", unit: str = "uV"
) -> StreamSpec:
    """Return the spec of EEG channels; dates and initials do not belong into a ``source_id``."""
    return StreamSpec(rate_hz, tuple(Channel(name, unit=unit) for name in names), source_id, reference)


def one_chunk(rows: NDArray[np.floating], rate_hz: float) -> Chunk:
    """Return the whole of a recording, (n_samples, n_channels), as one chunk."""
    return make_chunk(rows, np.arange(len(rows)) / rate_hz, 0)


def places(
    names: Sequence[str], labels: Sequence[str], path: Path, spelled: Mapping[str, str] | None = None
) -> list[int]:
    """Return where channels stand in a file.

    Parameters
    ----------
    names
        10-10 names of channels in the order wanted.
    labels
        Of all channels, as the file spells them; of doubles the first counts.
    path
        For the error.
    spelled
        Names of labels that say no electrode, for example ``{"EEG": "C4"}``.

    Raises
    ------
    RecordingError
        If channels are missing.
    """
    place: dict[str, int] = {}
    for index, label in enumerate(labels):
        place.setdefault((spelled or {}).get(label, canonical_name(label)), index)
    missing = [name for name in names if name not in place]
    if missing:
        raise RecordingError(f"{path}: has no channels {', '.join(missing)}; it has {', '.join(labels)}")
    return [place[name] for name in names]
