"""Models of himalaya behind :class:`models.fmri.gaussian_encoder.GaussianEncoder`."""

from __future__ import annotations

from abc import abstractmethod
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.fmri.encoder import Values
from models.fmri.gaussian_encoder import GaussianEncoder
from pipelines.errors import MissingDependency

ALPHAS = np.logspace(0, 6, 13)
"""Strengths tried, for standardised features."""


class HimalayaEncoder(GaussianEncoder):
    """A subclass makes the model (``_model``)."""

    @abstractmethod
    def _model(self, n_trials: int, n_features: int, seed: int) -> Any:
        """Return the unfitted model."""

    def _fit_mean(self, x: NDArray[np.float32], values: Values, seed: int) -> None:
        self._centre, self._constant = x.mean(axis=0), values.mean(axis=0)
        deviation = x.std(axis=0)
        self._scale = np.where(deviation > 0, deviation, 1.0).astype(np.float32)
        self._fitted = self._model(len(x), x.shape[1], seed).fit(
            (x - self._centre) / self._scale, values - self._constant
        )

    def _mean(self, x: NDArray[np.float32]) -> Values:
        found = self._fitted.predict((x - self._centre) / self._scale) + self._constant
        return np.asarray(found, dtype=np.float32)


def himalaya_ridge(name: str) -> Any:
    """Return the module ``himalaya.ridge``.

    Raises
    ------
    MissingDependency
        If it is not installed.
    """
    try:
        from himalaya import ridge
    except ModuleNotFoundError as exc:
        raise MissingDependency(f"the encoder {name!r} needs himalaya: pip install 'bci-app[fmri]'") from exc
    return ridge
