"""Whether a window is like the training signals, in amplitude, spectrum, layout over the head and coupling.

Each aspect is a Mahalanobis distance from the training windows (Lee et al. 2018, NeurIPS, arXiv 1807.03888, use it on
features of networks) under a covariance shrunk as in Ledoit & Wolf 2004, J. Multivar. Anal. 88:365. Limits come from
people left out, all counting alike. It tells strange signals, not strange people: someone whom the decoder misreads may
well have an ordinary EEG.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from models.cross_spectra import log_power
from pipelines.errors import CheckpointInvalid, ModelError

Floats = NDArray[np.float64]
ASPECTS = ("amplitude", "spectrum", "layout over the head", "coupling of electrodes")
FOLDS = 5
ALMOST_ONE = 0.999
"""Correlations are cut off here, so that equal channels have a finite distance."""


def aspects(covariances: Floats) -> tuple[Floats, ...]:
    """Measure the aspects of windows.

    Parameters
    ----------
    covariances
        Band covariances (n_windows, n_bands, n_channels, n_channels), in units squared.

    Returns
    -------
    tuple
        For each of :data:`ASPECTS` an array (n_windows, n_values): log power over bands, its mean over channels; each
        band's share of it (log); each channel's difference from the mean (log); mean absolute correlation (Fisher's z).
    """
    power = np.diagonal(covariances, axis1=-2, axis2=-1)
    by_channel = log_power(power.sum(axis=1))
    amplitude = by_channel.mean(axis=1, keepdims=True)
    spectrum = (log_power(power) - by_channel[:, None]).mean(axis=2)
    whole = covariances.sum(axis=1)
    n = whole.shape[-1]
    deviation = np.exp(0.5 * by_channel)
    correlation = np.abs(whole / (deviation[:, :, None] * deviation[:, None, :]))
    between = (correlation.sum(axis=(1, 2)) - np.trace(correlation, axis1=1, axis2=2)) / max(1, n * (n - 1))
    coupling = np.arctanh(np.clip(between, 0.0, ALMOST_ONE))[:, None]
    return amplitude, spectrum, by_channel - amplitude, coupling


@dataclass(frozen=True, slots=True)
class Familiarity:
    """Distances from the training windows, 1 being the limit of each aspect.

    Parameters
    ----------
    means
        For each aspect, shape (n_values,).
    precisions
        Inverse covariance divided by the squared limit, for each aspect, shape (n_values, n_values).
    """

    means: tuple[Floats, ...]
    precisions: tuple[Floats, ...]

    @classmethod
    def fit(cls, people: Sequence[Floats], quantile: float) -> Self:
        """Learn from people.

        Parameters
        ----------
        people
            Band covariances of each person's windows, all states together (n_windows, n_bands, n, n).
        quantile
            Share of windows of people left out that no aspect may call strange.

        Raises
        ------
        ModelError
            If there are fewer people than two.
        """
        if len(people) < 2:
            raise ModelError(f"familiarity: needs two people or more, to see how people differ; got {len(people)}")
        measured = [aspects(covariances) for covariances in people]
        n_folds = min(FOLDS, len(people))
        distances: list[Floats] = []
        for fold in range(n_folds):
            inside = cls._plain([m for i, m in enumerate(measured) if i % n_folds != fold])
            distances += [inside._distances(m) for i, m in enumerate(measured) if i % n_folds == fold]
        limits = np.array([person_quantile([d[a] for d in distances], quantile) for a in range(len(ASPECTS))])
        # Four aspects together exceed their limits more often than each alone.
        limits *= person_quantile([(d / limits[:, None]).max(axis=0) for d in distances], quantile)
        plain = cls._plain(measured)
        return cls(plain.means, tuple(p / limit**2 for p, limit in zip(plain.precisions, limits, strict=True)))

    @classmethod
    def _plain(cls, measured: Sequence[tuple[Floats, ...]]) -> Self:
        """Fit means and precisions without limits; people count alike."""
        # A slow import that no live session needs.
        from sklearn.covariance import ledoit_wolf

        weights = np.concatenate([np.full(len(m[0]), 1.0 / len(m[0])) for m in measured])
        root = np.sqrt(weights * len(weights) / weights.sum())[:, None]
        means, precisions = [], []
        for a in range(len(ASPECTS)):
            values = np.concatenate([m[a] for m in measured])
            mean = np.average(values, axis=0, weights=weights)
            covariance, _ = ledoit_wolf((values - mean) * root, assume_centered=True)
            means.append(mean)
            precisions.append(np.linalg.pinv(np.atleast_2d(covariance)))
        return cls(tuple(means), tuple(precisions))

    def __call__(self, covariances: Floats) -> Floats:
        """Return distances (n_aspects, n_windows) of windows (n_windows, n_bands, n, n); above 1 is unfamiliar."""
        return self._distances(aspects(covariances))

    def _distances(self, measured: tuple[Floats, ...]) -> Floats:
        found = []
        for values, mean, precision in zip(measured, self.means, self.precisions, strict=True):
            off = values - mean
            found.append(np.sqrt(np.maximum(np.einsum("ni,ij,nj->n", off, precision, off), 0.0)))
        return np.array(found)

    def tensors(self) -> dict[str, Floats]:
        """Return what a checkpoint stores, by name."""
        pairs = zip(self.means, self.precisions, strict=True)
        return {f"{a}.{name}": part for a, pair in enumerate(pairs) for name, part in zip(_PARTS, pair, strict=True)}

    @classmethod
    def from_tensors(cls, tensors: Mapping[str, NDArray[Any]], n_bands: int, n_channels: int, where: str) -> Self:
        """Read what :meth:`tensors` gave.

        Raises
        ------
        CheckpointInvalid
            If a tensor is missing or does not fit bands and channels.
        """
        found: dict[str, list[Floats]] = {name: [] for name in _PARTS}
        for a, n in enumerate((1, n_bands, n_channels, 1)):
            for name, shape in zip(_PARTS, ((n,), (n, n)), strict=True):
                tensor = tensors.get(f"{a}.{name}")
                if tensor is None or tensor.shape != shape:
                    raise CheckpointInvalid(
                        f"{where}: familiarity: {a}.{name} must have shape {shape}, is "
                        f"{'missing' if tensor is None else tensor.shape}; get the folder again"
                    )
                found[name].append(tensor.astype(np.float64))
        return cls(tuple(found["mean"]), tuple(found["precision"]))


_PARTS = ("mean", "precision")


def person_quantile(values: Sequence[Floats], quantile: float) -> float:
    """Return the quantile of values (n_windows,) of people who all count alike."""
    merged = np.concatenate(values)
    weights = np.concatenate([np.full(len(v), 1.0 / len(v)) for v in values])
    order = np.argsort(merged, kind="stable")
    share = np.cumsum(weights[order]) / weights.sum()
    return float(merged[order][min(int(np.searchsorted(share, quantile)), merged.size - 1)])
