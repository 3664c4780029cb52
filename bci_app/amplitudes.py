"""Whether amplitudes can be those of EEG at all: a wrong unit is a factor of a thousand that no display shows."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from pipelines.channel_quality import ChannelQuality

LEAST_UV, MOST_UV = 0.3, 500.0
"""Median standard deviation of channels of EEG without its slow drift (uV); scalp EEG lies at 5 to 50."""
STEP = 1000.0
"""From one unit of volts to the next."""


@dataclass(frozen=True, slots=True)
class Doubt:
    """Amplitudes that are not those of EEG.

    Parameters
    ----------
    deviation_uv
        Median of the channels' standard deviations.
    factor
        Power of 1000 by which amplitudes would be plausible; 1 where there is none.
    """

    deviation_uv: float
    factor: float

    def words(self) -> str:
        """Say it to a person."""
        return (
            f"A channel deviates by {self.deviation_uv:,.3g} µV (median): these are not the amplitudes of EEG. "
            "Is the unit that the source states wrong?"
        )

    def remedy(self) -> str:
        """Say what would help; empty where nothing is known to."""
        if self.factor == 1.0:
            return ""
        return f"Divide by {1 / self.factor:,.0f}" if self.factor < 1 else f"Multiply by {self.factor:,.0f}"


def doubt(channels: Sequence[ChannelQuality]) -> Doubt | None:
    """Judge one second of all EEG channels; None where there is nothing to doubt. Flat channels are left out."""
    deviations = sorted(c.deviation_uv for c in channels if math.isfinite(c.deviation_uv) and c.deviation_uv > 0)
    if not deviations:
        return None
    middle = deviations[len(deviations) // 2]
    if LEAST_UV <= middle <= MOST_UV:
        return None
    power = round(math.log(middle / math.sqrt(LEAST_UV * MOST_UV), STEP))
    factor = STEP**-power
    return Doubt(middle, factor if LEAST_UV <= middle * factor <= MOST_UV else 1.0)
