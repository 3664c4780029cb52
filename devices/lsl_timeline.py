"""Turn the time stamps of an LSL stream into chunk times, declared holes and clock jumps.

LSL numbers no samples; a loss shows only as stamps that run ahead of the sample count. The expected time of the next
sample follows the stamps, but by no more than ``SLEW`` seconds a second. So

* jitter, a late packet or a nominal rate that is wrong by up to 3 % is no loss;
* stamps more than ``gap_after_s`` ahead of the expectation are: the number lost is their distance in samples. Many
  small losses add up until they are declared; if "lost" samples do arrive after all (a sender that stamps on arrival
  and was held up), the surplus counts against the next hole;
* stamps that go back by more than ``gap_after_s``, behind the one before and behind the expectation, or that lie
  further in the future than samples of this stream ever did, are a jump of the sender's clock: the times go on evenly
  and the sample is flagged.

The stamps and the moments of arrival decide; this is a live clock and not part of what a replay repeats.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from devices.lsl_dejitter import Dejitter
from pipelines.kernels.stamps import shift_stamps

log = logging.getLogger(__name__)

SLEW = 0.03
"""How fast the expectation follows the stamps (s per s)."""
AGE_LEAK = 1e-3
"""How fast the smallest age is forgotten (s per s): more than any drift of two clocks."""
MAX_STAMP_S = 1e12
"""A stamp beyond is no time at all."""
NEW_CLOCK_S = 1.0
"""A clock correction that changes by more belongs to another clock, not to drift."""
RATE_CHECK_S = 30.0
RATE_TOLERANCE = 0.01
"""After this long, a rate that is off by more than this share is reported once."""


@dataclass(frozen=True, slots=True)
class Placed:
    """Where samples lie in time.

    Parameters
    ----------
    times_s
        float64, shape (n_samples,), non-decreasing.
    holes
        Pairs (row, number of samples lost before that row).
    jumps
        Rows before which the sender's clock jumped.
    """

    times_s: NDArray[np.float64]
    holes: tuple[tuple[int, int], ...] = ()
    jumps: tuple[int, ...] = ()


class Timeline:
    """State from one block of stamps to the next.

    Parameters
    ----------
    rate_hz
        Nominal rate.
    gap_after_s
        Smallest hole (s) that is declared.
    dejitter
        Whether to smooth the times by a straight line through the recent stamps.
    """

    def __init__(self, rate_hz: float, gap_after_s: float, dejitter: bool = False) -> None:
        self._rate = rate_hz
        # Below a few sample periods a hole cannot be told from jitter.
        self._tolerance = max(gap_after_s, 4.0 / rate_hz)
        self._dejitter = Dejitter(rate_hz) if dejitter else None
        self._expected: float | None = None
        self._offset = 0.0
        self._correction = 0.0
        self._last = -np.inf
        self._delivered = -np.inf
        self._youngest = 0.0
        self._warned = False
        self._first = 0.0
        self._count = 0
        self._rate_checked = False
        # Compiles before the first sample comes.
        shift_stamps(np.zeros(1), 0.0, rate_hz, np.empty(1))

    def place(self, stamps: NDArray[np.float64], correction_s: float, arrival_s: float) -> Placed:
        """Place one block.

        Parameters
        ----------
        stamps
            The sender's, shape (n_samples,), at least one.
        correction_s
            What to add to get this machine's LSL clock.
        arrival_s
            LSL clock when the block was taken.
        """
        if abs(correction_s - self._correction) > NEW_CLOCK_S:
            self._offset = 0.0
        self._correction = correction_s
        times = np.empty(stamps.shape[0])
        highest, lowest, ordered = shift_stamps(stamps, correction_s + self._offset, self._rate, times)
        holes: list[tuple[int, int]] = []
        jumps: list[int] = []
        if not self._is_smooth(times, highest, lowest):
            ordered = False
            times = self._finite(times, arrival_s)
            if self._expected is None:
                self._start(times, arrival_s)
            holes, jumps = self._walk(times, arrival_s)
        age = arrival_s - float(times[-1])
        self._youngest = min(self._youngest + AGE_LEAK * times.shape[0] / self._rate, age)
        self._check_rate(times.shape[0] + sum(lost for _, lost in holes))
        if self._dejitter is not None:
            ordered = False
            times = self._dejitter.smooth(times, [row for row, _ in holes] + jumps)
        if not ordered or times[0] < self._delivered:
            times[0] = max(times[0], self._delivered)
            np.maximum.accumulate(times, out=times)
        self._delivered = float(times[-1])
        return Placed(times, tuple(holes), tuple(jumps))

    def _is_smooth(self, times: NDArray[np.float64], highest: float, lowest: float) -> bool:
        """Follow a block that is as expected, at little cost; return False, with nothing done, for any other.

        ``highest`` and ``lowest`` tell how far the times lie ahead of an even grid that begins at 0.
        """
        if self._expected is None:
            return False
        # Written so that NaN fails. A range within the tolerance leaves no room for a step back beyond it.
        usual = highest - self._expected <= self._tolerance and highest - lowest <= self._tolerance
        if not (usual and float(times[0]) >= self._last - self._tolerance):
            return False
        self._follow(times, 0.5 * (highest + lowest) - self._expected)
        return True

    def _start(self, times: NDArray[np.float64], arrival_s: float) -> None:
        self._first = self._expected = self._last = float(times[0])
        self._youngest = arrival_s - float(times[-1])
        if abs(self._youngest) > 10.0:
            log.warning(
                "time stamps lie %.3g s behind this machine's LSL clock: latencies and marker times cannot be trusted",
                self._youngest,
            )

    def _walk(self, times: NDArray[np.float64], arrival_s: float) -> tuple[list[tuple[int, int]], list[int]]:
        """Follow the stamps, correcting ``times`` in place from each clock jump on."""
        holes: list[tuple[int, int]] = []
        jumps: list[int] = []
        start, n = 0, times.shape[0]
        while start < n:
            row = self._first_odd(times, start)
            self._follow_part(times[start:row])
            if row == n:
                break
            if self._is_jump(float(times[row]), arrival_s):
                jumps.append(row)
                self._jump(times[row:], arrival_s)
            lost = self._lost_before(float(times[row]))
            if lost:
                holes.append((row, lost))
            self._follow_part(times[row : row + 1])
            start = row + 1
        return holes, jumps

    def _first_odd(self, times: NDArray[np.float64], start: int) -> int:
        """Return the first row from ``start`` that is too far ahead, or goes back; n_samples if none."""
        assert self._expected is not None
        part = times[start:]
        ahead = part - (self._expected + np.arange(part.shape[0]) / self._rate)
        steps = np.diff(part, prepend=self._last)
        odd = (ahead > self._tolerance) | ((steps < -self._tolerance) & (ahead < -self._tolerance))
        return start + int(odd.argmax()) if odd.any() else times.shape[0]

    def _follow_part(self, part: NDArray[np.float64]) -> None:
        if part.size:
            assert self._expected is not None
            self._follow(part, float(part.mean()) - (self._expected + 0.5 * (part.size - 1) / self._rate))

    def _follow(self, part: NDArray[np.float64], drift: float) -> None:
        """Move the expectation past ``part``, whose stamps lie about ``drift`` (s) ahead of it."""
        assert self._expected is not None
        span = part.shape[0] / self._rate
        self._expected += span + min(max(drift, -SLEW * span), SLEW * span)
        self._last = float(part[-1])

    def _is_jump(self, time_s: float, arrival_s: float) -> bool:
        assert self._expected is not None
        back = time_s < min(self._last, self._expected) - self._tolerance
        # Samples that were lost took their time: what follows a hole is no younger than samples ever were.
        return back or arrival_s - time_s < self._youngest - self._tolerance

    def _jump(self, rest: NDArray[np.float64], arrival_s: float) -> None:
        """Shift ``rest`` so that it joins what came before, or leaves the hole that the arrival shows."""
        assert self._expected is not None
        by_arrival = arrival_s - self._youngest - (rest.shape[0] - 1) / self._rate
        target = by_arrival if by_arrival - self._expected > self._tolerance else self._expected
        shift = target - float(rest[0])
        self._offset += shift
        rest += shift
        log.warning("the sender's clock jumped by %.6g s; times go on evenly", -shift)

    def _lost_before(self, time_s: float) -> int:
        """Return how many samples are missing before one at ``time_s``, and count them in."""
        assert self._expected is not None
        ahead = time_s - self._expected
        if ahead <= self._tolerance:
            return 0
        lost = round(ahead * self._rate)
        self._expected += lost / self._rate
        return lost

    def _check_rate(self, n: int) -> None:
        self._count += n
        if self._rate_checked or self._count < RATE_CHECK_S * self._rate:
            return
        assert self._expected is not None
        self._rate_checked = True
        measured = self._count / (self._expected - self._first)
        if abs(measured / self._rate - 1.0) > RATE_TOLERANCE:
            log.warning(
                "the stream declares %g Hz and delivers %.4g Hz: frequencies are off by that factor",
                self._rate,
                measured,
            )

    def _finite(self, times: NDArray[np.float64], arrival_s: float) -> NDArray[np.float64]:
        """Return times in which one that is no time is a sample after the one before."""
        # The comparison is false for NaN.
        bad = np.flatnonzero(~(np.abs(times) < MAX_STAMP_S))
        if not bad.size:
            return times
        if not self._warned:
            log.warning("the stream has time stamps that are no numbers; they are taken from the sample rate")
            self._warned = True
        before = arrival_s - times.shape[0] / self._rate if self._expected is None else self._last
        for row in bad:
            times[row] = (times[row - 1] if row else before) + 1.0 / self._rate
        return times
