"""SoftCLIP: two views of the same stimuli are made alike as far as the stimuli themselves are."""

from __future__ import annotations

from torch import Tensor
from torch.nn import functional as F

TEMPERATURE = 0.125


def soft_clip(latents: Tensor, tokens: Tensor, temperature: float = TEMPERATURE) -> Tensor:
    """Return the SoftCLIP loss of a batch, a number.

    Similarities of the images among themselves are the targets for similarities of latents and images; cross-entropy
    in both directions, averaged.

    Parameters
    ----------
    latents, tokens
        (batch, m, d); flattened and scaled to length 1.
    temperature
        Published 0.125.
    """
    z, t = (F.normalize(part.flatten(1), dim=1) for part in (latents, tokens))
    target = F.softmax(t @ t.T / temperature, dim=1)
    said = z @ t.T / temperature
    return 0.5 * (F.cross_entropy(said, target) + F.cross_entropy(said.T, target))
