"""Which task state the simulated participant is in, and when it changes."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator
from itertools import cycle, repeat
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from devices.simulation.rhythms import EFFECTS, effects_of, gains_at_rest, ssvep_state

Paradigm = Literal["workload", "eyes", "imagery", "ssvep", "rest", "cued"]
CUE_ENDS = ("trial_end", "pause")
"""Cues that end a state: the participant of ``cued`` is at rest again."""
EYES_ON_SCREEN = ("imagery", "ssvep")
"""Paradigms that are done with open eyes: alpha is low in all their states, rest included."""
SCREEN_CUES = ("left_hand", "right_hand", "feet", "target", "nontarget")
"""Cues that open the eyes of the participant of ``cued`` for good, as every flicker does."""
RAMP_S = 0.4
"""A state comes on and goes off by a raised cosine of this length, starting at its marker."""


class Schedule:
    """An endless sequence of states, drawn as it is needed.

    Parameters
    ----------
    paradigm
        ``workload`` and ``eyes`` alternate two states; ``imagery`` and ``ssvep`` shuffle theirs anew in every round;
        ``rest`` stays at rest; ``cued`` does what :meth:`obey` tells.
    rate_hz
        Sampling rate.
    block_s
        Length of a state after the first (s).
    first_rest_s
        Length of the first state (s).
    frequencies_hz
        Flicker frequencies of ``ssvep``.
    seed
        Of the shuffling.
    """

    def __init__(
        self,
        paradigm: Paradigm,
        rate_hz: float,
        block_s: float,
        first_rest_s: float,
        frequencies_hz: tuple[float, ...],
        seed: list[int],
    ) -> None:
        self._names = _states(paradigm, frequencies_hz, np.random.default_rng(seed))
        self._block = max(1, round(block_s * rate_hz))
        self._ramp = max(1, round(RAMP_S * rate_hz))
        self._starts = [0]
        self._states = [next(self._names)]
        self._eyes_open = [paradigm in EYES_ON_SCREEN]
        self._next_start = max(1, round(first_rest_s * rate_hz))
        self._endless = paradigm in ("rest", "cued")
        flickers = [ssvep_state(f) for f in frequencies_hz]
        self._obeyed = {*EFFECTS, *flickers} if paradigm == "cued" else set()
        self._opening = {*SCREEN_CUES, *flickers} if paradigm == "cued" else set()

    def obey(self, cue: str, index: int) -> None:
        """Begin the state that a cue names at a sample not yet made; other cues mean nothing."""
        opens = cue in self._opening and not self._eyes_open[-1]
        state = "rest" if cue in CUE_ENDS else cue
        if state not in self._obeyed:
            state = self._states[-1]
        if state != self._states[-1] or opens:
            self._starts.append(max(index, self._starts[-1] + 1))
            self._states.append(state)
            self._eyes_open.append(opens or self._eyes_open[-1])

    def changes(self, start: int, stop: int) -> list[tuple[int, str]]:
        """Return (sample index, state) of every state that begins in ``start <= index < stop``."""
        self._draw(stop)
        first, last = (bisect_right(self._starts, index - 1) for index in (start, stop))
        return list(zip(self._starts[first:last], self._states[first:last], strict=True))

    def state_at(self, index: int) -> str:
        """Return the state of one sample."""
        self._draw(index + 1)
        return self._states[bisect_right(self._starts, index) - 1]

    def gains(self, start: int, n_samples: int, names: tuple[str, ...]) -> NDArray[np.float64]:
        """Return amplitude gains of the named rhythms, shape (1, n) while they are constant, else (n_samples, n)."""
        self._draw(start + n_samples)
        position = bisect_right(self._starts, start) - 1
        now = self._gain_vector(position, names)
        steady = start - self._starts[position] >= self._ramp or position == 0
        if steady and not self.changes(start + 1, start + n_samples):
            return now[None]
        index = np.arange(start, start + n_samples)
        gains = np.empty((n_samples, len(names)))
        for k in range(position, bisect_right(self._starts, start + n_samples - 1)):
            inside = index >= self._starts[k]
            after, before = self._gain_vector(k, names), self._gain_vector(max(k - 1, 0), names)
            progress = np.clip((index[inside] - self._starts[k]) / self._ramp, 0.0, 1.0)
            share = (0.5 - 0.5 * np.cos(np.pi * progress))[:, None]
            gains[inside] = (1 - share) * before + share * after
        return gains

    def _gain_vector(self, position: int, names: tuple[str, ...]) -> NDArray[np.float64]:
        always = EFFECTS["eyes_open"] if self._eyes_open[position] else {}
        effects = always | effects_of(self._states[position])
        return np.array([effects.get(name, g) for name, g in zip(names, gains_at_rest(names), strict=True)])

    def _draw(self, stop: int) -> None:
        while not self._endless and self._next_start < stop:
            self._starts.append(self._next_start)
            self._states.append(next(self._names))
            self._eyes_open.append(self._eyes_open[-1])
            self._next_start += self._block


def _states(paradigm: Paradigm, frequencies_hz: tuple[float, ...], rng: np.random.Generator) -> Iterator[str]:
    match paradigm:
        case "rest" | "cued":
            yield from repeat("rest")
        case "workload":
            yield from cycle(("rest", "mental_arithmetic"))
        case "eyes":
            yield from cycle(("eyes_open", "eyes_closed"))
        case "imagery":
            yield from _shuffled(("rest", "left_hand", "right_hand"), rng)
        case "ssvep":
            yield from _shuffled(("rest", *(ssvep_state(f) for f in frequencies_hz)), rng)


def _shuffled(names: tuple[str, ...], rng: np.random.Generator) -> Iterator[str]:
    yield names[0]
    while True:
        yield from (names[i] for i in rng.permutation(len(names)))
