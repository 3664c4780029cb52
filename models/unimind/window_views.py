"""What classical decoders measure of a whole window, as features: covariance, lines of the spectrum, the course.

None of it is trained. Small data leave a network no chance to find these out; what is read out of them is learned.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Literal

import torch
from torch import Tensor
from torch.nn import functional as F

RATE_HZ = 200.0
BANDS_HZ = ((4.0, 8.0), (8.0, 13.0), (13.0, 30.0))
SHRINKAGE = 0.05
"""Share of the mean power that is added to every electrode's: keeps logarithms of covariances finite."""
LINES_HZ = tuple(0.5 * i for i in range(2, 91))
"""1 to 45 Hz in steps of half a hertz."""
COURSE = 8
"""Samples that are averaged (40 ms)."""
ViewKind = Literal["covariance", "lines", "course"]


def covariance(x: Tensor) -> Tensor:
    """Return the matrix logarithms of the covariances in three bands, as vectors.

    The tangent space at the identity (Barachant et al. 2013, Neurocomputing 112:172), where a linear layer can do what
    common spatial patterns or band power do.

    Parameters
    ----------
    x
        (batch, n_channels, n_times) in µV at 200 Hz.

    Returns
    -------
    features
        (batch, 3 * n_channels * (n_channels + 1) / 2).
    """
    n_channels = x.shape[1]
    spectrum = torch.fft.rfft(x, norm="ortho")
    frequencies = torch.fft.rfftfreq(x.shape[2], 1 / RATE_HZ, device=x.device)
    row, column = torch.triu_indices(n_channels, n_channels, device=x.device)
    weight = torch.where(row == column, 1.0, 2.0**0.5)
    found = []
    for low, high in BANDS_HZ:
        band = spectrum[..., (frequencies >= low) & (frequencies < high)]
        power = (band @ band.conj().transpose(1, 2)).real
        values, vectors = torch.linalg.eigh(_shrunk(power, SHRINKAGE))
        logarithm = (vectors * values.clamp_min(1e-6).log()[:, None]) @ vectors.transpose(1, 2)
        found.append(logarithm[:, row, column] * weight)
    return torch.cat(found, dim=1)


def lines(x: Tensor) -> Tensor:
    """Return how much of the electrodes' joint activity is one frequency, for every half hertz.

    The logarithm of the squared canonical correlation with sine and cosine (Lin et al. 2006, IEEE Trans. Biomed. Eng.
    53:2610; one harmonic, complex form): any electrodes give the same 89 features.

    Parameters
    ----------
    x
        (batch, n_channels, n_times) in µV at 200 Hz.
    """
    n = x.shape[2]
    centred = x - x.mean(dim=2, keepdim=True)
    angles = (
        2 * torch.pi * torch.arange(n, device=x.device)[:, None] / RATE_HZ * torch.tensor(LINES_HZ, device=x.device)
    )
    real, imaginary = (centred @ wave / n for wave in (angles.cos(), angles.sin()))
    power = _shrunk(centred @ centred.transpose(1, 2) / n, SHRINKAGE / 5)
    parts = torch.cat([real, imaginary], dim=2)
    shares = (parts * torch.linalg.solve(power, parts)).sum(dim=1).unflatten(1, (2, -1)).sum(dim=1)
    found: Tensor = (shares + 1e-4).log()
    return found


def course(x: Tensor) -> Tensor:
    """Return means of 40 ms of every electrode, (batch, n_channels * n_times // 8): responses to an event."""
    return F.avg_pool1d(x, COURSE).flatten(1)


VIEWS: Mapping[ViewKind, Callable[[Tensor], Tensor]] = {"covariance": covariance, "lines": lines, "course": course}


def _shrunk(power: Tensor, share: float) -> Tensor:
    """Add a share of the mean power to the diagonal of (batch, n, n); of silence a trace, so that it has an inverse."""
    mean = power.diagonal(dim1=1, dim2=2).mean(dim=1).clamp_min(1e-6)
    return power + share * mean[:, None, None] * torch.eye(power.shape[1], device=power.device)
