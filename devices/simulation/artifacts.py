"""What else an electrode picks up: blinks, muscles, mains hum, electrode drift."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from devices.simulation.head import Head
from devices.simulation.noise import FilteredNoise, SlowFluctuation, band_sections

MUSCLE_SITES = ("Fp1", "Fp2", "F7", "F8", "T7", "T8", "P7", "P8")
MUSCLE_BAND_HZ = (20.0, 100.0)
TONE_UV_PER_ROOT_HZ = 0.12
TONE_WAXING = 0.2
TONE_WAXING_S = 4.0
BLINK_PEAK_S = 0.1
BLINK_LENGTH_S = 0.6


@dataclass(frozen=True, slots=True)
class Event:
    """A short happening: first sample, number of samples, amplitude (uV), and where."""

    start: int
    length: int
    amplitude_uv: float
    site: int


class EventTrain:
    """Events at random intervals: a fixed shortest pause plus an exponential one.

    Parameters
    ----------
    rate_hz
        Sampling rate.
    pause_s
        Shortest and mean pause between the end of one event and the start of the next (s).
    length_s
        Shortest and longest event (s).
    median_uv
        Median amplitude; amplitudes are log-normal with a spread of a factor 1.35.
    n_sites
        Events happen at one of so many places.
    rng
        Its own generator.
    """

    def __init__(
        self,
        rate_hz: float,
        *,
        pause_s: tuple[float, float],
        length_s: tuple[float, float],
        median_uv: float,
        n_sites: int,
        rng: np.random.Generator,
    ) -> None:
        self._rate_hz, self._pause_s, self._length_s = rate_hz, pause_s, length_s
        self._median_uv, self._n_sites, self._rng = median_uv, n_sites, rng
        self._free_from = 0
        self._events: deque[Event] = deque()
        self._draw()

    def overlapping(self, start: int, stop: int) -> list[Event]:
        """Return the events that touch ``start <= index < stop``; blocks must be asked for in order."""
        while self._events[-1].start < stop:
            self._draw()
        while self._events[0].start + self._events[0].length <= start:
            self._events.popleft()
        return [event for event in self._events if event.start < stop]

    def _draw(self) -> None:
        shortest_s, mean_s = self._pause_s
        pause_s = shortest_s + self._rng.exponential(mean_s - shortest_s)
        length = max(2, round(self._rng.uniform(*self._length_s) * self._rate_hz))
        amplitude_uv = self._median_uv * float(np.exp(0.3 * self._rng.standard_normal()))
        start = self._free_from + round(pause_s * self._rate_hz)
        self._events.append(Event(start, length, amplitude_uv, int(self._rng.integers(self._n_sites))))
        self._free_from = start + length


class Blinks:
    """Eye blinks, about 12 a minute: a gamma-shaped wave of about 100 uV over the eyes, none while they are closed."""

    def __init__(self, head: Head, rate_hz: float, seed: list[int]) -> None:
        self._rate_hz = rate_hz
        self._map = head.focal_map("Fp1", 5.0) + head.focal_map("Fp2", 5.0)
        self._train = EventTrain(
            rate_hz,
            pause_s=(1.0, 4.5),
            length_s=(BLINK_LENGTH_S, BLINK_LENGTH_S),
            median_uv=80.0,
            n_sites=1,
            rng=np.random.default_rng(seed),
        )

    def add(self, samples: NDArray[np.float64], first_index: int, are_eyes_closed: Callable[[int], bool]) -> None:
        """Add to samples (n, n_channels); a blink whose first sample index finds the eyes closed does not happen."""
        index = np.arange(first_index, first_index + len(samples))
        for event in self._train.overlapping(first_index, first_index + len(samples)):
            if are_eyes_closed(event.start):
                continue
            phase = np.clip(index - event.start, 0, event.length) / (BLINK_PEAK_S * self._rate_hz)
            samples += np.outer(event.amplitude_uv * phase**2 * np.exp(2 - 2 * phase), self._map)


class Muscles:
    """Scalp-muscle activity above 20 Hz from forehead to neck: a slowly varying tone, and bursts at one temple.

    Whitham et al. 2007, Clin. Neurophysiol. 118:1877: scalp EEG above 20 Hz is largely muscle.
    """

    def __init__(self, head: Head, rate_hz: float, step_s: float, seed: list[int]) -> None:
        low_hz, high_hz = MUSCLE_BAND_HZ[0], min(MUSCLE_BAND_HZ[1], 0.45 * rate_hz)
        self._tone_uv = TONE_UV_PER_ROOT_HZ * np.sqrt(high_hz - low_hz)
        self._map = np.array([head.focal_map(site, 4.0) for site in MUSCLE_SITES])
        self._noise = FilteredNoise(
            band_sections(rate_hz, low_hz, high_hz), len(MUSCLE_SITES), rate_hz, np.random.default_rng([*seed, 0])
        )
        self._waxing = SlowFluctuation(len(MUSCLE_SITES), TONE_WAXING_S, step_s, np.random.default_rng([*seed, 2]))
        self._train = EventTrain(
            rate_hz,
            pause_s=(5.0, 25.0),
            length_s=(0.3, 1.2),
            median_uv=15.0,
            n_sites=2,
            rng=np.random.default_rng([*seed, 1]),
        )

    def add(self, samples: NDArray[np.float64], first_index: int, tone_gain: NDArray[np.float64]) -> None:
        """Add to samples (n, n_channels); ``tone_gain`` is (n or 1,)."""
        n_samples = len(samples)
        strength = self._tone_uv * tone_gain[:, None] * np.exp(TONE_WAXING * self._waxing.block(n_samples))
        index = np.arange(first_index, first_index + n_samples)
        for event in self._train.overlapping(first_index, first_index + n_samples):
            phase = np.clip((index - event.start) / event.length, 0.0, 1.0)
            strength[:, MUSCLE_SITES.index("T7") + event.site] += event.amplitude_uv * np.sin(np.pi * phase) ** 2
        samples += (strength * self._noise.block(n_samples)) @ self._map


class LineNoise:
    """Mains hum: the line frequency and its third harmonic, stronger at some electrodes, slowly varying."""

    def __init__(self, n_channels: int, rate_hz: float, line_hz: float, step_s: float, seed: list[int]) -> None:
        rng = np.random.default_rng(seed)
        self._rate_hz = rate_hz
        # An amplifier's anti-alias filter removes what lies above half the rate.
        self._parts = [(hz, share) for hz, share in ((line_hz, 1.0), (3 * line_hz, 0.2)) if hz < 0.5 * rate_hz]
        self._uv = 1.5 * np.exp(0.4 * rng.standard_normal(n_channels))
        self._phase = rng.uniform(-0.5, 0.5, n_channels)
        self._strength = SlowFluctuation(1, 20.0, step_s, rng)

    def add(self, samples: NDArray[np.float64], first_index: int) -> None:
        """Add to samples (n, n_channels)."""
        n_samples = len(samples)
        time_s = np.arange(first_index, first_index + n_samples) / self._rate_hz
        strength = np.exp(0.1 * self._strength.block(n_samples))
        for hz, share in self._parts:
            phase = 2 * np.pi * ((time_s * hz) % 1.0)
            # sin(a + b) with b fixed per channel: two columns instead of a sine for every sample of every channel.
            pair = strength * np.column_stack([np.sin(phase), np.cos(phase)])
            samples += share * (pair @ np.stack([self._uv * np.cos(self._phase), self._uv * np.sin(self._phase)]))


class Drift:
    """Slow change of the electrode potentials, each on its own: 20 uV rms, time constant 15 s."""

    def __init__(self, n_channels: int, step_s: float, seed: list[int]) -> None:
        self._course = SlowFluctuation(n_channels, 15.0, step_s, np.random.default_rng(seed))

    def add(self, samples: NDArray[np.float64]) -> None:
        """Add to samples (n, n_channels)."""
        samples += 20.0 * self._course.block(len(samples))
