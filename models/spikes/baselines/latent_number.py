"""How many latents a match without labels is given: a rule that looks at nothing of the unseen animal.

Half of the units and half of the trials of a session that is learned from stand for the animal with labels, the other
halves for the one without. The number whose match names most conditions of the second half rightly is taken; of equals
the smallest.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from models.spikes.baselines.matching_spaces import condition_means
from models.spikes.baselines.mixture_space import by_mixture, nearest
from models.spikes.baselines.reduction import How, Reduction
from models.spikes.trial_set import TrialSet
from pipelines.errors import ModelError

CANDIDATES = (3, 4, 6, 8, 12, 16, 20)
N_SPLITS = 6


def for_mixture(trials: TrialSet, sigma_bins: float, how: How, seed: int = 0, n_splits: int = N_SPLITS) -> int:
    """Return the number of latents for :func:`models.spikes.baselines.mixture_space.by_mixture`.

    Parameters
    ----------
    trials
        A session with labels.
    sigma_bins, how
        Of the reduction.
    seed
        Of the halves and of the search.
    n_splits
        Pairs of halves.

    Raises
    ------
    ModelError
        If a condition has fewer than four trials: its halves would tell nothing of noise.
    """
    names, often = np.unique(trials.labels, return_counts=True)
    if often.min() < 4:
        raise ModelError(f"number of latents by halves: condition {names[often.argmin()]!r} has fewer than four trials")
    candidates = [n for n in CANDIDATES if n <= trials.units.n_units // 2]
    luck = np.random.default_rng(seed)
    pairs = [_halves(trials, luck) for _ in range(n_splits)]
    right = [np.mean([_right(pair, n, sigma_bins, how, seed) for pair in pairs]) for n in candidates]
    return candidates[int(np.argmax(right))]


def _halves(trials: TrialSet, luck: np.random.Generator) -> Sequence[TrialSet]:
    """Return two halves that share neither a unit nor a trial; each has every condition about equally often."""
    units = np.array_split(luck.permutation(trials.units.n_units), 2)
    order = luck.permutation(trials.n_trials)
    order = order[np.argsort(trials.labels[order], kind="stable")]
    return [trials.take(np.sort(order[half::2])).take_units(units[half]) for half in (0, 1)]


def _right(pair: Sequence[TrialSet], n_latents: int, sigma_bins: float, how: How, seed: int) -> float:
    here, there = ((t, np.asarray(Reduction.of(t, n_latents, sigma_bins, how)(t))) for t in pair)
    table = condition_means(here[1], here[0].labels)
    names: NDArray[np.str_] = np.array(list(table))
    means = np.stack(list(table.values()))
    variance = float((here[1] - means[np.searchsorted(names, here[0].labels)]).var())
    turned = there[1] @ by_mixture(there[1], means, variance, seed)
    return float(np.mean(names[nearest(turned, means)] == there[0].labels))
