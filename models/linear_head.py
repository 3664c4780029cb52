"""A linear decision with a calibrated probability: weights and bias on features, slope and offset on the logit."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipelines.errors import CheckpointInvalid


@dataclass(frozen=True, slots=True)
class LinearHead:
    """Two classes; p of the second is ``1 / (1 + exp(-(slope * (w x + b) + offset)))``.

    The threshold learned on held-out training subjects is part of ``offset``: it lies at p = 0.5.
    """

    weights: NDArray[np.float64]
    bias: float
    slope: float = 1.0
    offset: float = 0.0

    def probability(self, features: NDArray[np.float64]) -> float:
        """Return the probability of the second class for features (n_features,)."""
        logit = self.slope * (float(self.weights @ features) + self.bias) + self.offset
        return float(0.5 * (1.0 + np.tanh(0.5 * logit)))

    def tensors(self) -> dict[str, NDArray[np.float64]]:
        """Return the head as tensors of a checkpoint."""
        return {"weights": self.weights, "head": np.array([self.bias, self.slope, self.offset])}

    @classmethod
    def from_tensors(cls, tensors: Mapping[str, NDArray[np.float64]], where: str) -> LinearHead:
        """Read a head from a checkpoint's tensors.

        Raises
        ------
        CheckpointInvalid
            If one is missing or has another shape.
        """
        for name, dimensions in (("weights", 1), ("head", 1)):
            if name not in tensors or tensors[name].ndim != dimensions:
                raise CheckpointInvalid(f"{where}: tensor {name!r} is missing or has a wrong shape")
        if tensors["head"].shape != (3,):
            raise CheckpointInvalid(
                f"{where}: tensor 'head' must be bias, slope, offset; it has shape {tensors['head'].shape}"
            )
        bias, slope, offset = (float(v) for v in tensors["head"])
        return cls(np.asarray(tensors["weights"], dtype=np.float64), bias, slope, offset)
