"""Published splits that go by the place of a name in the listing of a whole folder."""

from __future__ import annotations

import random
from collections.abc import Iterable, Sequence
from pathlib import Path

from models.dataset import Part, PublishedSplit

LISTINGS = Path(__file__).with_name("listings")


def listed(kind: str) -> tuple[str, ...]:
    """Return the sorted names of ``listings/<kind>.txt``, whose first line says whose list it is."""
    _, *lines = (LISTINGS / f"{kind}.txt").read_text("utf-8").splitlines()
    return tuple(sorted(name for line in lines for name in line.split()))


def shuffled(names: Iterable[str], seed: int) -> list[str]:
    """Return sorted names in the order in which Python's ``random.seed(seed); random.shuffle`` puts them."""
    listed = sorted(names)
    random.Random(seed).shuffle(listed)  # noqa: S311
    return listed


def numbered(pattern: str, numbers: Iterable[int]) -> frozenset[str]:
    """Return names made of numbers, for example ``"S{:03d}"``."""
    return frozenset(pattern.format(number) for number in numbers)


def cut(names: Sequence[str], *counts: int) -> list[frozenset[str]]:
    """Return the first ``counts[0]`` names, the next ``counts[1]`` and so on, and what is left."""
    parts, at = [], 0
    for count in counts:
        parts.append(frozenset(names[at : at + count]))
        at += count
    return [*parts, frozenset(names[at:])]


def of_subjects(source: str, train: frozenset[str], validation: frozenset[str], test: frozenset[str]) -> PublishedSplit:
    """Return a split by subject; no side but validation may be empty, since an empty part would hold everybody."""
    if not (train and test):
        raise ValueError(f"{source}: a side of the split is empty")
    held = (Part(validation),) if validation else ()
    return PublishedSplit(source, train=(Part(train),), validation=held, test=(Part(test),))
