"""Probabilistic matching of posteriors: whether a neural and a behavioural latent belong to one moment.

PNBA (arXiv 2505.04331): logit of a match = −a d + b, with d the expected squared distance. Three things differ from the
released code: a is positive by softplus, d is a mean over latent numbers instead of a sum (no saturation at the start),
and pairs that belong together weigh as much as those that do not (no dependence on the size of the batch).
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from models.spikes.gaussians import Gaussian, expected_square_distance

FIRST_SLOPE = 1.0


class Matching(nn.Module):
    """Slope and offset are learned."""

    def __init__(self) -> None:
        super().__init__()
        self.raw_slope = nn.Parameter(torch.tensor(FIRST_SLOPE).expm1().log())
        self.offset = nn.Parameter(torch.tensor(0.0))

    @property
    def slope(self) -> Tensor:
        """Positive: a larger distance is never a better match."""
        return F.softplus(self.raw_slope)

    def logits(self, behaviour: Gaussian, neural: Gaussian) -> Tensor:
        """Return the logit of a match for all pairs (m, n) of posteriors (m, ...) and (n, ...)."""
        per_sample = behaviour.mean[0].numel()
        return self.offset - self.slope * expected_square_distance(behaviour, neural) / per_sample

    def forward(self, behaviour: Gaussian, neural: Gaussian) -> Tensor:
        """Return the loss of posteriors (batch, ...) that belong together row by row; a scalar (nat a pair)."""
        logits = self.logits(behaviour, neural)
        together = F.softplus(-logits.diagonal()).mean()
        if len(logits) == 1:
            return together
        apart = F.softplus(logits)
        others = (apart.sum() - apart.diagonal().sum()) / (len(logits) * (len(logits) - 1))
        return 0.5 * (together + others)
