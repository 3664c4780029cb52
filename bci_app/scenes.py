"""What a person sees in a paradigm, not how it is drawn: the window paints it, a terminal says it in words."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Symbol = Literal["", "left", "right", "down", "up"]


@dataclass(frozen=True, slots=True)
class Cue:
    """A fixation cross, an arrow, or words; nothing at all is an empty screen."""

    text: str = ""
    symbol: Symbol = ""
    cross: bool = False

    def words(self) -> str:
        """Return it in words."""
        return self.text or self.symbol or ("+" if self.cross else "")


@dataclass(frozen=True, slots=True)
class Flicker:
    """Fields side by side that change their brightness.

    Parameters
    ----------
    frequencies_hz
        Of each field.
    wave
        ``square``: on and off; ``sine``: brightness follows a sine.
    target
        The field to look at, marked; None: none.
    active
        Whether they flicker, or stand there.
    """

    frequencies_hz: tuple[float, ...]
    wave: Literal["square", "sine"] = "sine"
    target: int | None = None
    active: bool = True

    def words(self) -> str:
        """Return it in words."""
        where = "" if self.target is None else f": look at field {self.target + 1}"
        return f"{len(self.frequencies_hz)} fields{where}"


@dataclass(frozen=True, slots=True)
class Letters:
    """A matrix of characters of which some are lit, the word to be spelled, and what has been spelled.

    Parameters
    ----------
    rows
        One string for each row of the matrix.
    lit
        Characters that are lit.
    word, n_spelled
        What is to be spelled, and how many of its letters are done.
    spelled
        What came of it so far.
    target
        The character to attend to, marked while it is announced; empty: not now.
    chosen
        The character just chosen, shown as feedback; empty: none.
    """

    rows: tuple[str, ...]
    lit: str = ""
    word: str = ""
    n_spelled: int = 0
    spelled: str = ""
    target: str = ""
    chosen: str = ""

    def words(self) -> str:
        """Return it in words."""
        if self.target:
            return f"attend to {self.target}"
        return f"lit: {self.lit}" if self.lit else ""


@dataclass(frozen=True, slots=True)
class Disc:
    """One disc in the middle: a small one often, a large one seldom; size 0 leaves the cross alone."""

    size: float

    def words(self) -> str:
        """Return it in words."""
        return {0.0: "+"}.get(self.size, f"disc of size {self.size:g}")


Scene = Cue | Flicker | Letters | Disc
