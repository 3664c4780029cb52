"""Trials and what was seen in them, by row: what both stages learn from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Self

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from models.fmri.features import Features
from models.fmri.responses import Responses


@dataclass(frozen=True, slots=True, eq=False)
class Pairs:
    """Responses and image tokens.

    Parameters
    ----------
    voxels
        (n_trials, V), in the units of the data.
    tokens
        Of each image (n_images, m, d); may be memory-mapped: only the rows of a batch are read.
    image
        Row of ``tokens`` of each trial (n_trials,).
    places
        Of voxels (V, n_axes); None: not known.
    """

    voxels: Tensor
    tokens: NDArray[np.floating[Any]]
    image: NDArray[np.int64]
    places: NDArray[np.floating[Any]] | None = None

    @classmethod
    def of(cls, responses: Responses, features: Features) -> Self:
        """Take all trials; their images are found by name.

        Raises
        ------
        RecordingError
            If a stimulus has no features.
        """
        image = features.rows_of(responses.trials.stimulus)
        values = torch.from_numpy(np.array(responses.values, dtype=np.float32))
        return cls(values, features.tokens, image, responses.voxels.places)

    @classmethod
    def of_arrays(
        cls,
        tokens: NDArray[np.floating[Any]],
        values: NDArray[np.floating[Any]],
        places: NDArray[np.floating[Any]] | None = None,
    ) -> Self:
        """Take tokens (n, m, d) and responses (n, V) row by row."""
        return cls(torch.from_numpy(np.array(values, dtype=np.float32)), tokens, np.arange(len(tokens)), places)

    def __len__(self) -> int:
        return len(self.voxels)

    @property
    def shape(self) -> tuple[int, int]:
        """Tokens of an image, and numbers of a token."""
        m, d = self.tokens.shape[1:]
        return m, d

    def tokens_of(self, rows: Tensor) -> Tensor:
        """Return float32 (n, m, d) of trials."""
        return torch.from_numpy(np.asarray(self.tokens[self.image[rows.numpy()]], dtype=np.float32))
