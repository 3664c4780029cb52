"""What a step makes small: the right option out of its set, and the published loss of the answer's tokens beside it."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from models.unimind.batches import Mixed
from models.unimind.queries import balance


def option_loss(scores: Tensor, targets: Tensor, smoothing: float) -> Tensor:
    """Return the cross-entropy over the options of each row of (batch, most options); -inf where there is none."""
    there = scores.isfinite()
    log_p = torch.log_softmax(scores, dim=-1)
    hit = log_p.gather(1, targets[:, None])[:, 0]
    spread = log_p.masked_fill(~there, 0.0).sum(dim=1) / there.sum(dim=1)
    return -((1 - smoothing) * hit + smoothing * spread).mean()


def next_token_loss(log_likelihoods: Tensor, targets: Tensor, n_tokens: Sequence[Sequence[int]]) -> Tensor:
    """Return the mean negative log-likelihood of a token of the right answer.

    Parameters
    ----------
    log_likelihoods
        Of whole answers, (batch, most options).
    targets
        The right ones, (batch,).
    n_tokens
        Tokens of each option, for each row.
    """
    lengths = [row[target] for row, target in zip(n_tokens, targets.tolist(), strict=True)]
    right = log_likelihoods.gather(1, targets[:, None])[:, 0]
    return -(right / torch.tensor(lengths, device=right.device)).mean()


def balance_loss(mixed: Mixed, top: int) -> Tensor:
    """Return how far both routers are from using their queries alike; 0 where they do."""
    return balance(mixed.spatial, top) + balance(mixed.temporal, top) - 2.0
