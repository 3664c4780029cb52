"""A small encoder for small data: of each electrode and second the power at every frequency, and the course in time."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from models.unimind.samples import PATCH

N_FREQUENCIES, N_COURSE = 45, 25
"""1 to 45 Hz in steps of 1 Hz; means of 40 ms."""
COURSE_UV = 20.0
FLOOR_UV2 = 1e-3


class SpectralEncoder(nn.Module):
    """See :class:`models.unimind.encoders.Encoder`; some ten thousand weights, no token sees another one.

    Parameters
    ----------
    width
        Of the tokens.
    dropout
        Used in training alone.
    """

    taper: Tensor
    mean: Tensor
    spread: Tensor

    def __init__(self, width: int, dropout: float) -> None:
        super().__init__()
        self.width = width
        self.register_buffer("taper", torch.hann_window(PATCH, periodic=False), persistent=False)
        self.register_buffer("mean", torch.zeros(N_FREQUENCIES + N_COURSE))
        self.register_buffer("spread", torch.ones(N_FREQUENCIES + N_COURSE))
        self.layers = nn.Sequential(
            nn.Linear(N_FREQUENCIES + N_COURSE, 2 * width),
            nn.GELU(),
            nn.Dropout(dropout),
            nn.Linear(2 * width, width),
        )

    def forward(self, x: Tensor, channels: tuple[str, ...]) -> Tensor:
        """See :class:`models.unimind.encoders.Encoder`."""
        tokens: Tensor = self.layers((self._measured(x) - self.mean) / self.spread)
        return tokens

    @torch.no_grad()
    def learn_scale(self, windows: Sequence[Tensor]) -> None:
        """Standardise what is measured by training windows, (n_channels, n_patches, 200) each (µV)."""
        rows = torch.cat([self._measured(window[None]).flatten(0, 2) for window in windows])
        self.mean.copy_(rows.mean(dim=0))
        self.spread.copy_(rows.std(dim=0).clamp_min(1e-6))

    def _measured(self, x: Tensor) -> Tensor:
        """Return log power and course, (batch, n_channels, n_patches, 70)."""
        spectrum = torch.fft.rfft(x * self.taper, norm="ortho")[..., 1 : N_FREQUENCIES + 1]
        power = (spectrum.abs().square() + FLOOR_UV2).log()
        course = torch.asinh(F.avg_pool1d(x.flatten(0, 2)[:, None], PATCH // N_COURSE)[:, 0] / COURSE_UV)
        return torch.cat([power, course.reshape(*x.shape[:3], N_COURSE)], dim=-1)
