"""Alpha level relative to the person's own rest: no training, any montage, any rate, any unit.

The share of 8-13 Hz in 2-30 Hz power is scale-free; it is compared with its distribution over a stretch of rest.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from models.cross_spectra import CrossSpectra
from models.decoder import DecoderSpec
from pipelines.channel_names import canonical_name
from pipelines.decision import Decision
from pipelines.errors import ModelError, SpecMismatch
from pipelines.plugins import PluginSettings
from pipelines.signal import StreamSpec, Window

MIN_WINDOWS = 4
MIN_SPREAD = 0.1
POSTERIOR = ("O", "PO", "P")
BROAD_HZ, ALPHA_HZ = (2.0, 30.0), (8.0, 13.0)
DEAD = 1e-6
"""A channel with less than this share of the strongest channel's power is taken for a dead one."""


class Settings(PluginSettings):
    """Window and calibration."""

    window_s: float = Field(2.0, ge=1, description="Window (s).")
    hop_s: float = Field(0.5, gt=0, description="Step (s).")
    calibration_s: float = Field(15.0, gt=0, description="Rest at the start (s).")


class Alpha:
    """Says whether alpha is lower or higher than in this person's rest; it claims nothing about the person's state.

    The probability of "high alpha" is about the share of windows of rest that had less of it.
    """

    def __init__(self, settings: Settings) -> None:
        # No upper edge: the stream may be slow, and what lies above 30 Hz is not looked at.
        highpass = {"kind": "bandpass", "low_hz": 1.0, "high_hz": None, "order": 2}
        self.spec = DecoderSpec(
            "alpha",
            ("low alpha", "high alpha"),
            settings.window_s,
            unit=None,
            pipeline=({"kind": "nonfinite"}, {"kind": "select"}, highpass),
            calibration_s=settings.calibration_s,
            hop_s=settings.hop_s,
            summary="untrained; alpha power relative to the person's own rest",
        )
        self._centre: tuple[float, float] | None = None

    def prepare(self, delivered: StreamSpec) -> None:
        """Choose channels: posterior ones where names tell, else all EEG. Forget any calibration.

        Raises
        ------
        SpecMismatch
            If there is no EEG channel, or the rate is too low for 30 Hz.
        """
        eeg = delivered.indices_of("eeg")
        found = [] if eeg else ["no EEG channel"]
        if delivered.rate_hz < 2 * BROAD_HZ[1]:
            found.append(f"rate is {delivered.rate_hz:g} Hz, needed {2 * BROAD_HZ[1]:g} Hz or more")
        if found:
            raise SpecMismatch(f"alpha does not fit {delivered.source_id or 'the stream'}: " + "; ".join(found))
        posterior = [i for i in eeg if canonical_name(delivered.names[i]).rstrip("z0123456789") in POSTERIOR]
        self._columns = posterior or eeg
        self._n_samples = round(self.spec.window_s * delivered.rate_hz)
        self._n_channels = delivered.n_channels
        self._spectra = CrossSpectra(delivered.rate_hz, self._n_samples, [BROAD_HZ, ALPHA_HZ])
        self._centre = None

    def warm_up(self) -> None:
        """Run once on noise."""
        self._level(np.random.default_rng(0).standard_normal((self._n_samples, self._n_channels)))

    def calibrate(self, windows: Sequence[Window], labels: Sequence[str] | None) -> None:
        """Learn the level at rest from all windows, whatever their labels.

        Raises
        ------
        ModelError
            If fewer than four windows hold a signal.
        """
        found = [self._level(window.samples) for window in windows]
        levels = np.array([level for level in found if level is not None])
        if len(levels) < MIN_WINDOWS:
            raise ModelError(
                f"alpha: calibration needs at least {MIN_WINDOWS} clean windows with a signal, "
                f"got {len(levels)} out of {len(windows)}"
            )
        self._centre = float(np.median(levels)), max(float(levels.std()), MIN_SPREAD)

    def decode(self, window: Window) -> Decision:
        """Decide on one window; abstain where all channels are flat.

        Raises
        ------
        ModelError
            Before ``calibrate``.
        DecodeFailed
            If a value is not finite.
        """
        if self._centre is None:
            raise ModelError("alpha: not calibrated: it needs a stretch of this person's rest first")
        middle, deviation = self._centre
        level = self._level(window.samples)
        # The logistic function with slope 1.7 is the normal distribution's to within 0.01.
        p = 0.5 if level is None else float(0.5 * (1 + np.tanh(0.5 * 1.7 * (level - middle) / deviation)))
        return Decision(
            window.window_index,
            float(window.times_s[0]),
            float(window.times_s[-1]),
            self.spec.classes,
            (1 - p, p),
            self.spec.model_id,
            abstained=level is None,
            reason="all channels are flat" if level is None else "",
        )

    def close(self) -> None:
        """Nothing to free."""

    def _level(self, samples: NDArray[np.floating]) -> float | None:
        """Median over channels of the log share of alpha, dead channels left out; None if all are dead."""
        broad, alpha = self._spectra.powers(samples[:, self._columns])
        alive = broad > DEAD * broad.max()
        if not alive.any():
            return None
        share = np.maximum(alpha[alive] / broad[alive], DEAD)
        return float(np.median(np.log(share)))


def build(settings: Settings) -> Alpha:
    """Make the decoder."""
    return Alpha(settings)
