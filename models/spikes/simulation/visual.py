"""Visual cortex that watches films: units are pairs of Gabor filters in quadrature, running raises all rates.

Where a unit lies on the cortex says where it looks (retinotopy) and which orientation it likes, in the same way in
every animal. Films are procedural: a grating patch drifts over a grey screen, turns, and changes its contrast.
All animals of an experiment may see the same films.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from models.spikes.trial_set import TrialSet
from models.spikes.units import Floats, Units

Doubles = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class VisualSettings:
    """Films and units.

    Parameters
    ----------
    size
        Pixels of a film's side.
    n_clips, repeats
        Different films, and how often each is shown to an animal.
    n_bins, bin_s
        Frames of a film, and the time of one (s).
    units
        Fewest and most units of an animal.
    base_hz, gain_sigma
        Median rate on a grey screen, and the spread of its logarithm.
    drive_hz
        Median rate that a perfect stimulus adds.
    running_gain
        Share by which running at one deviation above the mean raises all rates.
    position_noise
        Deviation of a unit's coordinates from where it truly lies; the sheet is 1 mm wide.
    """

    size: int = 16
    n_clips: int = 24
    repeats: int = 2
    n_bins: int = 20
    bin_s: float = 1 / 15
    units: tuple[int, int] = (80, 120)
    base_hz: float = 1.0
    gain_sigma: float = 0.5
    drive_hz: float = 30.0
    running_gain: float = 0.3
    position_noise: float = 0.02


def films(settings: VisualSettings, seed: int = 0) -> tuple[Floats, Floats]:
    """Return films (n_clips, n_bins, size, size), grey is 0, and what they are made of (n_clips, n_bins, 4).

    The latents are where the patch is (x, y from -1 to 1), and contrast times cosine and sine of twice its orientation.
    """
    luck = np.random.default_rng([seed, 7])
    where = np.stack([_smooth(settings, luck) for _ in range(2)], axis=-1)
    where /= 1.2 * np.abs(where).max(axis=(0, 1))
    angle = np.pi * (luck.random(settings.n_clips)[:, None] + 0.3 * _smooth(settings, luck))
    contrast = 0.6 + 0.3 * np.tanh(_smooth(settings, luck))
    phase = 2 * np.pi * (luck.random(settings.n_clips)[:, None] + 2.0 * settings.bin_s * np.arange(settings.n_bins))
    x, y = _grid(settings.size)
    dx, dy = x - where[..., 0, None, None], y - where[..., 1, None, None]
    along = dx * np.cos(angle)[..., None, None] + dy * np.sin(angle)[..., None, None]
    window = np.exp(-(dx**2 + dy**2) / (2 * 0.35**2))
    film = contrast[..., None, None] * window * np.cos(2 * np.pi * 1.5 * along + phase[..., None, None])
    turned = contrast[..., None] * np.stack([np.cos(2 * angle), np.sin(2 * angle)], axis=-1)
    return film.astype(np.float32), np.concatenate([where, turned], axis=-1).astype(np.float32)


def watch(settings: VisualSettings, animal: int, seed: int = 0, film_seed: int | None = None) -> TrialSet:
    """Return one session of one animal.

    Parameters
    ----------
    settings
        See :class:`VisualSettings`.
    animal, seed
        The same arguments give the same bits.
    film_seed
        Of the films; None: ``seed``, so that all animals of an experiment see the same ones.
    """
    film, latent = films(settings, seed if film_seed is None else film_seed)
    luck = np.random.default_rng([seed, animal, 8])
    n_units = int(luck.integers(settings.units[0], settings.units[1] + 1))
    sheet = luck.uniform(0, 1, (n_units, 3))
    even, odd = _filters(settings.size, sheet)
    energy = np.sqrt(
        np.square(film.reshape(*film.shape[:2], -1) @ even) + np.square(film.reshape(*film.shape[:2], -1) @ odd)
    )
    clip = luck.permutation(np.repeat(np.arange(settings.n_clips), settings.repeats))
    running = np.stack([_smooth(settings, luck)[0] for _ in clip])
    gain = np.exp(settings.gain_sigma * luck.standard_normal(n_units))
    drive = (settings.base_hz + settings.drive_hz * energy[clip]) * gain
    rates = drive * np.maximum(1.0 + settings.running_gain * running, 0.1)[..., None]
    counts = luck.poisson(rates * settings.bin_s).astype(np.float32)
    table = Units(
        f"animal {animal}",
        "0",
        tuple(f"{animal}-{number}" for number in range(n_units)),
        (sheet + settings.position_noise * luck.standard_normal(sheet.shape)).astype(np.float32),
        np.empty((n_units, 0), np.float32),
    )
    return TrialSet(
        table,
        settings.bin_s,
        counts,
        np.array([f"clip {c}" for c in clip]),
        tuple(f"trial {number}" for number in range(len(clip))),
        {"video": film[clip], "running": running[..., None].astype(np.float32)},
        {"latent": latent[clip]},
    )


def receptive_fields(sheet: Floats | Doubles) -> tuple[Doubles, Doubles]:
    """Return where units look (n_units, 2), -1 to 1, and the orientation they like (rad), from where they lie."""
    return 1.8 * (np.asarray(sheet, np.float64)[:, :2] - 0.5), np.pi * np.asarray(sheet, np.float64)[:, 2]


def _filters(size: int, sheet: Doubles) -> tuple[Doubles, Doubles]:
    """Return even and odd Gabor filters (size², n_units) of unit norm."""
    centre, angle = receptive_fields(sheet)
    x, y = _grid(size)
    dx, dy = x[..., None] - centre[:, 0], y[..., None] - centre[:, 1]
    along = dx * np.cos(angle) + dy * np.sin(angle)
    window = np.exp(-(dx**2 + dy**2) / (2 * 0.3**2))
    pair = [window * wave(2 * np.pi * 1.5 * along) for wave in (np.cos, np.sin)]
    flat = [(v - window * (v.sum((0, 1)) / window.sum((0, 1)))).reshape(size * size, -1) for v in pair]
    return flat[0] / np.linalg.norm(flat[0], axis=0), flat[1] / np.linalg.norm(flat[1], axis=0)


def _grid(size: int) -> tuple[Doubles, Doubles]:
    line = np.linspace(-1, 1, size)
    y, x = np.meshgrid(line, line, indexing="ij")
    return x, y


def _smooth(settings: VisualSettings, luck: np.random.Generator) -> Doubles:
    """Return slow noise (n_clips, n_bins) of unit variance: white noise under a Gaussian of 0.2 s."""
    reach = max(1, round(0.2 / settings.bin_s))
    kernel = np.exp(-0.5 * (np.arange(-3 * reach, 3 * reach + 1) / reach) ** 2)
    kernel /= np.linalg.norm(kernel)
    noise = luck.standard_normal((settings.n_clips, settings.n_bins + 6 * reach))
    return np.stack([np.convolve(row, kernel, "valid") for row in noise])
