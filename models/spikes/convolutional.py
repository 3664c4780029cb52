"""The published front end of PNBA, for comparison: convolutions over the number of a unit, which means nothing.

zhuyu-cs/PNBA, mouse configuration: a 3 × 3 convolution over unit number and time, adaptive max-pooling to 256 places,
residual blocks with attention among all places and bins, three strides of four along the places, eight channels at four
places. Another order of the same units gives other features, and static structure alone makes two animals look alike.
Widths are settings here; the published ones are the defaults.
"""

from __future__ import annotations

from torch import Tensor, nn
from torch.nn import functional as F

PLACES = 256
REDUCED = 4
GROUPS = 8


class _Residual(nn.Module):
    """Two normalised 3 × 3 convolutions beside the identity (or a 1 × 1 convolution)."""

    def __init__(self, n_in: int, n_out: int) -> None:
        super().__init__()
        self.network = nn.Sequential(
            nn.GroupNorm(min(GROUPS, n_in), n_in),
            nn.LeakyReLU(),
            nn.Conv2d(n_in, n_out, 3, padding=1),
            nn.GroupNorm(min(GROUPS, n_out), n_out),
            nn.LeakyReLU(),
            nn.Conv2d(n_out, n_out, 3, padding=1),
        )
        self.beside = nn.Identity() if n_in == n_out else nn.Conv2d(n_in, n_out, 1)

    def forward(self, x: Tensor) -> Tensor:
        """Return (n_batch, n_out, n_places, n_bins)."""
        changed: Tensor = self.network(x) + self.beside(x)
        return changed


class _Attention(nn.Module):
    """Every place at every bin attends to all of them."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.norm = nn.GroupNorm(min(GROUPS, width), width)
        self.query_key_value = nn.Conv2d(width, 3 * width, 1)
        self.out = nn.Conv2d(width, width, 1)

    def forward(self, x: Tensor) -> Tensor:
        """Return what comes in, changed."""
        query, key, value = self.query_key_value(self.norm(x)).flatten(2).transpose(1, 2).chunk(3, dim=2)
        seen = F.scaled_dot_product_attention(query, key, value).transpose(1, 2).reshape(x.shape)
        changed: Tensor = x + self.out(seen)
        return changed


class ConvolutionalEncoder(nn.Module):
    """Turns counts (n_batch, n_bins, n_units) into features (n_batch, n_bins, n_channels * 4), for any n_units.

    Parameters
    ----------
    stem
        Channels at 256 places.
    width
        Channels of the levels, times 1, 2, 2 and 4.
    n_channels
        That come out at each of four places.
    """

    def __init__(self, stem: int = 128, width: int = 64, n_channels: int = 8) -> None:
        super().__init__()
        self.width = n_channels * REDUCED
        self.first = nn.Conv2d(1, stem, 3, padding=1)
        self.wide = nn.Sequential(
            nn.GroupNorm(min(GROUPS, stem), stem), nn.LeakyReLU(), _Residual(stem, stem), _Attention(stem),
            _Residual(stem, stem), nn.Conv2d(stem, width, 3, padding=1),
        )  # fmt: skip
        levels: list[nn.Module] = []
        n_in = width
        for number, times in enumerate((1, 2, 2, 4)):
            n_out = times * width
            levels.append(_Residual(n_in, n_out))
            if number < 3:
                levels.append(nn.Conv2d(n_out, n_out, (4, 3), stride=(4, 1), padding=(0, 1)))
            n_in = n_out
        self.levels = nn.Sequential(*levels)
        self.middle = nn.Sequential(_Residual(n_in, n_in), _Attention(n_in), _Residual(n_in, n_in))
        self.last = nn.Conv2d(n_in, n_channels, 3, padding=1)

    def forward(self, counts: Tensor) -> Tensor:
        """Encode standardised counts."""
        over_units = self.first(counts.transpose(1, 2)[:, None])
        places = F.adaptive_max_pool2d(over_units, (PLACES, counts.shape[1]))
        found: Tensor = self.last(self.middle(self.levels(self.wide(places))))
        return found.flatten(1, 2).transpose(1, 2)
