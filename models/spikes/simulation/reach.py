"""Centre-out reaches of animals whose units are tuned to velocity, and to position where four latents are asked for.

Speed rises faster than it falls (a gamma curve), so that time does not run the same both ways. Rates are
``base · exp(w·z)`` with log-normal bases, counts are Poisson. There are two worlds:

- ``informative``: what a unit prefers is a smooth function of where it lies, the same in all animals; how deep its
  tuning is shows in the width of its waveform. An unseen animal can be read without fitting.
- ``anonymous``: the same table, but it says nothing, and preferred directions are uniform. Every rotation of the
  latents is then equally likely: nobody can recover them but up to a rotation.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from models.spikes.trial_set import TrialSet
from models.spikes.units import Floats, Units
from pipelines.errors import ConfigError

Tuning = Literal["informative", "anonymous"]
Doubles = NDArray[np.float64]
DESCRIPTORS = ("width_ms", "amplitude")
MAX_RATE_HZ = 300.0


@dataclass(frozen=True, slots=True)
class ReachSettings:
    """What animals do and what their units are like.

    Parameters
    ----------
    tuning
        Whether the table of units tells their tuning; see the module.
    n_latents
        2: velocity; 4: velocity and position.
    n_directions, repeats
        Targets, and trials to each.
    n_bins, bin_s
        Of a trial; width in s.
    units
        Fewest and most units of an animal, before any are dropped.
    base_hz, gain_sigma
        Median rate at rest, and the spread of its logarithm.
    dropped
        Share of units that never fire.
    descriptor_noise
        Deviation of what the table says from what is true; the sheet is 1 mm wide.
    direction_jitter
        Deviation of a reach from its target (rad).
    gain_drift
        Deviation of a slow modulation of the logarithm of all rates, common to the units of one animal.
    """

    tuning: Tuning = "informative"
    n_latents: Literal[2, 4] = 2
    n_directions: int = 8
    repeats: int = 12
    n_bins: int = 40
    bin_s: float = 0.02
    units: tuple[int, int] = (50, 90)
    base_hz: float = 10.0
    gain_sigma: float = 0.5
    dropped: float = 0.1
    descriptor_noise: float = 0.02
    direction_jitter: float = 0.15
    gain_drift: float = 0.1

    def __post_init__(self) -> None:
        if not 2 <= self.units[0] <= self.units[1]:
            raise ConfigError(f"reach: units = {self.units}: the fewest (at least 2) and the most")


@dataclass(frozen=True, slots=True, eq=False)
class Tuned:
    """What a population is: its table, weights (n_units, n_latents) on unit latents, and rates at rest (Hz)."""

    units: Units
    weights: Doubles
    base_hz: Doubles


def reach(settings: ReachSettings, animal: int, seed: int = 0) -> TrialSet:
    """Return one session of one animal; animals differ in their units and in their reaches, not in the world.

    Parameters
    ----------
    settings
        See :class:`ReachSettings`.
    animal
        Its number.
    seed
        Of the whole experiment: the same three arguments give the same bits.
    """
    luck = np.random.default_rng([seed, animal])
    return record(settings, population(settings, animal, luck), luck)


def population(settings: ReachSettings, animal: int, luck: np.random.Generator, session: str = "0") -> Tuned:
    """Draw the units of one animal, in random order."""
    n_units = int(luck.integers(settings.units[0], settings.units[1] + 1))
    ids = tuple(f"{animal}-{number}" for number in range(n_units))
    sheet, width = luck.uniform(0, 1, (n_units, 3)), luck.uniform(0.2, 0.8, n_units)
    weights = _weights(settings.n_latents, sheet, width)
    base = settings.base_hz * np.exp(settings.gain_sigma * luck.standard_normal(n_units))
    base[luck.random(n_units) < settings.dropped] = 0.0
    if settings.tuning == "anonymous":
        # The table is that of other units: it looks the same and says nothing.
        sheet, width = luck.uniform(0, 1, (n_units, 3)), luck.uniform(0.2, 0.8, n_units)
    noise = settings.descriptor_noise
    table = Units(
        f"animal {animal}",
        session,
        ids,
        (sheet + noise * luck.standard_normal(sheet.shape)).astype(np.float32),
        np.stack([width + noise * luck.standard_normal(n_units), luck.gamma(4.0, 0.25, n_units)], 1).astype(np.float32),
        DESCRIPTORS,
    )
    return Tuned(table, weights, base)


def _weights(n_latents: int, sheet: Doubles, width: Doubles) -> Doubles:
    """Return weights of units by where they lie (n_units, 3) and their width (n_units,), the same map in all animals.

    The preferred direction is uniform where the sheet is: it is monotone in x for every y.
    """
    direction = 2 * np.pi * (sheet[:, 0] + 0.15 * np.sin(2 * np.pi * sheet[:, 1]))
    depth = 0.2 + 0.8 * width
    weights = depth[:, None] * np.stack([np.cos(direction), np.sin(direction)], axis=1)
    if n_latents == 4:
        other = 2 * np.pi * sheet[:, 2]
        weights = np.hstack([weights, 0.6 * depth[:, None] * np.stack([np.cos(other), np.sin(other)], axis=1)])
    return np.asarray(weights)


def record(settings: ReachSettings, tuned: Tuned, luck: np.random.Generator) -> TrialSet:
    """Let an animal reach and record its population."""
    directions = luck.permutation(np.tile(np.arange(settings.n_directions), settings.repeats))
    latent = reaches(settings, directions, luck)
    common = _slow(len(directions), settings.n_bins, luck) * settings.gain_drift
    counts = luck.poisson(rates_hz(tuned, latent, common) * settings.bin_s).astype(np.float32)
    kinematics: dict[str, Floats] = {"velocity": latent[..., :2].astype(np.float32)}
    if settings.n_latents == 4:
        kinematics["position"] = latent[..., 2:].astype(np.float32)
    return TrialSet(
        tuned.units,
        settings.bin_s,
        counts,
        np.array([f"direction {d}" for d in directions]),
        tuple(f"trial {number}" for number in range(len(directions))),
        kinematics,
        {"latent": latent.astype(np.float32)},
    )


def rates_hz(tuned: Tuned, latent: Doubles, common: Doubles | float = 0.0) -> Doubles:
    """Return rates (n_trials, n_bins, n_units) at latents (n_trials, n_bins, n_latents).

    Parameters
    ----------
    common
        Modulation of the logarithm of all rates, (n_trials, n_bins).
    """
    rates = tuned.base_hz * np.exp(latent @ tuned.weights.T + np.asarray(common)[..., None])
    return np.asarray(np.minimum(rates, MAX_RATE_HZ))


def reaches(settings: ReachSettings, directions: NDArray[np.int64], luck: np.random.Generator) -> Doubles:
    """Return latents (n_trials, n_bins, n_latents) of reaches: every latent has a mean square of about 1."""
    n_trials = len(directions)
    angle = 2 * np.pi * directions / settings.n_directions + settings.direction_jitter * luck.standard_normal(n_trials)
    duration_s = settings.n_bins * settings.bin_s
    onset = luck.uniform(0.1, 0.25, n_trials) * duration_s
    rise = luck.uniform(0.08, 0.12, n_trials) * duration_s
    since = (np.arange(settings.n_bins) + 0.5) * settings.bin_s - onset[:, None]
    x = np.maximum(since, 0.0) / rise[:, None]
    speed = (x / 2) ** 2 * np.exp(2.0 - x) * luck.uniform(0.8, 1.2, n_trials)[:, None]  # peaks at 1, two rises in
    # A slight curve: the hand comes in on a bow, to one side or the other.
    bend = 0.3 * luck.standard_normal(n_trials)[:, None] * (x / 6 - 0.5)
    heading = angle[:, None] + bend
    velocity = speed[..., None] * np.stack([np.cos(heading), np.sin(heading)], axis=-1)
    parts = [velocity / np.sqrt(np.mean(velocity**2))]
    if settings.n_latents == 4:
        position = np.cumsum(velocity, axis=1)
        parts.append(position / np.sqrt(np.mean(position**2)))
    return np.concatenate(parts, axis=-1)


def _slow(n_trials: int, n_bins: int, luck: np.random.Generator) -> Doubles:
    """Return a modulation that wanders over a session, (n_trials, n_bins), with unit variance."""
    steps = luck.standard_normal((n_trials, 1))
    walk = np.empty_like(steps)
    last = luck.standard_normal(1)
    for number, step in enumerate(steps):
        last = 0.95 * last + np.sqrt(1 - 0.95**2) * step
        walk[number] = last
    return np.repeat(walk, n_bins, axis=1)
