"""The Brain Transfer Matrix, and the mapper that explains away that two subjects saw different stimuli."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F

CLAMP = 1.5
"""Published largest entry of a difference of embeddings."""


class TransferMatrix(nn.Module):
    """Source units to target units through ``rank`` numbers, x A B, without an offset: both sides are standardised."""

    def __init__(self, n_source: int, n_target: int, rank: int) -> None:
        super().__init__()
        self.inward = nn.Parameter(torch.randn(n_source, rank) / n_source**0.5)
        self.outward = nn.Parameter(torch.randn(rank, n_target) / rank**0.5)

    @torch.no_grad()
    def set(self, matrix: Tensor) -> None:
        """Take the best approximation of a matrix (n_source, n_target), its singular values shared by both factors."""
        u, s, vt = torch.linalg.svd(matrix, full_matrices=False)
        rank = self.inward.shape[1]
        root = s[:rank].sqrt()
        self.inward.copy_(u[:, :rank] * root)
        self.outward.copy_(root[:, None] * vt[:rank])

    @property
    def matrix(self) -> Tensor:
        """The whole map (n_source, n_target): all that is kept."""
        return self.inward @ self.outward

    def forward(self, x: Tensor) -> Tensor:
        """Map (batch, n_source) to (batch, n_target)."""
        return x @ self.inward @ self.outward


class CrossStimulusMapper(nn.Module):
    """Change the numbers inside by the difference of two stimuli: z (1 + gamma(d)) + beta(d).

    Without a bias and with 1 + gamma, identical stimuli (d = 0) change nothing; the published gamma does.

    Parameters
    ----------
    dim
        Length of an embedding.
    rank
        Of the transfer matrix.
    published_difference
        Clamp the difference to ±1.5 and scale it to length 1, which hides how far apart two stimuli are.
    """

    def __init__(self, dim: int, rank: int, *, published_difference: bool = False) -> None:
        super().__init__()
        self.film = nn.Linear(dim, 2 * rank, bias=False)
        nn.init.zeros_(self.film.weight)
        self.published_difference = published_difference

    def forward(self, z: Tensor, difference: Tensor) -> Tensor:
        """Map (batch, rank), and the target's embedding minus the source's (batch, dim), to (batch, rank)."""
        if self.published_difference:
            difference = F.normalize(difference.clamp(-CLAMP, CLAMP), dim=1)
        gamma, beta = self.film(difference).chunk(2, dim=1)
        changed: Tensor = z * (1 + gamma) + beta
        return changed


class MindAligner(nn.Module):
    """All that is trained: transfer matrix, cross-stimulus mapper, and the view E_f of the inner numbers."""

    def __init__(
        self, n_source: int, n_target: int, dim: int, rank: int, *, published_difference: bool = False
    ) -> None:
        super().__init__()
        self.transfer = TransferMatrix(n_source, n_target, rank)
        self.mapper = CrossStimulusMapper(dim, rank, published_difference=published_difference)
        self.view = nn.Linear(rank, rank)
        nn.init.eye_(self.view.weight)  # no lot is drawn, so that the order of units cannot matter
        nn.init.zeros_(self.view.bias)

    def forward(self, x: Tensor, difference: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Return the target's expected units, and the inner numbers before and after the mapper."""
        before = x @ self.transfer.inward
        after = self.mapper(before, difference)
        return after @ self.transfer.outward, before, after
