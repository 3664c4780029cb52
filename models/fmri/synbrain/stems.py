"""Between voxels and positions: by resampling along the voxel order, as published, or one linear map per parcel."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from models.fmri.synbrain.size import VaeSize
from pipelines.errors import ConfigError


class ResampleStem(nn.Module):
    """Convolution, then pooling of V voxels to ``length`` positions, and back by linear interpolation.

    It has no weights of a subject: another V changes only the pooling. Position i of two subjects is therefore not the
    same place.
    """

    def __init__(self, size: VaeSize, n_voxels: int, n_last: int) -> None:
        super().__init__()
        self.n_voxels = n_voxels
        around = size.kernel // 2
        self.conv_in = nn.Conv1d(1, size.base, size.kernel, padding=around)
        self.pool = nn.AdaptiveMaxPool1d(size.length)
        self.out = nn.Sequential(
            nn.GroupNorm(size.groups, n_last), nn.SiLU(), nn.Conv1d(n_last, 1, size.kernel, padding=around)
        )

    def to_positions(self, y: Tensor) -> Tensor:
        """Map voxels (batch, V) to (batch, base, length)."""
        pooled: Tensor = self.pool(self.conv_in(y[:, None]))
        return pooled

    def to_voxels(self, h: Tensor) -> Tensor:
        """Map (batch, n_last, length) to voxels (batch, V)."""
        voxels: Tensor = self.out(F.interpolate(h, size=self.n_voxels, mode="linear"))[:, 0]
        return voxels


class ParcelStem(nn.Module):
    """One linear map per parcel to its share of the positions, and one back.

    Parameters
    ----------
    size
        Of the network; ``length`` is shared out among the parcels.
    parcels
        Parcel number of each voxel, (V,).
    n_last
        Channels that come back.

    Raises
    ------
    ConfigError
        If there are more parcels than positions.
    """

    order: Tensor
    back: Tensor

    def __init__(self, size: VaeSize, parcels: Sequence[int], n_last: int) -> None:
        super().__init__()
        number = np.asarray(parcels)
        found = np.unique(number)
        if len(found) > size.length:
            raise ConfigError(f"vae.length = {size.length}: the {len(found)} parcels need a position each")
        self.base, self.n_last = size.base, n_last
        self.shares = [len(part) for part in np.array_split(np.arange(size.length), len(found))]
        members = [np.flatnonzero(number == one) for one in found]
        self.sizes = [len(rows) for rows in members]
        order = np.concatenate(members)
        self.register_buffer("order", torch.from_numpy(order), persistent=False)
        self.register_buffer("back", torch.from_numpy(np.argsort(order)), persistent=False)
        pairs = list(zip(self.sizes, self.shares, strict=True))
        self.inward = nn.ModuleList(nn.Linear(n, size.base * share) for n, share in pairs)
        self.outward = nn.ModuleList(nn.Linear(n_last * share, n) for n, share in pairs)

    def to_positions(self, y: Tensor) -> Tensor:
        """Map voxels (batch, V) to (batch, base, length)."""
        parts = torch.split(y[:, self.order], self.sizes, dim=1)
        mapped = [linear(part).unflatten(1, (self.base, -1)) for linear, part in zip(self.inward, parts, strict=True)]
        return torch.cat(mapped, dim=2)

    def to_voxels(self, h: Tensor) -> Tensor:
        """Map (batch, n_last, length) to voxels (batch, V)."""
        parts = torch.split(h, self.shares, dim=2)
        mapped = [linear(part.flatten(1)) for linear, part in zip(self.outward, parts, strict=True)]
        return torch.cat(mapped, dim=1)[:, self.back]


def stem_of(size: VaeSize, parcels: Sequence[int], n_last: int) -> ResampleStem | ParcelStem:
    """Make the stem a size asks for; ``parcels`` says the parcel of each voxel."""
    return ParcelStem(size, parcels, n_last) if size.stem == "parcel" else ResampleStem(size, len(parcels), n_last)
