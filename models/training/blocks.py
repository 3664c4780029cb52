"""How good a decoder is on a run of trials: blocks are held out in turn, and never split between training and test.

Neighbouring trials share drift, electrodes and tiredness, and windows of one trial overlap: drawn at random, they would
flatter every decoder.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from models.statistics import interval
from pipelines.errors import ModelError

Rows = NDArray[np.int64]
Learn = Callable[[Rows, Rows], NDArray[np.float64]]
"""Rows of windows to learn from, and to judge: probabilities (n_judged, n_classes)."""
MAX_FOLDS = 6


@dataclass(frozen=True, slots=True)
class BlockScore:
    """Balanced accuracy of whole trials, by block, its mean and the 95 % interval of the mean over blocks."""

    by_block: tuple[float, ...]
    mean: float
    low: float
    high: float

    def sentence(self) -> str:
        """Return it in words."""
        return f"{self.mean:.3f} ({self.low:.3f} – {self.high:.3f})"


def folds(blocks: Sequence[int]) -> Iterator[tuple[set[int], set[int]]]:
    """Yield blocks to learn from and to judge by; every block judges once.

    Raises
    ------
    ModelError
        If there are fewer than two blocks.
    """
    if len(blocks) < 2:
        raise ModelError(f"{len(blocks)} block of trials cannot be held out and learnt from at once: two are needed")
    n_folds = min(MAX_FOLDS, len(blocks))
    for fold in range(n_folds):
        judged = set(blocks[fold::n_folds])
        yield set(blocks) - judged, judged


def block_score(learn: Learn, trial: Rows, label_of_trial: Rows, block_of_trial: Rows, n_classes: int) -> BlockScore:
    """Judge a decoder on the windows of trials.

    Parameters
    ----------
    learn
        Learns from some windows and judges others.
    trial
        Number of the trial of each window, (n_windows,).
    label_of_trial, block_of_trial
        Class number and block of each trial, (n_trials,).
    n_classes
        How many classes there are.

    Raises
    ------
    ModelError
        If there are fewer than two blocks.
    """
    decided = np.full(len(label_of_trial), -1, dtype=np.int64)
    block = block_of_trial[trial]
    for learnt, judged in folds(np.unique(block).tolist()):
        rows = np.flatnonzero(np.isin(block, list(judged)))
        p = learn(np.flatnonzero(np.isin(block, list(learnt))), rows)
        total = np.zeros((len(label_of_trial), n_classes))
        np.add.at(total, trial[rows], p)
        seen = np.unique(trial[rows])
        decided[seen] = total[seen].argmax(axis=1)
    scores = []
    for one in np.unique(block):
        mine = (block_of_trial == one) & (decided >= 0)
        right = decided[mine] == label_of_trial[mine]
        shares = [right[label_of_trial[mine] == code].mean() for code in np.unique(label_of_trial[mine])]
        scores.append(float(np.mean(shares)))
    low, high = interval(np.array(scores))
    return BlockScore(tuple(scores), float(np.mean(scores)), low, high)
