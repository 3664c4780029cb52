"""The simulated participant: everything an electrode would pick up, in blocks of a tenth of a second."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from devices.simulation.artifacts import Blinks, Drift, LineNoise, Muscles
from devices.simulation.faults import Faults
from devices.simulation.head import Head
from devices.simulation.noise import FilteredNoise, SlowFluctuation, power_law_sections
from devices.simulation.person import Person
from devices.simulation.rhythms import Oscillations
from devices.simulation.schedule import Schedule

BLOCK_S = 0.1
BACKGROUND_EXPONENT = 1.7
BACKGROUND_CORNER_HZ = 0.5
BACKGROUND_DENSITY_UV2 = 22.0
"""Power density before referencing at 1 Hz (uV^2/Hz)."""
BACKGROUND_WAXING = 0.12
BACKGROUND_WAXING_S = 2.5
"""Fluctuation of the background's log-amplitude, and its time constant (s)."""
SENSOR_UV = 0.3
MUSCLE_TONE = "muscle_tone"


@dataclass(frozen=True, slots=True)
class Nuisances:
    """Which disturbances are simulated; ``line_hz`` counts only with ``line``."""

    blinks: bool = True
    muscle: bool = True
    line: bool = True
    drift: bool = True
    line_hz: float = 50.0


class Participant:
    """Generates samples in order, block by block; the same seed gives the same bits.

    Every part has a random generator of its own, so switching one off leaves the others as they were.

    Parameters
    ----------
    names
        Electrodes of the 10-05 system.
    rate_hz
        Sampling rate.
    schedule
        The task states.
    frequencies_hz
        Flicker frequencies that can be responded to.
    nuisances, faults
        What disturbs and what breaks.
    seed
        Of the whole participant.

    Raises
    ------
    ChannelMismatch
        If a name is no electrode.
    """

    def __init__(
        self,
        names: tuple[str, ...],
        rate_hz: float,
        schedule: Schedule,
        *,
        frequencies_hz: tuple[float, ...] = (),
        nuisances: Nuisances | None = None,
        faults: Faults | None = None,
        seed: int = 0,
    ) -> None:
        wanted = nuisances or Nuisances()
        self.block_length = max(1, round(BLOCK_S * rate_hz))
        self._schedule, self._faults = schedule, faults or Faults()
        self.next_index = 0
        """Of the first sample not yet made."""
        head, step_s, n_channels = Head(names), self.block_length / rate_hz, len(names)
        person = Person.draw([seed, 8])
        self._background_map = person.level("background") * head.background_map()
        sections = power_law_sections(
            rate_hz,
            exponent=BACKGROUND_EXPONENT,
            corner_hz=BACKGROUND_CORNER_HZ,
            density_at_1hz=BACKGROUND_DENSITY_UV2,
        )
        self._background = FilteredNoise(sections, len(self._background_map), rate_hz, np.random.default_rng([seed, 0]))
        self._waxing = SlowFluctuation(1, BACKGROUND_WAXING_S, step_s, np.random.default_rng([seed, 9]))
        self._sensors = np.random.default_rng([seed, 1])
        self._rhythms = Oscillations(head, person, rate_hz, frequencies_hz, step_s, [seed, 2])
        self._blinks = Blinks(head, rate_hz, [seed, 3]) if wanted.blinks else None
        self._muscles = Muscles(head, rate_hz, step_s, [seed, 4]) if wanted.muscle else None
        self._line = LineNoise(n_channels, rate_hz, wanted.line_hz, step_s, [seed, 5]) if wanted.line else None
        self._drift = Drift(n_channels, step_s, [seed, 6]) if wanted.drift else None

    def next_block(self) -> NDArray[np.float32]:
        """Return the next ``block_length`` samples, shape (block_length, n_channels), uV."""
        start, n_samples = self.next_index, self.block_length
        self.next_index += n_samples
        background = self._background.block(n_samples) * np.exp(BACKGROUND_WAXING * self._waxing.block(n_samples))
        samples = background @ self._background_map
        samples += SENSOR_UV * self._sensors.standard_normal(samples.shape)
        gains = self._schedule.gains(start, n_samples, (*self._rhythms.names, MUSCLE_TONE))
        samples += self._rhythms.block(start, n_samples, gains[:, :-1])
        if self._blinks:
            self._blinks.add(samples, start, lambda index: self._schedule.state_at(index) == "eyes_closed")
        if self._muscles:
            self._muscles.add(samples, start, gains[:, -1])
        if self._line:
            self._line.add(samples, start)
        if self._drift:
            self._drift.add(samples)
        self._faults.spoil(samples, start)
        return samples.astype(np.float32)
