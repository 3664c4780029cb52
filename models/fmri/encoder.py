"""The :class:`Encoder` protocol: from image features to a distribution over single-trial responses."""

from __future__ import annotations

from typing import Protocol, Self

import numpy as np
from numpy.typing import NDArray

Tokens = NDArray[np.float32]
"""(n_trials, n_tokens, dim)."""
Values = NDArray[np.float32]
"""(n_trials, n_voxels), standardised within sessions."""

Places = NDArray[np.float64]
"""(n_voxels, n_axes), in any unit."""


class Encoder(Protocol):
    """A plug-in of the kind ``encoders``; it learns from training trials and chooses on validation trials alone.

    Laws (``tests/contract/test_encoders.py``): permuted voxels give permuted predictions; the same seed gives the same
    samples; the mean of many samples is the predicted mean.
    """

    def fit(
        self,
        tokens: Tokens,
        values: Values,
        validation: tuple[Tokens, Values] | None = None,
        seed: int = 0,
        places: Places | None = None,
    ) -> Self:
        """Learn; ``validation`` is what hyper-parameters and the moment to stop are chosen on.

        An encoder may use the ``places`` of voxels, or not.

        Raises
        ------
        ModelError
            If there are too few trials.
        """
        ...

    def predict_mean(self, tokens: Tokens) -> Values:
        """Return the expected response (n_trials, n_voxels)."""
        ...

    def sample(self, tokens: Tokens, n: int, seed: int = 0) -> NDArray[np.float32]:
        """Draw single-trial responses (n, n_trials, n_voxels)."""
        ...

    def log_prob(self, tokens: Tokens, values: Values) -> NDArray[np.float64]:
        """Return the log density of each trial (n_trials,), in nats; NaN where the model has none."""
        ...
