"""Letters from flashes: the window that begins at a flash counts for it, and the best row and column win."""

from __future__ import annotations

import pytest

from bci_app.commands import InsertMarker
from bci_app.letter_feedback import SHOWN_S, LetterFeedback
from bci_app.speller import ROWS, LetterChoice, flashed, place_of
from pipelines.decision import Decision

ITEMS = [f"{kind}_{i}" for kind in ("row", "column") for i in range(6)]


def decision(start_s: float, p: float, abstained: bool = False) -> Decision:
    return Decision(0, start_s, start_s + 0.8, ("nontarget", "target"), (1 - p, p), "m", abstained)


@pytest.mark.parametrize("letter", "".join(ROWS))
def test_the_matrix_has_every_letter_where_row_and_column_meet(letter: str) -> None:
    row, column = place_of(letter)
    assert set(flashed(f"row_{row}")) & set(flashed(f"column_{column}")) == {letter}


@pytest.mark.parametrize("letter", ["A", "_", "Q"])
def test_many_unsure_flashes_make_a_sure_letter(letter: str) -> None:
    row, column = place_of(letter)
    choice = LetterChoice(0.015)
    time_s = 10.0
    for _ in range(3):
        for item in ITEMS:
            choice.flash(item, time_s)
            choice.decide(decision(time_s + 0.004, 0.55 if item in (f"row_{row}", f"column_{column}") else 0.45))
            time_s += 0.175
    assert choice.n_judged == 36
    assert choice.letter() == letter


def test_windows_between_flashes_count_for_none() -> None:
    choice = LetterChoice(0.015)
    choice.flash("row_1", 10.0)
    for start_s in (9.9, 9.98, 10.02, 10.1):
        choice.decide(decision(start_s, 0.99))
    assert choice.n_judged == 0
    assert choice.letter() == ""
    choice.decide(decision(10.01, 0.99))
    choice.decide(decision(10.0, 0.01))  # a flash is judged once
    assert choice.n_judged == 1


def test_an_abstention_and_a_decoder_without_targets_say_nothing() -> None:
    choice = LetterChoice(0.015)
    choice.flash("row_1", 10.0)
    choice.decide(decision(10.0, 0.5, abstained=True))
    choice.decide(Decision(0, 10.0, 10.8, ("left", "right"), (0.1, 0.9), "m"))
    assert choice.letter() == ""


def test_no_single_flash_decides_alone() -> None:
    choice = LetterChoice(0.015)
    for n, (item, p) in enumerate([("row_0", 1.0), *[("row_1", 0.95)] * 3, ("column_2", 0.9)]):
        choice.flash(item, 10.0 + n)
        choice.decide(decision(10.0 + n, p))
    assert choice.letter() == ROWS[1][2]


def test_letters_are_told_at_the_end_of_their_block_and_shown_for_a_moment() -> None:
    feedback = LetterFeedback(0.02)
    assert feedback.mark(InsertMarker("block", 1.0, "paradigm")) == []
    for n, item in enumerate(("row_2", "column_3")):
        feedback.mark(InsertMarker(item, 2.0 + n, "paradigm"))
        feedback.decide(decision(2.0 + n, 0.9))
    (told,) = feedback.mark(InsertMarker("block", 5.0, "paradigm"))
    assert (told.label, told.time_s, told.stream) == (f"chosen {ROWS[2][3]}", 5.0, "speller")
    assert feedback.spelled == ROWS[2][3]
    assert feedback.chosen_now(5.5) == ROWS[2][3]
    assert feedback.chosen_now(5.0 + SHOWN_S) == ""
