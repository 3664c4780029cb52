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
    """See :class:`models.unimind.encoders.Encoder`; a few thousand weights, no token sees another one.

    One linear layer: a second one only memorised (144 windows of three-class imagery). What is measured is standardised
    by the training windows of the task, electrode by electrode, as the published recipe does by data set. An electrode
    that a task has not shown gets the mean of those it has; a task that is not known, the scale of all tasks.

    Parameters
    ----------
    n_tasks
        Tasks whose windows have a scale of their own.
    channels
        Electrodes whose means are kept.
    width
        Of the tokens.
    dropout
        Used in training alone.
    """

    taper: Tensor
    mean: Tensor
    spread: Tensor

    def __init__(self, n_tasks: int, channels: Sequence[str], width: int, dropout: float) -> None:
        super().__init__()
        self.width = width
        self.register_buffer("taper", torch.hann_window(PATCH, periodic=False), persistent=False)
        self._place = {name: i for i, name in enumerate(channels, start=1)}
        self.register_buffer("mean", torch.zeros(1 + n_tasks, 1 + len(channels), N_FREQUENCIES + N_COURSE))
        self.register_buffer("spread", torch.ones(1 + n_tasks, N_FREQUENCIES + N_COURSE))
        self.layers = nn.Sequential(nn.Dropout(dropout), nn.Linear(N_FREQUENCIES + N_COURSE, width))

    def forward(self, x: Tensor, channels: tuple[str, ...], rows: Tensor) -> Tensor:
        """See :class:`models.unimind.encoders.Encoder`."""
        places = [self._place.get(name, 0) for name in channels]
        mean, spread = self.mean[rows][:, places, None], self.spread[rows][:, None, None]
        tokens: Tensor = self.layers((self._measured(x) - mean) / spread)
        return tokens

    @torch.no_grad()
    def learn_scale(self, tasks: Sequence[Sequence[tuple[Tensor, Sequence[str]]]]) -> None:
        """Take the scales from training windows of each task.

        Parameters
        ----------
        tasks
            For each task, windows (n_channels, n_patches, 200) in µV, and the names of their channels.
        """
        means, spreads, shown = zip(*(self._scale(windows) for windows in tasks), strict=True)
        mean, spread, there = torch.stack(means), torch.stack(spreads), torch.stack(shown)[..., None]
        # Tasks count alike, however many electrodes and windows they have.
        known = (mean * there).sum(dim=0) / there.sum(dim=0).clamp_min(1)
        free = torch.where(there.any(dim=0), known, mean[:, 0].mean(dim=0))
        overall = (spread.square() + (mean[:, 0] - free[0]).square()).mean(dim=0).sqrt()
        self.mean.copy_(torch.cat([free[None], mean]))
        self.spread.copy_(torch.cat([overall[None], spread]).clamp_min(1e-6))

    def _scale(self, windows: Sequence[tuple[Tensor, Sequence[str]]]) -> tuple[Tensor, Tensor, Tensor]:
        """Return means (1 + n_channels, 70), the spread about them (70,), and which channels were there."""
        rows = torch.cat([self._measured(x[None])[0].mean(dim=1) for x, _ in windows])
        places = torch.tensor([self._place.get(name, 0) for _, names in windows for name in names])
        mean = rows.mean(dim=0).repeat(len(self._place) + 1, 1)
        there = torch.zeros(len(mean), dtype=torch.bool)
        there[0] = True
        for place in sorted(set(places.tolist())):
            mean[place], there[place] = rows[places == place].mean(dim=0), True
        return mean, (rows - mean[places]).std(dim=0), there

    def _measured(self, x: Tensor) -> Tensor:
        """Return log power and course, (batch, n_channels, n_patches, 70)."""
        spectrum = torch.fft.rfft(x * self.taper, norm="ortho")[..., 1 : N_FREQUENCIES + 1]
        power = (spectrum.abs().square() + FLOOR_UV2).log()
        course = torch.asinh(F.avg_pool1d(x.flatten(0, 2)[:, None], PATCH // N_COURSE)[:, 0] / COURSE_UV)
        return torch.cat([power, course.reshape(*x.shape[:3], N_COURSE)], dim=-1)
