"""What networks say of people whom they have not met: the ground of calibration and trust."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from models.benchmark.folds import Fold, Rows
from models.benchmark.settings.table import Unit, names_of, within
from models.benchmark.windows import Prepared
from models.cross_spectra import CrossSpectra
from models.training.trust import Judged, trust_from
from models.training.workload import BANDS_HZ, N_TAPERS
from models.trust import Trust
from pipelines.errors import ConfigError

Floats = NDArray[np.float64]
MOST_WINDOWS = 200
"""Of a person, spread over all: more teach nothing about what is familiar, and cost memory."""


def inner_folds(prepared: Prepared, fold: Fold, unit: Unit, n_groups: int, seed: int) -> list[Fold]:
    """Split those who teach into groups: a fold for each, with the others as teachers and the group as test.

    Raises
    ------
    ConfigError
        If there are fewer who teach than groups, or one group would leave nobody to teach.
    """
    if not n_groups:
        return []
    names = names_of(prepared, fold.train, unit)
    if not 2 <= n_groups <= len(names):
        raise ConfigError(f"{prepared.about.title}: trust: groups = {n_groups}: must be 2 to {len(names)}, the number "
                          f"of {unit}s who teach, or 0")  # fmt: skip
    drawn = [names[i] for i in np.random.default_rng(seed).permutation(len(names))]
    return [
        replace(
            fold,
            name=f"without group {g + 1}",
            train=within(prepared, fold.train, unit, [name for name in drawn if name not in drawn[g::n_groups]]),
            test=within(prepared, fold.train, unit, drawn[g::n_groups]),
        )
        for g in range(n_groups)
    ]


def learned_trust(prepared: Prepared, unit: Unit, rows: Rows, probabilities: Floats, taught: Rows) -> Trust:
    """Learn sets and risk from people left out, and from all who taught which signals are familiar.

    Parameters
    ----------
    prepared, unit
        The data, and the column whose names count as people.
    rows, probabilities
        Windows of people left out (n_windows,) and what was said of them (n_windows, n_classes).
    taught
        Windows of all who taught.

    Raises
    ------
    ModelError
        If there are fewer people than two.
    RateMismatch
        If windows are too short for the bands of the familiarity.
    """
    parts = [np.flatnonzero(np.isin(rows, mine)) for mine in by_unit(prepared, rows, unit).values()]
    truth = prepared.targets(rows)
    covariances = [covariances_of(prepared, mine) for mine in by_unit(prepared, taught, unit).values()]
    return trust_from([probabilities[i] for i in parts], [truth[i] for i in parts], covariances)


def judged_by_trust(prepared: Prepared, unit: Unit, rows: Rows, probabilities: Floats, trust: Trust) -> list[Judged]:
    """Apply trust to windows (n_windows,) of people who had no part in it, of two classes."""
    found = []
    for name, mine in by_unit(prepared, rows, unit).items():
        p = probabilities[np.isin(rows, mine)]
        distances = trust.familiarity(covariances_of(prepared, mine))
        found.append(Judged(name, prepared.targets(mine), p[:, 1], trust.sets.members(p), distances))
    return found


def by_unit(prepared: Prepared, rows: Rows, unit: Unit) -> dict[str, Rows]:
    """Return the rows of each name in a column, in their order."""
    return {name: within(prepared, rows, unit, [name]) for name in names_of(prepared, rows, unit)}


def covariances_of(prepared: Prepared, rows: Rows) -> Floats:
    """Return band covariances (n_windows, n_bands, n_channels, n_channels) of windows as the decoder gets them."""
    kept = rows[np.unique(np.linspace(0, len(rows) - 1, MOST_WINDOWS).round().astype(int))]
    spectra = CrossSpectra(prepared.spec.rate_hz, prepared.samples.shape[1], BANDS_HZ, N_TAPERS)
    return np.array([spectra.covariances(window.T) for window in prepared.windows(kept)])
