"""What an embedder makes of stimuli, by name; and the check that rows of two tables mean the same stimuli."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipelines.errors import RecordingError


def order_hash(names: Sequence[str] | NDArray[np.str_]) -> str:
    """Return the SHA-256 of names in their order: equal hashes, equal rows."""
    digest = hashlib.sha256()
    for name in names:
        digest.update(str(name).encode() + b"\0")
    return digest.hexdigest()


def assert_same_rows(
    first: Sequence[str] | NDArray[np.str_], second: Sequence[str] | NDArray[np.str_], what: str = "responses, features"
) -> None:
    """Check that row i of one table is the stimulus of row i of the other.

    Raises
    ------
    RecordingError
        If not; names the first row that differs.
    """
    if order_hash(first) == order_hash(second):
        return
    if len(first) != len(second):
        raise RecordingError(f"{what}: {len(first)} and {len(second)} rows: both must hold the same stimuli")
    row = next(i for i, (a, b) in enumerate(zip(first, second, strict=True)) if a != b)
    raise RecordingError(f"{what}: row {row} is {first[row]!r} in one and {second[row]!r} in the other")


@dataclass(frozen=True, slots=True, eq=False)
class Features:
    """Features of stimuli.

    Parameters
    ----------
    names
        Stimuli (n_stimuli,), without doubles.
    tokens
        (n_stimuli, n_tokens, dim), float16 or float32; may be memory-mapped.
    source
        Name and version of the embedder.
    """

    names: NDArray[np.str_]
    tokens: NDArray[np.floating[Any]]
    source: str

    def __post_init__(self) -> None:
        if self.tokens.ndim != 3 or len(self.tokens) != len(self.names):
            raise RecordingError(f"features of {len(self.names)} stimuli are {self.tokens.shape}, not (n, tokens, dim)")
        if len(np.unique(self.names)) != len(self.names):
            raise RecordingError("features: a stimulus has two rows")

    @property
    def flat(self) -> NDArray[np.float32]:
        """All tokens side by side, float32 (n_stimuli, n_tokens * dim)."""
        return np.asarray(self.tokens, dtype=np.float32).reshape(len(self.names), -1)

    def tokens_of(self, stimuli: NDArray[np.str_]) -> NDArray[np.float32]:
        """Return float32 (n, n_tokens, dim): row i belongs to ``stimuli[i]``; stimuli may repeat.

        Raises
        ------
        RecordingError
            If a stimulus has no features.
        """
        return np.asarray(self.tokens[self.rows_of(stimuli)], dtype=np.float32)

    def rows_of(self, stimuli: NDArray[np.str_]) -> NDArray[np.int64]:
        """Return the row of each stimulus (n,); raises as :meth:`tokens_of`."""
        order = np.argsort(self.names)
        at = np.minimum(np.searchsorted(self.names, stimuli, sorter=order), len(order) - 1)
        places = order[at]
        if absent := [str(s) for s, p in zip(stimuli, places, strict=True) if self.names[p] != s]:
            raise RecordingError(f"{self.source}: no features of stimulus {absent[0]!r} ({len(absent)} are missing)")
        return np.asarray(places, dtype=np.int64)
