"""Where the traces lie in their plot: one lane for each channel, or the EEG in one lane as a butterfly plot."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from pipelines.signal import StreamSpec

Arrangement = Literal["stacked", "butterfly"]
LANES_IN_BUTTERFLY = 4
"""Heights of the scale bar that the common lane of a butterfly plot holds."""


@dataclass(frozen=True, slots=True)
class Lanes:
    """Places as shares of the plot's height, from the top.

    Parameters
    ----------
    centre, lane, reach, unit
        (n_channels,): zero line; height shaded where the channel alone has no number; how far a trace may leave its
        zero line; height of what the scale says.
    labels
        (place, channels) of each label: one channel, or those that share a lane.
    """

    centre: NDArray[np.float64]
    lane: NDArray[np.float64]
    reach: NDArray[np.float64]
    unit: NDArray[np.float64]
    labels: tuple[tuple[float, tuple[int, ...]], ...]

    def at(self, share: float) -> tuple[int, ...]:
        """Return the channels of the lane at a height."""
        return min(self.labels, key=lambda label: abs(label[0] - share))[1]


def arrange(spec: StreamSpec, arrangement: Arrangement) -> Lanes:
    """Return the lanes of a stream; a butterfly plot leaves the channels that are no EEG their own."""
    n = spec.n_channels
    eeg = spec.indices_of("eeg") or list(range(n))
    if arrangement == "stacked":
        even = np.full(n, 1 / n)
        centre = (np.arange(n) + 0.5) / n
        return Lanes(centre, even, 2 * even, even, tuple((float(c), (i,)) for i, c in enumerate(centre)))
    others = [i for i in range(n) if i not in set(eeg)]
    share = 1.0 if not others else max(0.5, 1 - 0.08 * len(others))
    centre, lane = np.full(n, share / 2), np.zeros(n)
    reach, unit = np.full(n, share / 2), np.full(n, share / LANES_IN_BUTTERFLY)
    for place, channel in enumerate(others):
        height = (1 - share) / len(others)
        centre[channel], lane[channel] = share + (place + 0.5) * height, height
        reach[channel], unit[channel] = height, height
    labels = [(share / 2, tuple(eeg)), *((float(centre[i]), (i,)) for i in others)]
    return Lanes(centre, lane, reach, unit, tuple(labels))
