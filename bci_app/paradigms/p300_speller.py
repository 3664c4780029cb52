"""Row-column speller (Farwell & Donchin 1988, Electroencephalogr. Clin. Neurophysiol. 70:510), copy-spelling.

Rows and columns flash in drawn order; the flash of the row or column of the letter attended to evokes a P300. Each
letter of the word is a block. Besides its class a flash sets a marker that names it: ``row_2``, ``column_5``.
"""

from __future__ import annotations

from typing import Self

import numpy as np
from pydantic import Field, model_validator

from bci_app.paradigm import BLOCK, EVOKED, TRIAL_END, Paradigm, Step, flash_order
from bci_app.scenes import Letters
from bci_app.speller import ROWS, flashed, place_of
from pipelines.plugins import PluginSettings


class Settings(PluginSettings):
    """Word, flashes and times."""

    word: str = Field("BRAIN", min_length=2, max_length=40, description="What is spelled.")
    rounds: int = Field(8, ge=2, le=40, description="How often every row and column flashes for a letter.")
    flash_s: float = Field(0.1, gt=0, description="How long a row or column is lit (s).")
    gap_s: float = Field(0.075, gt=0, description="Time between two flashes (s).")
    announce_s: float = Field(3.0, gt=0, description="How long the letter is shown before (s).")
    settle_s: float = Field(1.0, ge=1.0, description="Time after the last flash: its response lasts (s).")
    seed: int = Field(0, ge=0, description="The same seed gives the same order.")

    @model_validator(mode="after")
    def _can_be_spelled(self) -> Self:
        unknown = sorted({letter for letter in self.word.upper() if letter not in "".join(ROWS)})
        if unknown:
            raise ValueError(f"word: {''.join(unknown)!r} is not among {''.join(ROWS)}")
        return self


def build(settings: Settings) -> Paradigm:
    """Draw a run."""
    s = settings
    word = s.word.upper()
    rng = np.random.default_rng(s.seed)
    return Paradigm(
        "p300_speller",
        "Speller (P300)",
        "Count silently how often the letter that is announced is lit; look at it, and move as little as you can.",
        ("nontarget", "target"),
        tuple(step for number in range(len(word)) for step in _letter(s, word, number, rng)),
        EVOKED,
        s.model_dump(mode="json"),
    )


def _letter(s: Settings, word: str, number: int, rng: np.random.Generator) -> list[Step]:
    target = word[number]
    row, column = place_of(target)
    own = frozenset((f"row_{row}", f"column_{column}"))
    items = [f"{kind}_{i}" for kind in ("row", "column") for i in range(len(ROWS))]

    def shown(lit: str = "", announced: str = "") -> Letters:
        return Letters(ROWS, lit, word, number, target=announced)

    steps = [Step(shown(announced=target), s.announce_s, (BLOCK,)), Step(shown(), 1.0)]
    for item in flash_order(items, s.rounds, rng, never_next=own):
        steps.append(Step(shown(flashed(item)), s.flash_s, ("target" if item in own else "nontarget", item)))
        steps.append(Step(shown(), s.gap_s))
    return [*steps, Step(shown(), s.settle_s, (TRIAL_END,))]
