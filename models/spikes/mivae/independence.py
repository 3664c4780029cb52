"""How dependent two blocks of latents are: the Hilbert-Schmidt independence criterion, normalised to 0 … 1.

HSIC: Gretton et al. 2005, Algorithmic Learning Theory. Normalised as centred kernel alignment (Cortes et al. 2012, JMLR
13:795); kernels are Gaussian with the median distance as width.
"""

from __future__ import annotations

import torch
from torch import Tensor


def dependence(x: Tensor, y: Tensor) -> Tensor:
    """Return the normalised criterion of samples (n, p) and (n, q): near 0 if independent, 1 if equal."""
    k, m = _centred_kernel(x), _centred_kernel(y)
    return (k * m).sum() / (k.square().sum() * m.square().sum()).sqrt().clamp_min(1e-12)


def _centred_kernel(x: Tensor) -> Tensor:
    square = (x[:, None] - x[None]).square().sum(2)
    width = square.detach().median().clamp_min(1e-6)
    kernel = torch.exp(-square / width)
    return kernel - kernel.mean(0) - kernel.mean(1)[:, None] + kernel.mean()
