"""Seeds of steps: what a step draws depends on its number alone, so a run can be taken up at any of them."""

from __future__ import annotations

import numpy as np


def mixed_seed(*numbers: int) -> int:
    """Mix numbers into one seed of a generator."""
    return int(np.random.SeedSequence(numbers).generate_state(1, np.uint64)[0] >> np.uint64(1))
