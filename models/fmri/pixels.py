"""Images as others' backbones want them: resized, between 0 and 1, normalised by channel."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch

from models.fmri.embedder import Images


class Pixels:
    """Prepares images for one backbone.

    Parameters
    ----------
    size
        Height and width that the backbone takes.
    mean, std
        Of each colour, on the scale from 0 to 1.
    """

    def __init__(self, size: Sequence[int], mean: Sequence[float], std: Sequence[float]) -> None:
        self._size = list(size)
        self._mean, self._std = (torch.tensor(list(x))[:, None, None] for x in (mean, std))

    def __call__(self, images: Images) -> torch.Tensor:
        """Return float32 (n, 3, height, width) of uint8 (n, any height, any width, 3)."""
        found = torch.from_numpy(np.ascontiguousarray(images)).movedim(3, 1).float() / 255.0
        found = torch.nn.functional.interpolate(found, self._size, mode="bicubic", antialias=True).clamp(0, 1)
        return (found - self._mean) / self._std
