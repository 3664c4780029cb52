"""What is hidden, what is to be found again, and how well it is found without learning."""

from __future__ import annotations

import torch
from torch import Tensor


def draw_mask(shape: tuple[int, int, int], ratio: float, seed: int) -> Tensor:
    """Hide each patch with probability ``ratio``: bool (batch, channels, patches), the channels SORTED by region."""
    return torch.rand(shape, generator=torch.Generator().manual_seed(seed)) < ratio


def targets(x: Tensor, order: Tensor, *, official: bool = False) -> Tensor:
    """Return what the network shall answer to windows (batch, channels, patches, 200).

    It answers in SORTED order, and so do the targets. ``official`` leaves them in the recording's order, as the
    released pre-training did: most channels are then compared with another channel's signal.
    """
    return x if official else x[:, order]


def masked_error(answer: Tensor, wanted: Tensor, mask: Tensor) -> Tensor:
    """Return the sum over hidden patches of the mean squared difference in each, in float32."""
    difference = (answer.float() - wanted.float()).square().mean(dim=-1)
    return (difference * mask).sum()


class Baselines:
    """Answers of no network, for the same hidden patches.

    Parameters
    ----------
    mean
        For each montage the mean of the training patches, (channels, 200), channels SORTED.
    """

    NAMES = ("zero", "training mean", "visible electrodes")

    def __init__(self, mean: dict[int, Tensor]) -> None:
        self._mean = mean

    def errors(self, which: int, wanted: Tensor, mask: Tensor) -> Tensor:
        """Return what :func:`masked_error` does, for each of :data:`NAMES`.

        The answers are zero, the mean patch of the channel, the mean of the electrodes visible at that moment.
        """
        seen = (~mask).unsqueeze(-1).to(wanted)
        around = (wanted * seen).sum(dim=1, keepdim=True) / seen.sum(dim=1, keepdim=True).clamp_min(1)
        answers = (torch.zeros_like(wanted), self._mean[which].unsqueeze(1), around)
        return torch.stack([masked_error(answer.expand_as(wanted), wanted, mask) for answer in answers])
