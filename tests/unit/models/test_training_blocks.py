"""Held-out blocks: never split, every one judged once, whole trials decided by all their windows."""

from __future__ import annotations

import numpy as np
import pytest

from models.training.blocks import block_score, folds
from pipelines.errors import ModelError


@pytest.mark.parametrize("n", [2, 3, 6, 7, 20])
def test_every_block_judges_once_and_never_teaches_itself(n: int) -> None:
    blocks = list(range(10, 10 + n))
    found = list(folds(blocks))
    assert sorted(one for _, judged in found for one in judged) == blocks
    assert all(learnt.isdisjoint(judged) and learnt | judged == set(blocks) for learnt, judged in found)


def test_one_block_cannot_be_judged() -> None:
    with pytest.raises(ModelError, match="1 block"):
        list(folds([3]))


TRIAL = np.repeat(np.arange(12), 3)
LABEL = np.tile([0, 1], 6)
BLOCK = np.repeat(np.arange(3), 4)


def test_a_perfect_decoder_scores_one_and_a_constant_one_chance() -> None:
    def perfect(learnt: np.ndarray, judged: np.ndarray) -> np.ndarray:
        assert set(BLOCK[TRIAL[learnt]]).isdisjoint(BLOCK[TRIAL[judged]])
        return np.eye(2)[LABEL[TRIAL[judged]]]

    assert block_score(perfect, TRIAL, LABEL, BLOCK, 2).by_block == (1.0, 1.0, 1.0)
    constant = block_score(lambda _, judged: np.tile([0.9, 0.1], (len(judged), 1)), TRIAL, LABEL, BLOCK, 2)
    assert constant.mean == 0.5
    assert (constant.low, constant.high) == (0.5, 0.5)


def test_a_trial_is_decided_by_all_its_windows() -> None:
    def one_wrong_window(learnt: np.ndarray, judged: np.ndarray) -> np.ndarray:
        p = np.where(np.eye(2)[LABEL[TRIAL[judged]]] > 0, 0.8, 0.2)
        p[judged % 3 == 0] = p[judged % 3 == 0, ::-1]
        return p

    assert block_score(one_wrong_window, TRIAL, LABEL, BLOCK, 2).mean == 1.0


def test_a_block_without_windows_is_left_out() -> None:
    rows = BLOCK[TRIAL] != 1
    score = block_score(lambda _, j: np.eye(2)[LABEL[TRIAL[rows][j]]], TRIAL[rows], LABEL, BLOCK, 2)
    assert score.by_block == (1.0, 1.0)
