"""What single stimuli evoke in the simulated participant: a visual response, and a P300 where one was awaited.

Size and latency follow Polich 2007, Clin. Neurophysiol. 118:2128 (P300: largest over Pz, 300-400 ms) and Krusienski et
al. 2008, J. Neurosci. Methods 167:15 (negative response over Oz to each flash of a speller).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from devices.simulation.head import Head

EVOKING = ("target", "nontarget")
"""Cues that are stimuli, not tasks."""
LENGTH_S = 0.8
JITTER_S = 0.02
"""Standard deviation of the latency from one response to the next."""
WAXING = 0.3
"""Standard deviation of log-amplitude from one response to the next."""


@dataclass(frozen=True, slots=True)
class Component:
    """A bump: amplitude under its electrode (uV), latency and width (s)."""

    centre: str
    width_cm: float
    amplitude_uv: float
    latency_s: float
    spread_s: float


FLASH = (Component("Oz", 6.0, -4.0, 0.19, 0.03),)
COMPONENTS = {"nontarget": FLASH, "target": (*FLASH, Component("Pz", 9.0, 10.0, 0.36, 0.07))}


class EvokedResponses:
    """Adds responses to samples that are about to be delivered.

    Parameters
    ----------
    head
        The electrodes.
    rate_hz
        Sampling rate.
    seed
        Of jitter and amplitude.
    """

    def __init__(self, head: Head, rate_hz: float, seed: list[int]) -> None:
        self._rng = np.random.default_rng(seed)
        self._time_s = np.arange(round(LENGTH_S * rate_hz)) / rate_hz
        self._maps = {c: head.focal_map(c.centre, c.width_cm) for found in COMPONENTS.values() for c in found}
        self._running: list[tuple[int, NDArray[np.float32]]] = []

    def begin(self, cue: str, onset: int) -> None:
        """Let a stimulus have been seen at a sample."""
        response = np.zeros((len(self._time_s), len(next(iter(self._maps.values())))))
        for component in COMPONENTS[cue]:
            jitter_s, waxing = self._rng.standard_normal(2) * (JITTER_S, WAXING)
            z = (self._time_s - component.latency_s - jitter_s) / component.spread_s
            course = component.amplitude_uv * np.exp(waxing - 0.5 * z**2)
            response += np.outer(course, self._maps[component])
        self._running.append((onset, response.astype(np.float32)))

    def add(self, samples: NDArray[np.float32], start: int) -> None:
        """Add what is under way to samples (n_samples, n_channels) that begin at ``start``; forget what is over."""
        stop = start + len(samples)
        for onset, response in self._running:
            first, last = max(onset, start), min(onset + len(response), stop)
            if first < last:
                samples[first - start : last - start] += response[first - onset : last - onset]
        self._running = [(onset, response) for onset, response in self._running if onset + len(response) > stop]
