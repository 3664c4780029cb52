"""Decisions: their hash, their doubts, and that older ones are what they were."""

from __future__ import annotations

from dataclasses import replace

import pytest

from pipelines.decision import Decision, DecisionHash

PLAIN = Decision(7, 1.0, 3.0, ("rest", "work"), (0.25, 0.75), "m-1")
TOLD = replace(PLAIN, prediction_set=("work",), unfamiliarity=0.5)


def hashed(*decisions: Decision) -> str:
    digest = DecisionHash()
    for decision in decisions:
        digest.update(decision)
    return digest.hexdigest()


def test_decisions_without_sets_keep_the_hash_they_always_had() -> None:
    assert hashed(PLAIN) == "1341f45d44c94064657c7df761f94040e7cd7f909019b5c00712192d4f15d05f"


@pytest.mark.parametrize(
    "change",
    [
        {"prediction_set": ("rest", "work")},
        {"prediction_set": ()},
        {"unfamiliarity": 0.5000000000000001},
        {"unfamiliarity": None},
        {"unfamiliar": "spectrum"},
        {"probabilities": (0.25, 0.7500000000000001)},
    ],
)
def test_everything_that_was_decided_is_in_the_hash(change: dict[str, object]) -> None:
    assert hashed(TOLD) != hashed(replace(TOLD, **change))  # type: ignore[arg-type]


def test_clock_times_are_not_in_the_hash_and_stamping_changes_nothing_else() -> None:
    assert hashed(TOLD) == hashed(TOLD.stamped(99.0))
    assert replace(TOLD.stamped(99.0), decided_at_s=0.0) == TOLD


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({}, ""),
        ({"prediction_set": ("rest", "work")}, "could be rest or work"),
        ({"prediction_set": ("rest", "work"), "abstained": True}, ""),
        ({"unfamiliar": "amplitude"}, "unlike the training signals: amplitude"),
        (
            {"prediction_set": ("rest", "work"), "unfamiliar": "amplitude, spectrum"},
            "could be rest or work; unlike the training signals: amplitude, spectrum",
        ),
    ],
)
def test_doubts_are_told_in_words(change: dict[str, object], words: str) -> None:
    assert replace(TOLD, **change).doubts() == words  # type: ignore[arg-type]
