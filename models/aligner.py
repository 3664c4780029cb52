"""The :class:`Aligner` protocol: one subject's units mapped onto another's, and the operator that comes out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, Self

import numpy as np
from numpy.typing import NDArray

from pipelines.errors import ModelError

Floats = NDArray[np.floating[Any]]
Labels = NDArray[np.str_] | NDArray[np.integer[Any]]


@dataclass(frozen=True, slots=True, eq=False)
class LinearMap:
    """``x @ matrix + offset``: all that is kept of an alignment.

    Parameters
    ----------
    matrix
        (n_source, n_target).
    offset
        (n_target,).
    """

    matrix: NDArray[np.float64]
    offset: NDArray[np.float64]

    def __post_init__(self) -> None:
        if self.matrix.ndim != 2 or self.offset.shape != self.matrix.shape[1:]:
            raise ModelError(f"linear map: matrix is {self.matrix.shape}, offset {self.offset.shape}")

    def __call__(self, x: Floats) -> NDArray[np.float64]:
        """Map (n_trials, n_source) or (n_trials, n_source, n_times) to the same with n_target."""
        if x.ndim == 3:
            return np.asarray(self.matrix.T @ x + self.offset[:, None], dtype=np.float64)
        return np.asarray(x @ self.matrix + self.offset, dtype=np.float64)

    def as_stage(self, channels: Sequence[str]) -> dict[str, Any]:
        """Return the table of the live stage ``linear_map`` on these channels of EEG; the offset is left out.

        Filters before it take every offset anyway.

        Raises
        ------
        ModelError
            If the map is not from these channels to as many.
        """
        if self.matrix.shape != (len(channels), len(channels)):
            raise ModelError(f"linear map of {self.matrix.shape} is no stage for {len(channels)} channels")
        return {"kind": "linear_map", "channels": list(channels), "matrix": self.matrix.T.tolist()}


class Aligner(Protocol):
    """A plug-in of the kind ``aligners``.

    ``source`` and ``target`` are (n_trials, n_units), such as betas, or (n_trials, n_units, n_times), such as epochs of
    EEG. What links them is one of three, and an aligner says in ``report`` which it used:

    - ``pairs`` (n_pairs, 2): trials of the same stimulus, by row of source and of target;
    - ``embeddings``: features of each trial's stimulus, (n_source_trials, dim) and (n_target_trials, dim);
    - ``labels``: each trial's class, (n_source_trials,) and (n_target_trials,).

    Laws (``tests/contract/test_aligners.py``): permuted units give a permuted map; input is not written to; ``fit``
    twice equals once; what cannot be fitted from the link given is refused.
    """

    def fit(
        self,
        source: Floats,
        target: Floats,
        *,
        pairs: NDArray[np.integer[Any]] | None = None,
        embeddings: tuple[Floats, Floats] | None = None,
        labels: tuple[Labels, Labels] | None = None,
        seed: int = 0,
    ) -> Self:
        """Learn the map from source to target.

        Raises
        ------
        ModelError
            If it needs a link that is not given, or there are too few trials.
        """
        ...

    @property
    def map(self) -> LinearMap:
        """The operator found by ``fit``."""
        ...

    def transform(self, x: Floats) -> NDArray[np.float64]:
        """Map trials of the source into the target's units."""
        ...

    def report(self) -> Mapping[str, Any]:
        """Return what was chosen and how well it fits: JSON-able."""
        ...
