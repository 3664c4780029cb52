"""Data sets that come as epochs: a recording whose chunks are the epochs, with the silence between them declared."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from models.dataset import Trial
from pipelines.signal import Chunk, make_chunk


def spaced(
    epochs: NDArray[np.floating], labels: Sequence[str], rate_hz: float, gap_s: float, trial_s: tuple[float, float]
) -> tuple[tuple[Chunk, ...], tuple[Trial, ...]]:
    """Put epochs one after another.

    Stages begin anew behind each gap, as they do in a live stream that lost samples.

    Parameters
    ----------
    epochs
        (n_epochs, n_samples, n_channels).
    labels
        One an epoch.
    rate_hz
        Sampling rate.
    gap_s
        Time between the end of an epoch and the beginning of the next, as far as it is known.
    trial_s
        When the trial begins and ends, from the beginning of its epoch.

    Returns
    -------
    chunks, trials
        One of each an epoch.
    """
    n_samples, gap = epochs.shape[1], max(round(gap_s * rate_hz), 1)
    chunks, trials = [], []
    for number, (rows, label) in enumerate(zip(epochs, labels, strict=True)):
        first = number * (n_samples + gap)
        times_s = (first + np.arange(n_samples)) / rate_hz
        chunks.append(make_chunk(rows, times_s, first, gap_before=gap if number else 0))
        trials.append(Trial(float(times_s[0]) + trial_s[0], float(times_s[0]) + trial_s[1], label))
    return tuple(chunks), tuple(trials)
