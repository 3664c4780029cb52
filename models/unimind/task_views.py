"""The window's token: of each task the view of whole windows that tells its options apart, in a few components."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict
from torch import Tensor, nn

from models.unimind.samples import PATCH, Sample, groups_of, patches_of
from models.unimind.window_views import VIEWS, ViewKind

N_COMPONENTS = 32
AT_ONCE = 64


class View(BaseModel):
    """Which view a task has, of which windows; part of a checkpoint's architecture."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    kind: ViewKind
    channels: tuple[str, ...]
    """Electrodes that it needs, in its order."""
    n_patches: int
    """Length of the windows it learned on (s)."""
    n_features: int

    def features(self, x: Tensor, channels: Sequence[str]) -> Tensor:
        """Measure windows (batch, n_channels, n_patches, 200) that have all of its electrodes."""
        chosen = x[:, [channels.index(name) for name in self.channels]].flatten(2)
        if self.kind == "course":  # means nothing but from an event on: cut, or filled by zeros
            chosen = nn.functional.pad(chosen, (0, self.n_patches * PATCH - chosen.shape[2]))
        return VIEWS[self.kind](chosen)


class TaskView(nn.Module):
    """One task's view: principal components of its training windows, and the layer that reads them.

    Parameters
    ----------
    view
        What is measured.
    width
        Of the token.
    dropout
        Of components; used in training alone.
    """

    mean: Tensor
    basis: Tensor

    def __init__(self, view: View, width: int, dropout: float) -> None:
        super().__init__()
        self.view = view
        self.register_buffer("mean", torch.zeros(view.n_features))
        self.register_buffer("basis", torch.zeros(view.n_features, N_COMPONENTS))
        self.layer = nn.Sequential(nn.Dropout(dropout), nn.Linear(N_COMPONENTS, width))

    @torch.no_grad()
    def components(self, x: Tensor, channels: Sequence[str]) -> Tensor:
        """Return (batch, 32) of windows (batch, n_channels, n_patches, 200) in µV."""
        return (self.view.features(x, channels) - self.mean) @ self.basis


class TaskViews(nn.Module):
    """The views of all tasks; a task without one, or windows without its electrodes, give zeros.

    Parameters
    ----------
    views
        By task.
    width, dropout
        As :class:`TaskView`.
    """

    def __init__(self, views: Mapping[str, View], width: int, dropout: float) -> None:
        super().__init__()
        self.width = width
        self.of = nn.ModuleDict({task: TaskView(view, width, dropout) for task, view in views.items()})

    def can(self, task: str, channels: Sequence[str]) -> bool:
        """Say whether a task has a view of such windows."""
        return task in self.of and set(self._view(task).view.channels) <= set(channels)

    def components(self, x: Tensor, channels: Sequence[str], tasks: Sequence[str]) -> Tensor:
        """Measure each window by its task's view, (batch, 32); zeros where there is none."""
        found = x.new_zeros(len(x), N_COMPONENTS)
        for task in set(tasks):
            if self.can(task, channels):
                rows = [row for row, name in enumerate(tasks) if name == task]
                found[rows] = self._view(task).components(x[rows], channels)
        return found

    def forward(self, components: Tensor, channels: Sequence[str], tasks: Sequence[str]) -> Tensor:
        """Return tokens (batch, width) of components (batch, 32)."""
        found = components.new_zeros(len(components), self.width)
        for task in set(tasks):
            if self.can(task, channels):
                rows = [row for row, name in enumerate(tasks) if name == task]
                found = found.index_put((torch.tensor(rows, device=found.device),), self._read(task, components[rows]))
        return found

    def measured(self, samples: Sequence[Sample]) -> NDArray[np.float32]:
        """Return what :meth:`components` gives windows of one task, (n, 32)."""
        if samples[0].task not in self.of:
            return np.zeros((len(samples), N_COMPONENTS), dtype=np.float32)
        device = self._view(samples[0].task).mean.device
        return in_groups(
            samples, lambda x, of: self.components(x.to(device), of.channels, [of.task] * len(x)).cpu()
        ).numpy()

    @torch.no_grad()
    def learn(self, task: str, features: Tensor) -> None:
        """Take the components of a task from the features of its training windows."""
        mean, basis = principal(self._view(task).view.kind, features)
        self._view(task).mean.copy_(mean)
        self._view(task).basis[:, : basis.shape[1]].copy_(basis)

    def _view(self, task: str) -> TaskView:
        found = self.of[task]
        assert isinstance(found, TaskView)
        return found

    def _read(self, task: str, components: Tensor) -> Tensor:
        read: Tensor = self._view(task).layer(components)
        return read


def principal(kind: ViewKind, features: Tensor) -> tuple[Tensor, Tensor]:
    """Return mean and basis (n_features, up to 32) of components; their mean square is 1."""
    mean = features.mean(dim=0)
    scale = torch.ones_like(mean) if kind == "covariance" else 1 / features.std(dim=0).clamp_min(1e-6)
    centred = (features - mean) * scale
    axes = torch.linalg.svd(centred, full_matrices=False).Vh[:N_COMPONENTS].T
    size = (centred @ axes).square().mean().sqrt().clamp_min(1e-6)
    return mean, scale[:, None] * axes / size


def in_groups(samples: Sequence[Sample], measure: Callable[[Tensor, Sample], Tensor]) -> Tensor:
    """Measure windows of the same electrodes and length together; ``measure`` gets them and one of their samples."""
    found: list[Tensor] = [torch.empty(0)] * len(samples)
    for rows in groups_of(samples):
        for part in np.array_split(rows, -(-len(rows) // AT_ONCE)):
            x = torch.from_numpy(np.stack([patches_of(samples[row].samples) for row in part]))
            for row, features in zip(part, measure(x, samples[part[0]]), strict=True):
                found[row] = features
    return torch.stack(found)
