"""From patches of signal to tokens: a time branch, a spectral branch, and positions by convolution."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from models.csbrain.dropout import Dropout
from models.csbrain.plane_convolution import PlaneConvolution

PATCH = 200
"""Samples in one patch: 1 s at 200 Hz. The spectral branch has one input per frequency bin and fixes it."""
_POSITIONS = 8
"""Width that the first convolution leaves of a patch: (200 + 2*24 - 49) // 25 + 1."""
_GROUPS = 5


class PatchEmbedding(nn.Module):
    """Embed (batch, channels, patches, 200) as (batch, channels, patches, d_model).

    The group normalisation takes its statistics over all channels and patches of a window, so every token depends on
    the whole window.
    """

    mask_encoding: nn.Parameter

    def __init__(self, d_model: int, dropout: float) -> None:
        super().__init__()
        width = d_model // _POSITIONS
        # The released model trains with this vector frozen at zero, whatever the paper says of a learned token.
        self.mask_encoding = nn.Parameter(torch.zeros(PATCH), requires_grad=False)
        self.positional_encoding = nn.Sequential(PlaneConvolution(d_model, (19, 7)))
        self.proj_in = nn.Sequential(
            nn.Conv2d(1, width, kernel_size=(1, 49), stride=(1, 25), padding=(0, 24)),
            nn.GroupNorm(_GROUPS, width),
            nn.GELU(),
            nn.Conv2d(width, width, kernel_size=(1, 3), padding=(0, 1)),
            nn.GroupNorm(_GROUPS, width),
            nn.GELU(),
            nn.Conv2d(width, width, kernel_size=(1, 3), padding=(0, 1)),
            nn.GroupNorm(_GROUPS, width),
            nn.GELU(),
        )
        self.spectral_proj = nn.Sequential(nn.Linear(PATCH // 2 + 1, d_model), Dropout(dropout))

    def forward(self, x: Tensor, mask: Tensor | None = None) -> Tensor:
        """Embed patches; ``mask`` (batch, channels, patches) replaces those that are true by ``mask_encoding``."""
        if mask is not None:
            x = torch.where(mask.bool().unsqueeze(-1), self.mask_encoding, x)
        spectrum: Tensor = torch.fft.rfft(x, norm="forward").abs()
        h: Tensor = self._time_branch(x) + self.spectral_proj(spectrum)
        # Depthwise over the (channels, patches) plane: neighbours in the sorted order are neighbours here.
        plane: Tensor = self.positional_encoding(h.permute(0, 3, 1, 2))
        return torch.add(h, plane.permute(0, 2, 3, 1))

    def _time_branch(self, x: Tensor) -> Tensor:
        batch, channels, patches, _ = x.shape
        h: Tensor = self.proj_in(x.reshape(batch, 1, channels * patches, PATCH))
        return h.permute(0, 2, 1, 3).reshape(batch, channels, patches, -1)
