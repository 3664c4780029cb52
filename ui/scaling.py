"""How many signal units fill one lane of the traces."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from pipelines.signal import StreamSpec

STEPS = tuple(digit * 10.0**power for power in range(-3, 7) for digit in (1, 2, 5))
"""1, 2, 5, 10 … from 0.001 to 5 million units per lane."""


def step_for(span: float) -> float:
    """Return the smallest step that holds a span."""
    return next((step for step in STEPS if step >= span), STEPS[-1])


def _fits(span: float, scale: float) -> bool:
    return 0.35 * scale <= span <= 1.1 * scale


def next_step(scale: float, up: int) -> float:
    """Return the step above (1) or below (-1) a scale."""
    nearest = min(range(len(STEPS)), key=lambda i: abs(np.log(STEPS[i] / scale)))
    return STEPS[max(0, min(len(STEPS) - 1, nearest + up))]


def eeg_unit(spec: StreamSpec) -> str:
    """Return the unit of the EEG channels (of all, where none is EEG) as it is written; ``units`` if unknown."""
    units = {spec.channels[i].unit for i in spec.indices_of("eeg") or range(spec.n_channels)}
    return {"uV": "µV", "unknown": "units"}.get(unit := units.pop(), unit) if len(units) == 1 else "units"


class LaneScales:
    """Units per lane of each channel: one common scale for the EEG, one of its own for every other channel.

    A scale found by itself is kept while the signal roughly fills its lane, so that the picture does not pump.
    """

    def __init__(self, spec: StreamSpec) -> None:
        eeg = spec.indices_of("eeg")
        self._common = np.zeros(spec.n_channels, dtype=np.bool_)
        self._common[eeg or range(spec.n_channels)] = True
        self.unit = eeg_unit(spec)
        self.common = 100.0
        """Units per lane of the EEG channels."""
        self._own = np.full(spec.n_channels, 100, dtype=np.float32)

    def fit(self, spans: NDArray[np.float32], *, common: bool) -> bool:
        """Follow what the channels span (n_channels,); ``common`` includes the EEG. Return whether anything changed."""
        changed = False
        seen = spans[self._common & np.isfinite(spans) & (spans > 0)]
        if common and seen.size:
            span = float(np.median(seen))
            if not _fits(span, self.common):
                self.common, changed = step_for(span), True
        for channel in np.flatnonzero(~self._common & np.isfinite(spans) & (spans > 0)):
            if not _fits(float(spans[channel]), float(self._own[channel])):
                self._own[channel], changed = step_for(float(spans[channel])), True
        return changed

    def per_lane(self) -> NDArray[np.float32]:
        """Return units per lane (n_channels,)."""
        return np.where(self._common, np.float32(self.common), self._own).astype(np.float32)

    def text(self) -> str:
        """Say the common scale, for the scale bar."""
        if self.unit == "µV" and self.common >= 1000:
            return f"{self.common / 1000:g} mV"
        return f"{self.common:g} {self.unit}"
