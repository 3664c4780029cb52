"""One animal over days: tuning turns, gains change, units are lost and others come."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np

from models.spikes.simulation.reach import Doubles, ReachSettings, Tuned, population, record
from models.spikes.trial_set import TrialSet
from models.spikes.units import Units


@dataclass(frozen=True, slots=True)
class DriftSettings:
    """What changes from one day to the next.

    Parameters
    ----------
    reach
        The task and the units of the first day.
    turn
        Deviation of the change of a preferred direction in a day (rad).
    gain_sigma
        Deviation of the change of the logarithm of a unit's rate in a day.
    replaced
        Share of units lost in a day, with as many new ones in their place on the array, under new names.
    """

    reach: ReachSettings = field(default_factory=ReachSettings)
    turn: float = 0.06
    gain_sigma: float = 0.15
    replaced: float = 0.1


def days(settings: DriftSettings, animal: int, n_days: int, seed: int = 0) -> list[TrialSet]:
    """Return sessions of consecutive days; units that stay keep their names.

    Parameters
    ----------
    settings
        See :class:`DriftSettings`.
    animal, seed
        As in :func:`models.spikes.simulation.reach.reach`.
    n_days
        How many; the first is day 0, without drift.
    """
    luck = np.random.default_rng([seed, animal, 1])
    tuned = population(settings.reach, animal, luck)
    sessions = [record(settings.reach, tuned, luck)]
    for day in range(1, n_days):
        tuned = _next(settings, tuned, animal, day, luck)
        sessions.append(record(settings.reach, tuned, luck))
    return sessions


def _next(settings: DriftSettings, tuned: Tuned, animal: int, day: int, luck: np.random.Generator) -> Tuned:
    n_units = tuned.units.n_units
    turned = np.concatenate(
        [
            _turn(pair, settings.turn * luck.standard_normal(n_units))
            for pair in np.split(tuned.weights, _pairs(tuned), 1)
        ],
        axis=1,
    )
    base = tuned.base_hz * np.exp(settings.gain_sigma * luck.standard_normal(n_units))
    lost = np.flatnonzero(luck.random(n_units) < settings.replaced)
    fresh = population(replace(settings.reach, units=(n_units, n_units)), animal, luck)
    old = tuned.units
    ids = np.array(old.ids, dtype=object)
    positions, descriptors = old.positions.copy(), old.descriptors.copy()
    turned[lost], base[lost] = fresh.weights[lost], fresh.base_hz[lost]
    ids[lost] = [f"{animal}-{row} of day {day}" for row in lost]
    positions[lost], descriptors[lost] = fresh.units.positions[lost], fresh.units.descriptors[lost]
    table = Units(old.subject, str(day), tuple(map(str, ids)), positions, descriptors, old.descriptor_names)
    return Tuned(table, turned, base)


def _pairs(tuned: Tuned) -> int:
    return int(tuned.weights.shape[1]) // 2


def _turn(pair: Doubles, angle: Doubles) -> Doubles:
    cosine, sine = np.cos(angle), np.sin(angle)
    return np.stack([cosine * pair[:, 0] - sine * pair[:, 1], sine * pair[:, 0] + cosine * pair[:, 1]], axis=1)
