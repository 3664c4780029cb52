"""What MindAligner makes small, term by term (official code; weights are those of the release)."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional as F


def pattern_divergence(predicted: Tensor, target: Tensor) -> Tensor:
    """Return KL(softmax over units of predicted || that of target), (batch,); both (batch, n_units)."""
    said, meant = F.log_softmax(predicted, dim=1), F.log_softmax(target, dim=1)
    return (said.exp() * (said - meant)).sum(dim=1)


def latent_mismatch(after: Tensor, before: Tensor, target: Tensor, source: Tensor) -> Tensor:
    """Return how inner numbers and stimuli differ in their cross dissimilarities, a number.

    Both matrices hold 1 - cos over all pairs of a batch: of inner numbers after and before the mapper (batch, rank),
    and of the embeddings of target and source stimuli (batch, dim).
    """
    return (_dissimilarity(after, before) - _dissimilarity(target, source)).square().mean()


def _dissimilarity(a: Tensor, b: Tensor) -> Tensor:
    return 1 - F.normalize(a, dim=1) @ F.normalize(b, dim=1).T


def nearest(source: Tensor, target: Tensor, k: int) -> Tensor:
    """Return the rows of the ``k`` target embeddings nearest to each source embedding, (n_source, k), nearest first.

    Parameters
    ----------
    source, target
        (n_source, dim), (n_target, dim).
    """
    return torch.cdist(source, target).topk(min(k, len(target)), largest=False).indices
