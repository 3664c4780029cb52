"""Which state the simulated participant is in, second by second."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

import numpy as np

Paradigm = Literal["workload", "eyes", "imagery", "ssvep", "rest"]

ALTERNATING: dict[str, tuple[str, ...]] = {
    "workload": ("mental_arithmetic", "rest"),
    "eyes": ("eyes_closed", "eyes_open"),
    "rest": ("rest",),
}


def states(paradigm: Paradigm, frequencies_hz: tuple[float, ...], seed: int) -> Iterator[str]:
    """Yield the state of each block for ever, after the first rest: alternating, or drawn anew in each round."""
    if paradigm in ALTERNATING:
        while True:
            yield from ALTERNATING[paradigm]
    rng = np.random.default_rng([seed, 1])
    names = ["left_hand", "right_hand", "rest"] if paradigm == "imagery" else [f"ssvep_{f:g}" for f in frequencies_hz]
    while True:
        yield from rng.permutation(names).tolist()
