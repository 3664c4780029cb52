"""A small encoder for small data: of each electrode and second the power at every frequency, and the course in time."""

from __future__ import annotations

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

    def __init__(self, width: int, dropout: float) -> None:
        super().__init__()
        self.width = width
        self.register_buffer("taper", torch.hann_window(PATCH, periodic=False), persistent=False)
        self.layers = nn.Sequential(
            nn.Linear(N_FREQUENCIES + N_COURSE, 2 * width),
            nn.GELU(),
            nn.Dropout(dropout),
            nn.Linear(2 * width, width),
        )

    def forward(self, x: Tensor, channels: tuple[str, ...]) -> Tensor:
        """See :class:`models.unimind.encoders.Encoder`."""
        spectrum = torch.fft.rfft(x * self.taper, norm="ortho")[..., 1 : N_FREQUENCIES + 1]
        power = (spectrum.abs().square() + FLOOR_UV2).log()
        course = torch.asinh(F.avg_pool1d(x.flatten(0, 2)[:, None], PATCH // N_COURSE)[:, 0] / COURSE_UV)
        tokens: Tensor = self.layers(torch.cat([power, course.reshape(*x.shape[:3], N_COURSE)], dim=-1))
        return tokens
