"""Two modalities with one shared and one private block each, as seen by several individuals.

Activity ``x`` comes from the shared block and the individual's own, a stimulus ``y`` from the shared block and one that
no neuron hears of. Individuals differ in mean and variance of their own block (``u_m``), conditions in those of the
shared one (``u_c``), so that both can be identified.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from models.spikes.simulation.segments import Doubles, mixed
from models.spikes.units import Floats


@dataclass(frozen=True, slots=True)
class TwoModalitySettings:
    """Sizes.

    Parameters
    ----------
    n_shared, n_private
        Dimensions of the shared block, and of each private one.
    n_x, n_y
        Units of activity, and dimensions of the stimulus.
    n_individuals, n_conditions, per_cell
        Individuals, conditions, and samples of each pair.
    planted
        True: each unit, and each stimulus dimension, hears of one block alone, half of them of the shared one; False:
        every one of them mixes both.
    mixing
        See :class:`models.spikes.simulation.segments.SegmentSettings`.
    noise
        Deviation of observation noise as a share of the overall deviation.
    """

    n_shared: int = 3
    n_private: int = 2
    n_x: int = 20
    n_y: int = 20
    n_individuals: int = 8
    n_conditions: int = 20
    per_cell: int = 50
    planted: bool = False
    mixing: Literal["hard", "easy"] = "easy"
    noise: float = 0.1


@dataclass(frozen=True, slots=True, eq=False)
class TwoModalities:
    """One experiment; arrays have one row for each sample.

    Parameters
    ----------
    x, y
        Activity (n_samples, n_x) and stimulus (n_samples, n_y), standardised.
    u_m, u_c
        Individual and condition of each sample, numbers (n_samples,).
    z_c, z_mx, z_my
        True latents: shared, private of the activity, private of the stimulus.
    x_hears, y_hears
        (n_x,) and (n_y,): whether a dimension is made of the shared block; all True unless planted.
    """

    x: Floats
    y: Floats
    u_m: NDArray[np.int64]
    u_c: NDArray[np.int64]
    z_c: Floats
    z_mx: Floats
    z_my: Floats
    x_hears: NDArray[np.bool_]
    y_hears: NDArray[np.bool_]


def two_modalities(settings: TwoModalitySettings, seed: int = 0) -> TwoModalities:
    """Draw one experiment, in random order of samples."""
    luck = np.random.default_rng(seed)
    cells = luck.permutation(np.repeat(np.arange(settings.n_individuals * settings.n_conditions), settings.per_cell))
    u_m, u_c = cells // settings.n_conditions, cells % settings.n_conditions
    z_c = _gaussian(u_c, settings.n_conditions, settings.n_shared, luck)
    z_mx = _gaussian(u_m, settings.n_individuals, settings.n_private, luck)
    z_my = luck.standard_normal((len(cells), settings.n_private))
    x, x_hears = _observe(settings, z_c, z_mx, settings.n_x, luck)
    y, y_hears = _observe(settings, z_c, z_my, settings.n_y, luck)
    c, mx, my = (v.astype(np.float32) for v in (z_c, z_mx, z_my))
    return TwoModalities(x, y, u_m, u_c, c, mx, my, x_hears, y_hears)


def _gaussian(u: NDArray[np.int64], n_u: int, n_latents: int, luck: np.random.Generator) -> Doubles:
    mean, deviation = luck.uniform(-2, 2, (n_u, n_latents)), luck.uniform(0.4, 2, (n_u, n_latents))
    z = mean[u] + deviation[u] * luck.standard_normal((len(u), n_latents))
    return np.asarray((z - z.mean(axis=0)) / z.std(axis=0))


def _observe(
    settings: TwoModalitySettings, shared: Doubles, private: Doubles, n_out: int, luck: np.random.Generator
) -> tuple[Floats, NDArray[np.bool_]]:
    if settings.planted:
        half = n_out // 2
        parts = [
            mixed(shared, half, settings.mixing, luck),
            mixed(private, n_out - half, settings.mixing, luck),
        ]
        order = luck.permutation(n_out)
        clean, hears = np.hstack(parts)[:, order], (np.arange(n_out) < half)[order]
    else:
        clean = mixed(np.hstack([shared, private]), n_out, settings.mixing, luck)
        hears = np.ones(n_out, bool)
    noisy = clean + settings.noise * clean.std() * luck.standard_normal(clean.shape)
    return ((noisy - noisy.mean(axis=0)) / noisy.std(axis=0)).astype(np.float32), hears
