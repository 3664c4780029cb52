"""Find lost samples from the package numbers that a device counts."""

from __future__ import annotations

from collections import Counter
from itertools import groupby, pairwise

import numpy as np
from numpy.typing import NDArray

MODULI = (100, 101, 128, 200, 201, 256, 512, 1024, 4096, 32768, 65536, 1 << 24, 1 << 31, 1 << 32)
"""Where counters of known devices start over. Without being told, the smallest that fits what was seen is taken."""
LATENESS_S = 0.25
"""How much later than it was due a package may arrive without being taken for the end of a hole."""


class PackageCounter:
    """Counts what is missing between samples.

    Devices differ: one number per sample (Cyton), one for two samples (Ganglion) or for twelve (Muse), every second
    number (Cyton with Daisy), starting over at 100, 256, 65536 … So step and samples per package are learnt from the
    first samples. The clock decides what numbers cannot: how often the counter went round in a long hole, and whether
    a jump is a hole at all (a hole of one second cannot fit into a pause of ten milliseconds; then the counter has
    merely started over, as at the end of a looped file).

    Parameters
    ----------
    rate_hz
        Nominal sampling rate.
    modulus
        Where the counter starts over, if it is known.
    """

    def __init__(self, rate_hz: float, modulus: int | None = None) -> None:
        self._rate_hz, self._modulus = rate_hz, modulus
        self._step = self._per_package = 0
        self._last: tuple[float, float] | None = None
        self._highest = 0.0

    @property
    def step(self) -> int:
        """Difference of consecutive package numbers; 0 while unknown, or where the device does not count."""
        return self._step

    @property
    def samples_per_package(self) -> int:
        """Samples that share a package number; 0 while unknown."""
        return self._per_package

    def learn(self, numbers: NDArray[np.float64]) -> None:
        """Learn step and samples per package from consecutive samples, best 64 or more."""
        runs = [(number, len(list(same))) for number, same in groupby(numbers.tolist())]
        steps = Counter(round(after - before) for (before, _), (after, _) in pairwise(runs) if after > before)
        # The first and the last package may be cut short.
        lengths = Counter(length for _, length in runs[1:-1])
        if steps and lengths:
            self._step = steps.most_common(1)[0][0]
            self._per_package = lengths.most_common(1)[0][0]

    def losses(self, numbers: NDArray[np.float64], arrived_s: NDArray[np.float64]) -> NDArray[np.int64]:
        """Return how many samples are missing before each of the following ones.

        Parameters
        ----------
        numbers
            Package number of each sample, shape (n_samples,).
        arrived_s
            When each sample arrived (s), on any clock.
        """
        lost = np.zeros(len(numbers), dtype=np.int64)
        if not self._step or not len(numbers):
            return lost
        first = self._last or (float(numbers[0]), float(arrived_s[0]))
        before = np.concatenate([[first[0]], numbers[:-1]])
        before_s = np.concatenate([[first[1]], arrived_s[:-1]])
        seen = np.maximum.accumulate(np.maximum(before, self._highest))
        advance = numbers - before
        # A number that comes again stands for a loss of one round less one, unless packages hold several samples. A
        # loss of whole rounds cannot be told from a late package and is not counted.
        repeated = (advance == 0) & (self._per_package == 1)
        for i in np.flatnonzero(((advance != 0) & (advance != self._step)) | repeated):
            hole_s = max(float(arrived_s[i] - before_s[i]), 0.0)
            lost[i] = self._lost(float(advance[i]), hole_s, float(seen[i]))
        self._last = float(numbers[-1]), float(arrived_s[-1])
        self._highest = max(float(seen[-1]), float(numbers[-1]))
        return lost

    def _lost(self, advance: float, hole_s: float, highest: float) -> int:
        modulus = self._modulus or next((m for m in MODULI if m > highest), None)
        if advance < 0 and modulus:
            advance += modulus
        lost = (round(advance / self._step) - 1) * self._per_package
        by_the_clock = max(hole_s * self._rate_hz - 1, 0.0)
        if modulus:
            round_trip = modulus // self._step * self._per_package
            lost += max(round((by_the_clock - lost) / round_trip), 0) * round_trip
        lost = max(lost, 0)
        return lost if lost <= by_the_clock + LATENESS_S * self._rate_hz else 0
