"""Attention of a few queries over many tokens; its weights are part of the evidence of an answer."""

from __future__ import annotations

from torch import Tensor, nn


class QueryAttention(nn.Module):
    """Multi-head attention of queries over tokens that says how it was distributed.

    Parameters
    ----------
    width, n_heads
        Size; a multiple.
    """

    def __init__(self, width: int, n_heads: int) -> None:
        super().__init__()
        self.n_heads = n_heads
        self.query, self.key, self.value, self.out = (nn.Linear(width, width) for _ in range(4))

    def forward(self, queries: Tensor, tokens: Tensor, seen: Tensor) -> tuple[Tensor, Tensor]:
        """Return what the queries found (batch, n_queries, width), and where: (batch, n_queries, n_tokens), sum 1.

        Parameters
        ----------
        queries, tokens
            (batch, n_queries, width) and (batch, n_tokens, width).
        seen
            True for the tokens there are, (batch, n_tokens); at least one in each row.
        """
        q, k, v = (
            layer(x).unflatten(-1, (self.n_heads, -1)).transpose(1, 2)
            for layer, x in ((self.query, queries), (self.key, tokens), (self.value, tokens))
        )
        closeness = q @ k.transpose(-1, -2) / q.shape[-1] ** 0.5
        weights = closeness.masked_fill(~seen[:, None, None], float("-inf")).softmax(dim=-1)
        found: Tensor = self.out((weights @ v).transpose(1, 2).flatten(2))
        return found, weights.mean(dim=1)
