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
    """See :class:`models.unimind.encoders.Encoder`; some twenty thousand weights, no token sees another one.

    What is measured is standardised by the training windows of the task, as the published recipe does by data set;
    where the task is not known, by those of all tasks.

    Parameters
    ----------
    n_tasks
        Tasks whose windows have a scale of their own.
    width
        Of the tokens.
    dropout
        Used in training alone.
    """

    taper: Tensor
    mean: Tensor
    spread: Tensor

    def __init__(self, n_tasks: int, width: int, dropout: float) -> None:
        super().__init__()
        self.width = width
        self.register_buffer("taper", torch.hann_window(PATCH, periodic=False), persistent=False)
        self.register_buffer("mean", torch.zeros(1 + n_tasks, N_FREQUENCIES + N_COURSE))
        self.register_buffer("spread", torch.ones(1 + n_tasks, N_FREQUENCIES + N_COURSE))
        self.layers = nn.Sequential(
            nn.Linear(N_FREQUENCIES + N_COURSE, 2 * width),
            nn.GELU(),
            nn.Dropout(dropout),
            nn.Linear(2 * width, width),
        )

    def forward(self, x: Tensor, channels: tuple[str, ...], rows: Tensor) -> Tensor:
        """See :class:`models.unimind.encoders.Encoder`."""
        mean, spread = (scale[rows][:, None, None] for scale in (self.mean, self.spread))
        tokens: Tensor = self.layers((self._measured(x) - mean) / spread)
        return tokens

    @torch.no_grad()
    def learn_scale(self, windows: Sequence[Sequence[Tensor]]) -> None:
        """Take the scales from training windows of each task, (n_channels, n_patches, 200) each (µV)."""
        measured = [torch.cat([self._measured(one[None]).flatten(0, 2) for one in task]) for task in windows]
        # Tasks count alike, however many electrodes they have.
        means = torch.stack([rows.mean(dim=0) for rows in measured])
        spreads = torch.stack([rows.std(dim=0) for rows in measured])
        overall = (spreads.square() + (means - means.mean(dim=0)).square()).mean(dim=0).sqrt()
        self.mean.copy_(torch.cat([means.mean(dim=0)[None], means]))
        self.spread.copy_(torch.cat([overall[None], spreads]).clamp_min(1e-6))

    def _measured(self, x: Tensor) -> Tensor:
        """Return log power and course, (batch, n_channels, n_patches, 70)."""
        spectrum = torch.fft.rfft(x * self.taper, norm="ortho")[..., 1 : N_FREQUENCIES + 1]
        power = (spectrum.abs().square() + FLOOR_UV2).log()
        course = torch.asinh(F.avg_pool1d(x.flatten(0, 2)[:, None], PATCH // N_COURSE)[:, 0] / COURSE_UV)
        return torch.cat([power, course.reshape(*x.shape[:3], N_COURSE)], dim=-1)
