"""Dropout for training on a processor: the library draws 32 bits for an element, this one 16 in larger pieces."""

from __future__ import annotations

import torch
from torch import Tensor, nn

_STEPS = 1 << 16
"""What one draw can be; the probability of dropout is rounded to a multiple of its inverse."""
_DRAWS = 4
"""In one random number of 64 bits."""


class Dropout(nn.Dropout):
    """:class:`torch.nn.Dropout` of the same meaning; other luck for the same seed, in a third of the time."""

    def forward(self, x: Tensor) -> Tensor:
        """Silence some elements in training and enlarge the others, so that the expected value stays."""
        if not self.training or self.p == 0.0 or x.is_cuda:
            return super().forward(x)
        return x * kept(x.shape, self.p).to(x.dtype)


def kept(shape: torch.Size, p: float) -> Tensor:
    """Return 0 with probability ``p`` and the inverse of the chance to be kept elsewhere, float32, drawn by torch."""
    silent = min(round(p * _STEPS), _STEPS - 1)
    n = shape.numel()
    numbers = torch.empty(-(-n // _DRAWS), dtype=torch.int64).random_(-(2**63), None)
    draws = numbers.view(torch.int16)[:n].view(shape)
    return (draws >= silent - _STEPS // 2) * (_STEPS / (_STEPS - silent))
