"""Data sets that come as epochs: a recording whose chunks are the epochs, with the silence between them declared."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from pipelines.signal import Chunk, make_chunk


def spaced(epochs: NDArray[np.floating], rate_hz: float, gap_s: float) -> tuple[tuple[Chunk, ...], list[float]]:
    """Put epochs one after another.

    Stages begin anew behind each gap, as they do in a live stream that lost samples.

    Parameters
    ----------
    epochs
        (n_epochs, n_samples, n_channels).
    rate_hz
        Sampling rate.
    gap_s
        Time between the end of an epoch and the beginning of the next, as far as it is known.

    Returns
    -------
    chunks
        One an epoch.
    starts_s
        When each one begins.
    """
    n_samples, gap = epochs.shape[1], max(round(gap_s * rate_hz), 1)
    chunks = []
    for number, rows in enumerate(epochs):
        first = number * (n_samples + gap)
        times_s = (first + np.arange(n_samples)) / rate_hz
        chunks.append(make_chunk(rows, times_s, first, gap_before=gap if number else 0))
    return tuple(chunks), [float(chunk.times_s[0]) for chunk in chunks]
