"""Windows as UniMind takes them: any electrodes, any length, 200 Hz, microvolts; batches may mix all of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from models.unimind.task_cards import TaskCard
from pipelines.errors import SpecMismatch

RATE_HZ, PATCH = 200.0, 200
"""One patch is one second."""


@dataclass(frozen=True, slots=True)
class Sample:
    """One labelled window.

    Parameters
    ----------
    task
        Name of the card that asks about it.
    samples
        float32 (n_channels, n_times) at 200 Hz (µV); any length, see :func:`patches_of`.
    channels
        10-10 names, one per row.
    target
        Number of the right option.
    person, session
        Whose it is; what no two sides of a split share is up to whoever makes the split.
    components
        What the task's view measured of it, (32,), where that is known already.
    """

    task: str
    samples: NDArray[np.float32] = field(repr=False)
    channels: tuple[str, ...]
    target: int
    person: str = ""
    session: str = ""
    components: NDArray[np.float32] | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class TaskSamples:
    """What one task is taught with.

    Parameters
    ----------
    card
        What is asked.
    train
        Windows that teach.
    held_out
        Windows of other people (or sessions) that stop the training and calibrate the probabilities.
    source
        For the card of the checkpoint: what data these are, their licence, who.
    files
        SHA-256 of the files read, by name.
    """

    card: TaskCard
    train: Sequence[Sample]
    held_out: Sequence[Sample]
    source: str = ""
    files: Mapping[str, str] = field(default_factory=dict)


def patches_of(samples: NDArray[np.float32]) -> NDArray[np.float32]:
    """Cut windows (..., n_times) into whole seconds (..., n_patches, 200); a broken last second is filled by zeros.

    Raises
    ------
    SpecMismatch
        If there is no sample.
    """
    n_times = samples.shape[-1]
    if not n_times:
        raise SpecMismatch("UniMind: a window without samples")
    n_patches = -(-n_times // PATCH)
    padded = np.zeros((*samples.shape[:-1], n_patches * PATCH), dtype=np.float32)
    padded[..., :n_times] = samples
    return padded.reshape(*samples.shape[:-1], n_patches, PATCH)


def groups_of(samples: Sequence[Sample]) -> list[NDArray[np.int64]]:
    """Return the rows of samples that share electrodes and length, group by group; every row is in one of them."""
    found: dict[tuple[tuple[str, ...], int], list[int]] = {}
    for row, sample in enumerate(samples):
        found.setdefault((sample.channels, -(-sample.samples.shape[-1] // PATCH)), []).append(row)
    return [np.array(rows, dtype=np.int64) for rows in found.values()]
