"""When training takes other ways to the same numbers: on a processor, where the library's gradients are slow."""

from __future__ import annotations

import torch
from torch import Tensor


def learns_on_processor(x: Tensor) -> bool:
    """Whether gradients of what is done to ``x`` are wanted, and a processor makes them."""
    return torch.is_grad_enabled() and not x.is_cuda
