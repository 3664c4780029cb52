"""What differs from one simulated person to the next: how strong the rhythms are and where alpha lies."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

LEVEL_SPREAD = {"background": 0.12, "alpha": 0.25, "mu": 0.25, "theta": 0.15, "beta": 0.2, "eyes": 0.2}
"""Standard deviation over people of the natural logarithm of amplitude: about half of that of EEGMAT, so that no
participant is without alpha."""
ALPHA_SHIFT_HZ = 0.5
LIMIT = 2.0


@dataclass(frozen=True, slots=True)
class Person:
    """Amplitude factor by name of a part, and the shift of the alpha and mu bands (Hz)."""

    levels: dict[str, float]
    alpha_shift_hz: float

    @classmethod
    def draw(cls, seed: list[int]) -> Person:
        """Draw somebody; nobody lies beyond two standard deviations."""
        rng = np.random.default_rng(seed)
        deviates = np.clip(rng.standard_normal(len(LEVEL_SPREAD) + 1), -LIMIT, LIMIT)
        levels = {
            name: float(np.exp(spread * z))
            for (name, spread), z in zip(LEVEL_SPREAD.items(), deviates[1:], strict=True)
        }
        return cls(levels, ALPHA_SHIFT_HZ * float(deviates[0]))

    def level(self, name: str) -> float:
        """Return the amplitude factor of ``background`` or of a band of rhythms."""
        return self.levels[name]
