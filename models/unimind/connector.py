"""The Neuro-Language Connector: from tokens per electrode and second to the few tokens that a language model reads.

Spatial branch: queries look over the electrodes, for each second. Temporal branch: queries look over the seconds, for
each electrode. With CLS that makes 1 + n (T + C) tokens for n queries a branch; where that is more than the budget,
neighbouring electrodes (sorted by region) and neighbouring seconds share their tokens.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from models.unimind.attention import QueryAttention


@dataclass(frozen=True, slots=True)
class Connected:
    """What the connector makes of a batch of windows with the same electrodes and length.

    Parameters
    ----------
    tokens
        (batch, n_tokens, width): CLS, then the spatial ones, then the temporal ones.
    n_spatial
        How many of them are spatial.
    electrodes, patches
        Where the queries looked: (batch, n_electrodes) by the spatial branch, (batch, n_patches) by the temporal one;
        sum 1.
    """

    tokens: Tensor
    n_spatial: int
    electrodes: Tensor
    patches: Tensor


def shares(n_patches: int, n_electrodes: int, n_queries: int, budget: int) -> tuple[int, int]:
    """Return how many groups of seconds and of electrodes there are: one for each, if the budget allows.

    The shorter axis keeps its own first: seconds are few, and electrodes are alike.
    """
    most = max(2, (budget - 1) // n_queries)
    of_patches = min(n_patches, max(most // 2, most - n_electrodes))
    return of_patches, min(n_electrodes, most - of_patches)


def groups(n: int, n_groups: int) -> tuple[Tensor, Tensor]:
    """Cut 0 … n-1 into consecutive groups: numbers (n_groups, longest), and which of them are there."""
    parts = torch.tensor_split(torch.arange(n), n_groups)
    longest = math.ceil(n / n_groups)
    numbers = torch.zeros(n_groups, longest, dtype=torch.long)
    there = torch.zeros(n_groups, longest, dtype=torch.bool)
    for row, part in enumerate(parts):
        numbers[row, : len(part)], there[row, : len(part)] = part, True
    return numbers, there


class Connector(nn.Module):
    """Both branches and CLS.

    Parameters
    ----------
    width, n_heads
        Of tokens and attention.
    budget
        Most tokens of a window; at least 3 tokens a query.
    """

    def __init__(self, width: int, n_heads: int, budget: int) -> None:
        super().__init__()
        self.budget = budget
        self.cls = nn.Parameter(torch.randn(width) / width**0.5)
        self.over_electrodes = QueryAttention(width, n_heads)
        self.over_patches = QueryAttention(width, n_heads)

    def forward(self, tokens: Tensor, spatial: Tensor, temporal: Tensor, window: Tensor | None = None) -> Connected:
        """Connect.

        Parameters
        ----------
        tokens
            (batch, n_electrodes, n_patches, width), electrodes sorted by region.
        spatial, temporal
            Queries, (batch, n_queries, width) each.
        window
            What CLS is told of the window beside the tokens' mean, (batch, width).
        """
        _, n_electrodes, n_patches, _ = tokens.shape
        of_patches, of_electrodes = shares(n_patches, n_electrodes, spatial.shape[1], self.budget)
        by_second, looked_s = _branch(self.over_electrodes, spatial, tokens.transpose(1, 2), of_patches)
        by_electrode, looked_t = _branch(self.over_patches, temporal, tokens, of_electrodes)
        cls = self.cls + tokens.mean(dim=(1, 2)) + (0.0 if window is None else window)
        return Connected(
            torch.cat([cls[:, None], by_second, by_electrode], dim=1), by_second.shape[1], looked_s, looked_t
        )


def _branch(attention: QueryAttention, queries: Tensor, tokens: Tensor, n_groups: int) -> tuple[Tensor, Tensor]:
    """Let queries look over the tokens of each group of the second axis of (batch, n, m, width).

    Return (batch, n_groups * n_queries, width), and the weight of each place of the third axis, (batch, m).
    """
    batch, n, m, width = tokens.shape
    numbers, there = (x.to(tokens.device) for x in groups(n, n_groups))
    grouped = tokens[:, numbers].reshape(batch * n_groups, -1, width)
    seen = there[:, :, None].expand(-1, -1, m).reshape(n_groups, -1).repeat(batch, 1)
    # Each window's queries stay with its own groups: repeated one after another, never tiled.
    found, weights = attention(queries.repeat_interleave(n_groups, dim=0), grouped, seen)
    looked = weights.mean(dim=1).reshape(batch, n_groups, -1, m).sum(dim=2).mean(dim=1)
    return found.reshape(batch, -1, width), looked
