"""An encoder over a set of units: latent queries attend to the units of each time bin (POYO, Azabou et al. 2023).

A unit is a token. Its key is its embedding, its value what its embedding makes of the bin's count. Attention is a sum
over units, so their order cannot matter, and any number of them fits. Published front ends convolve over the number of
a unit instead, which means nothing: :mod:`models.spikes.convolutional`.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from pipelines.errors import ModelError


class SetEncoder(nn.Module):
    """Turns counts of any population into a sequence.

    Parameters
    ----------
    embedding_dim
        Of a unit's embedding.
    width
        Of the sequence that comes out.
    n_queries
        Latent queries per bin; each reads the population in its own way.
    n_mix
        Blocks that mix neighbouring bins; 0 leaves bins independent.
    kernel
        Bins that a block sees, odd.
    """

    def __init__(
        self, embedding_dim: int, width: int = 64, n_queries: int = 16, n_mix: int = 2, kernel: int = 5
    ) -> None:
        super().__init__()
        self.embedding_dim, self.width, self.n_queries = embedding_dim, width, n_queries
        self.key = nn.Linear(embedding_dim, width)
        self.queries = nn.Parameter(torch.randn(n_queries, width) / width**0.5)
        self.value = nn.Linear(embedding_dim, width)
        self.offset = nn.Linear(embedding_dim, width)
        self.join = nn.Sequential(nn.Linear(n_queries * width, width), nn.GELU(), nn.Linear(width, width))
        self.mix = nn.ModuleList(_Mix(width, kernel) for _ in range(n_mix))

    def forward(self, counts: Tensor, embedding: Tensor, present: Tensor | None = None) -> Tensor:
        """Encode.

        Parameters
        ----------
        counts
            (n_batch, n_bins, n_units), centred and scaled for each unit by its own session
            (:class:`models.spikes.padding.Excess`).
        embedding
            (n_batch, n_units, embedding_dim), or (n_units, embedding_dim) for one population.
        present
            (n_batch, n_units): False for padding, which may hold anything finite; None: all are present.

        Returns
        -------
        Tensor
            (n_batch, n_bins, width).

        Raises
        ------
        ModelError
            If shapes do not fit.
        """
        shared = embedding.ndim == 2
        units = embedding.shape[-2]
        if counts.shape[-1] != units or embedding.shape[-1] != self.embedding_dim:
            raise ModelError(f"counts {tuple(counts.shape)} and embedding {tuple(embedding.shape)} do not fit")
        scores = torch.einsum("...nw,qw->...qn", self.key(embedding), self.queries) / self.width**0.5
        if shared:
            scores = scores.expand(counts.shape[0], -1, -1)
        if present is not None:
            scores = scores.masked_fill(~present[:, None, :], -torch.inf)
            counts = counts * present[:, None, :]
        weights = torch.softmax(scores, dim=-1)
        value, offset = self.value(embedding), self.offset(embedding)
        # (count · value + offset) under the weights; a mean of n units falls as 1/√n, so counts are given √n back.
        n_present = counts.shape[-1] if present is None else present.sum(dim=1).to(counts.dtype)[:, None, None, None]
        letters = "nw" if shared else "bnw"
        read = torch.einsum(f"btn,bqn,{letters}->btqw", counts, weights, value) * n_present**0.5
        level = torch.einsum(f"bqn,{letters}->bqw", weights, offset)
        hidden: Tensor = self.join((read + level[:, None]).flatten(2))
        for block in self.mix:
            hidden = block(hidden)
        return hidden


class _Mix(nn.Module):
    """A residual block along time: depthwise convolution, then a small network on each bin."""

    def __init__(self, width: int, kernel: int) -> None:
        super().__init__()
        self.norm = nn.LayerNorm(width)
        self.along = nn.Conv1d(width, width, kernel, padding=kernel // 2, groups=width)
        self.network = nn.Sequential(nn.Linear(width, 2 * width), nn.GELU(), nn.Linear(2 * width, width))

    def forward(self, hidden: Tensor) -> Tensor:
        """Return (n_batch, n_bins, width), changed."""
        seen = self.along(self.norm(hidden).transpose(1, 2)).transpose(1, 2)
        result: Tensor = hidden + self.network(seen)
        return result
