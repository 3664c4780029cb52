"""The refresh rate of a screen from the times at which its frames appeared, and whether they follow it at all."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

CLAIM_TOLERANCE = 0.05
"""Share by which frames locked to a screen may miss the rate it claims."""
STEADY_PERIODS = 0.15
"""Largest standard deviation of frames from an even beat, in periods of it."""


class RefreshRate(NamedTuple):
    """What was measured: the rate (Hz), and whether frames appear at the refreshes of the screen."""

    hz: float
    locked: bool


def measured(stamps_s: Sequence[float], claimed_hz: float) -> RefreshRate:
    """Judge frames by their times.

    Frames of a locked screen keep the beat of its refreshes, however each stamp jitters; those that are swapped as fast
    as they are painted wander away from any beat, even where they happen to come at the right pace.

    Parameters
    ----------
    stamps_s
        Times of at least three frames (s).
    claimed_hz
        Rate that the screen says it has.
    """
    times_s = np.asarray(stamps_s, dtype=np.float64)
    intervals_s = np.diff(times_s)
    period_s = float(np.median(intervals_s))
    if period_s <= 0:
        return RefreshRate(claimed_hz, locked=False)
    beats = np.concatenate([[0.0], np.cumsum(np.round(intervals_s / period_s))])
    slope_s, start_s = np.polyfit(beats, times_s - times_s[0], 1)
    if slope_s <= 0:
        return RefreshRate(claimed_hz, locked=False)
    off_beat = np.std(times_s - times_s[0] - start_s - slope_s * beats) / slope_s
    hz = 1.0 / float(slope_s)
    near = abs(hz - claimed_hz) <= CLAIM_TOLERANCE * claimed_hz
    return RefreshRate(hz, locked=bool(near and off_beat <= STEADY_PERIODS))
