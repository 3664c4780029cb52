"""From a person's words to the task card that is meant; the list is closed, and what is not on it is refused."""

from __future__ import annotations

import re
from collections.abc import Mapping
from difflib import SequenceMatcher

from models.unimind.task_cards import TaskCard
from pipelines.errors import ConfigError

ENOUGH = 0.45
"""Likeness below which nothing is meant: half the words of a question, in another order, reach it."""
SIMULATED = "simulated"
EMPTY_WORDS = frozenset(
    "a an and are at do does is it my of or please show tell the this to was what which who".split()
)


def nearest(words: str, known: Mapping[str, TaskCard]) -> TaskCard:
    """Return the card whose name, title or question is most like a person's words.

    Raises
    ------
    ConfigError
        If none is like them; lists the cards.
    """
    # The simulated participant's cards ask the same of nobody: only who says so means them.
    simulated = SIMULATED in words.casefold()
    meant = [card for card in known.values() if simulated or SIMULATED not in card.name]
    scored = [(max(_alike(words, text) for text in _texts(card)), card) for card in meant]
    likeness, card = max(scored, key=lambda pair: pair[0], default=(0.0, None))
    if card is None or likeness < ENOUGH:
        listed = "; ".join(f"{one.name} ({one.questions[0]})" for one in known.values())
        raise ConfigError(f"{words!r}: no task card asks this. There are: {listed}; or name one with --task")
    return card


def _texts(card: TaskCard) -> tuple[str, ...]:
    return (card.name.replace("_", " "), card.title, *card.questions)


def _alike(one: str, other: str) -> float:
    """Return how alike two texts are, 0 to 1: by their letters in order, and by the words that they share."""
    a, b = one.casefold(), other.casefold()
    words_a, words_b = ({w for w in re.findall(r"\w+", text) if w not in EMPTY_WORDS} for text in (a, b))
    shared = len(words_a & words_b) / max(1, len(words_a | words_b))
    return 0.5 * SequenceMatcher(None, a, b).ratio() + 0.5 * shared if shared else 0.0
