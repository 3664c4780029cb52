"""The matrix of the speller, and the choice of a letter from what a decoder said of each flash."""

from __future__ import annotations

import math
from collections import defaultdict

from pipelines.decision import Decision

ROWS = ("ABCDEF", "GHIJKL", "MNOPQR", "STUVWX", "YZ1234", "56789_")
FLOOR = 1e-3
"""No single flash may decide alone."""


def place_of(letter: str) -> tuple[int, int]:
    """Return row and column of a character of the matrix."""
    row = next(i for i, letters in enumerate(ROWS) if letter in letters)
    return row, ROWS[row].index(letter)


def flashed(item: str) -> str:
    """Return the characters of ``row_N`` or ``column_N``."""
    kind, _, number = item.partition("_")
    return ROWS[int(number)] if kind == "row" else "".join(letters[int(number)] for letters in ROWS)


class LetterChoice:
    """Adds up the evidence of flashes: the log odds of ``target`` in the window that begins nearest to each flash.

    Parameters
    ----------
    tolerance_s
        How far the beginning of a window may lie from a flash: half the step between decisions, and a sample.
    """

    def __init__(self, tolerance_s: float) -> None:
        self._tolerance_s = tolerance_s
        self.clear()

    def clear(self) -> None:
        """Begin a new letter."""
        self._waiting: list[tuple[float, str]] = []
        self._evidence: defaultdict[str, float] = defaultdict(float)
        self.n_judged = 0

    def flash(self, item: str, time_s: float) -> None:
        """Take a flash that was shown."""
        self._waiting.append((time_s, item))

    def decide(self, decision: Decision) -> None:
        """Take a decision; it counts for the flash at the beginning of its window, if there is one."""
        if decision.abstained or "target" not in decision.labels:
            return
        near = [(abs(decision.start_s - time_s), time_s, item) for time_s, item in self._waiting]
        if not near or min(near)[0] > self._tolerance_s:
            return
        _, time_s, item = min(near)
        self._waiting.remove((time_s, item))
        p = min(max(decision.probabilities[decision.labels.index("target")], FLOOR), 1 - FLOOR)
        self._evidence[item] += math.log(p / (1 - p))
        self.n_judged += 1

    def letter(self) -> str:
        """Return the character whose row and column have the most evidence; empty without any."""
        if not self.n_judged:
            return ""
        best = [max(range(len(ROWS)), key=lambda i: self._evidence[f"{kind}_{i}"]) for kind in ("row", "column")]
        return ROWS[best[0]][best[1]]
