"""Two monkeys: learn directions on one with labels, read them on the other without.

The monkeys were not recorded together as far as anybody says, so trials are never paired. All three conditions of a
monkey make one session: its units are the same in all of them. A linear discriminant learns from the latents of one
monkey and names the directions of the other. Two tests: ``p`` shuffles the true directions within each round of eight
trials, because trials were given in rounds; ``turn`` is the rank of the true names among the 16 ways to turn and
mirror the ring of directions (1: the best), because a model may find the ring and not know which way it points; trials
are then no independent witnesses.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis

from models.spikes.bench.problem import Job, Problem
from models.spikes.bench.rows import MONKEYS, Table, model, select
from models.spikes.latent_model import seen
from models.spikes.loader import SpikeLoader
from models.spikes.trial_set import TrialSet, cut
from models.training.task import Progress
from pipelines.plugins import make

BIN_S, N_BINS, ROUND = 0.05, 11, 8
N_DRAWS, N_FOLDS = 999, 8
WITHIN = "within the monkey, labels"


def monkeys(folder: Path) -> dict[str, TrialSet]:
    """Return all trials of each monkey, with a covariate ``direction``: cosine and sine, the same in every bin."""
    loader: SpikeLoader = make("spike_recordings", {"kind": "monkey_two", "folder": str(folder)})
    parts: dict[str, list[TrialSet]] = {}
    for key in loader.keys():
        trials = cut(loader.read(key), BIN_S, N_BINS)
        parts.setdefault(key.subject, []).append(replace(trials, ids=tuple(f"{key.run} {name}" for name in trials.ids)))
    return {monkey: _joined(some) for monkey, some in parts.items()}


def _joined(parts: list[TrialSet]) -> TrialSet:
    labels = np.concatenate([part.labels for part in parts])
    angle = 2 * np.pi * np.array([int(label.split()[-1]) for label in labels]) / ROUND
    direction = np.stack([np.cos(angle), np.sin(angle)], axis=1).astype(np.float32)
    return TrialSet(
        replace(parts[0].units, session="all conditions"),
        BIN_S,
        np.concatenate([part.counts for part in parts]),
        labels,
        tuple(name for part in parts for name in part.ids),
        {"direction": np.repeat(direction[:, None], N_BINS, axis=1)},
    )


def problem(folder: Path, rows: Iterable[str] = ()) -> Problem:
    """Return the problem; seeds are those of the models."""
    table = {**MONKEYS, WITHIN: {}}
    jobs = {name: _job(folder, row) for name, row in select(table, rows).items()}
    told = {"bin_s": BIN_S, "bins": N_BINS, "draws": N_DRAWS, "chance": 1 / ROUND}
    return Problem(
        "monkey_two", told, jobs, ("K to S", "K to S, p", "K to S, turn", "S to K", "S to K, p", "S to K, turn")
    )


def _job(folder: Path, table: Table) -> Job:
    def job(seed: int, progress: Progress) -> Mapping[str, float]:
        both, figures = monkeys(folder), {}
        for learned, unseen in (("K", "S"), ("S", "K")):
            trials = both[unseen]
            said = _across(table, both[learned], trials, seed, progress) if table else _within(trials, seed)
            figures[f"{learned} to {unseen}"] = float(np.mean(said == trials.labels))
            figures[f"{learned} to {unseen}, p"] = permutation_p(said, trials.labels, seed)
            figures[f"{learned} to {unseen}, turn"] = float(rank_among_turns(said, trials.labels))
        return figures

    return job


def _across(table: Table, learned: TrialSet, unseen: TrialSet, seed: int, progress: Progress) -> NDArray[np.str_]:
    """Return the directions said; a model that needs conditions gets those of the other trials, fold by fold."""
    fitted = model(table, covariate="direction")
    fitted.fit([learned], seed, progress)
    decoder = _discriminant(fitted.latents(learned.unlabelled(), None), learned.labels)
    if fitted.needs != "conditions":
        # Unlabelled trials of the unseen monkey are all there is, the judged ones among them: no label is touched.
        latents = fitted.latents(unseen.unlabelled(), seen(unseen, fitted.needs))
        return np.asarray(decoder.predict(latents.reshape(len(latents), -1)))
    said = np.empty_like(unseen.labels)
    for fold in np.unique(_folds(unseen)):
        test = np.flatnonzero(_folds(unseen) == fold)
        others = np.flatnonzero(_folds(unseen) != fold)
        latents = fitted.latents(unseen.take(test).unlabelled(), seen(unseen.take(others), fitted.needs))
        said[test] = decoder.predict(latents.reshape(len(latents), -1))
    return said


def _within(trials: TrialSet, seed: int) -> NDArray[np.str_]:
    """Return the directions that a discriminant of summed counts says, learned on other rounds of the same monkey."""
    counts = np.sqrt(trials.counts.sum(axis=1, keepdims=True))
    said = np.empty_like(trials.labels)
    for fold in np.unique(_folds(trials)):
        test = _folds(trials) == fold
        said[test] = _discriminant(counts[~test], trials.labels[~test]).predict(counts[test][:, 0])
    return said


def _folds(trials: TrialSet) -> NDArray[np.int64]:
    """Return the fold of each trial: whole rounds of eight stay together."""
    return np.asarray(np.arange(trials.n_trials) // ROUND % N_FOLDS)


def _discriminant(latents: NDArray[Any], labels: NDArray[np.str_]) -> Any:
    return LinearDiscriminantAnalysis(solver="lsqr", shrinkage="auto").fit(latents.reshape(len(latents), -1), labels)


def permutation_p(said: NDArray[np.str_], truth: NDArray[np.str_], seed: int) -> float:
    """Return the p that directions said are no better than chance: truth is shuffled within each round of eight."""
    luck = np.random.default_rng(seed)
    observed, higher = np.mean(said == truth), 0
    rounds = truth.reshape(-1, ROUND)
    for _ in range(N_DRAWS):
        higher += int(np.mean(said == luck.permuted(rounds, axis=1).ravel()) >= observed)
    return (1 + higher) / (1 + N_DRAWS)


def rank_among_turns(said: NDArray[np.str_], truth: NDArray[np.str_]) -> int:
    """Return the place of the true names among all turns and mirror images of the ring of directions, 1 to 16."""
    a, b = (np.array([int(str(label).split()[-1]) for label in labels]) for labels in (said, truth))
    observed = int(np.sum(a == b))
    others = [int(np.sum((side * a + turn - b) % ROUND == 0)) for side in (1, -1) for turn in range(ROUND)]
    return 1 + sum(other > observed for other in others)
