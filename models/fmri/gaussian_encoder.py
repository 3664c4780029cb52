"""Encoders that are a mean function and normal noise about it: baselines that are hard to beat as samplers."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Self

import numpy as np
from numpy.typing import NDArray
from sklearn.model_selection import GroupKFold

from models.fmri.encoder import Places, Tokens, Values
from models.fmri.factor_noise import FactorNoise
from pipelines.errors import ModelError

N_FOLDS = 5
MIN_TRIALS = 10


class GaussianEncoder(ABC):
    """Base: a subclass fits the mean (``_fit_mean``) and predicts it (``_mean``).

    Noise is fitted to residuals of trials left out: those of training trials are too small.
    """

    name = ""

    def __init__(self) -> None:
        self._noise: FactorNoise | None = None
        self.places: Places | None = None

    @abstractmethod
    def _fit_mean(self, x: NDArray[np.float32], values: Values, seed: int) -> None:
        """Learn the mean from features (n_trials, n_features)."""

    @abstractmethod
    def _mean(self, x: NDArray[np.float32]) -> Values:
        """Return the mean response to features (n_trials, n_features)."""

    def fit(
        self,
        tokens: Tokens,
        values: Values,
        validation: tuple[Tokens, Values] | None = None,
        seed: int = 0,
        places: Places | None = None,
    ) -> Self:
        """See :class:`models.fmri.encoder.Encoder`; ``validation`` joins the training trials, strengths are folds' own.

        Raises
        ------
        ModelError
            If there are fewer than ten trials.
        """
        if validation is not None:
            tokens, values = (np.concatenate(pair) for pair in zip((tokens, values), validation, strict=True))
        if len(tokens) < MIN_TRIALS:
            raise ModelError(f"{self.name}: {len(tokens)} trials; at least {MIN_TRIALS} are needed")
        x, self.places = _flat(tokens), places
        residuals = np.empty(values.shape)
        # Repeats of a stimulus stay together: one in training would tell the mean of the other.
        for train, left in GroupKFold(N_FOLDS).split(x, groups=np.unique(x, axis=0, return_inverse=True)[1]):
            self._fit_mean(x[train], values[train], seed)
            residuals[left] = values[left] - self._mean(x[left])
        self._noise = FactorNoise.fit(residuals, seed)
        self._fit_mean(x, values, seed)
        return self

    def predict_mean(self, tokens: Tokens) -> Values:
        """See :class:`models.fmri.encoder.Encoder`."""
        return self._mean(_flat(tokens))

    def sample(self, tokens: Tokens, n: int, seed: int = 0) -> NDArray[np.float32]:
        """See :class:`models.fmri.encoder.Encoder`."""
        return self.predict_mean(tokens) + self.noise.sample(n, len(tokens), seed)

    def log_prob(self, tokens: Tokens, values: Values) -> NDArray[np.float64]:
        """See :class:`models.fmri.encoder.Encoder`."""
        return self.noise.log_prob(np.asarray(values - self.predict_mean(tokens), dtype=np.float64))

    @property
    def noise(self) -> FactorNoise:
        """The fitted noise.

        Raises
        ------
        ModelError
            Before ``fit``.
        """
        if self._noise is None:
            raise ModelError(f"{self.name}: not fitted yet")
        return self._noise


def _flat(tokens: Tokens) -> NDArray[np.float32]:
    return np.asarray(tokens, dtype=np.float32).reshape(len(tokens), -1)
