"""Prepared windows: samples in a memory-mapped file, and a table that says where each one comes from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from models.dataset import About, PublishedSplit
from models.estimator import Windows
from pipelines.signal import StreamSpec

TRIAL: Final = 0
REST: Final = 1
COLUMNS = np.dtype(
    [
        ("subject", "U32"),
        ("session", "U32"),
        ("run", "U32"),
        ("recording", "i4"),  # number of the recording in order of keys
        ("trial", "i4"),  # number of the trial (or stretch of rest) in its recording
        ("start_s", "f8"),  # of the window, on the recording's clock
        ("stop_s", "f8"),
        ("role", "u1"),  # TRIAL or REST
        ("target", "f8"),  # class number, regression value or item number; NaN for rest
    ]
)
"""One row a window. Time is for splitting and for the guard; no model ever sees it."""


@dataclass(frozen=True, slots=True)
class Prepared:
    """A data set after the live stages, cut into windows.

    Parameters
    ----------
    about
        What it is.
    spec
        What the stages deliver: rate, channels, units.
    samples
        float32 (n_windows, n_samples, n_channels), memory-mapped: may be larger than memory.
    table
        (n_windows,) of :data:`COLUMNS`, in order of recording and time.
    labels
        Class or item names; ``target`` counts in them. Empty for regression.
    key
        Hash of the data, the recipe and the code that cut it.
    dropped
        Windows left out because samples in them were lost or not finite.
    contents
        For each recording a hash of what was recorded, the same in any container and at any scale.
    splits
        Published splits of the data set.
    items
        For retrieval: what is known of each of ``labels``, float32 (n_items, n_features); None where nothing is.
    """

    about: About
    spec: StreamSpec
    samples: NDArray[np.float32]
    table: NDArray[Any]
    labels: tuple[str, ...]
    key: str
    dropped: int = 0
    contents: tuple[str, ...] = ()
    splits: Mapping[str, PublishedSplit] = field(default_factory=dict)
    items: NDArray[np.float32] | None = None

    def windows(self, rows: NDArray[np.int64]) -> Windows:
        """Copy windows into memory as (n_windows, n_channels, n_times)."""
        return np.ascontiguousarray(self.samples[rows].transpose(0, 2, 1))

    def targets(self, rows: NDArray[np.int64]) -> NDArray[Any]:
        """Return class or item numbers (int64), or values (float64) for regression."""
        target = self.table["target"][rows]
        return target if self.about.task == "regression" else target.astype(np.int64)
