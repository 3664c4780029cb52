"""Alpha level relative to the person's own rest: no training, any montage, any rate, any unit.

The share of 8-13 Hz in 2-30 Hz power is scale-free; it is compared with its distribution over a stretch of rest.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from models.cross_spectra import FLOOR, CrossSpectra
from models.decoder import DecoderSpec
from pipelines.decision import Decision
from pipelines.errors import ModelError
from pipelines.plugins import PluginSettings
from pipelines.signal import StreamSpec, Window

MIN_WINDOWS = 4
POSTERIOR = ("O", "PO", "P")


class Settings(PluginSettings):
    """Window and calibration."""

    checkpoint: str = Field("", description="Not used: nothing is trained.")
    window_s: float = Field(2.0, ge=1, description="Window (s).")
    hop_s: float = Field(0.5, gt=0, description="Step (s).")
    calibration_s: float = Field(15.0, gt=0, description="Rest at the start (s).")


class Alpha:
    """Says whether alpha is lower or higher than in this person's rest; it claims nothing about the person's state."""

    def __init__(self, settings: Settings) -> None:
        pipeline = ({"kind": "nonfinite"}, {"kind": "select"}, {"kind": "bandpass", "low_hz": 1.0, "high_hz": 40.0})
        self.spec = DecoderSpec(
            "alpha",
            ("low alpha", "high alpha"),
            settings.window_s,
            unit=None,
            pipeline=pipeline,
            calibration_s=settings.calibration_s,
            hop_s=settings.hop_s,
            summary="untrained; alpha power relative to the person's own rest",
        )

    def prepare(self, delivered: StreamSpec) -> None:
        """Choose channels: posterior ones where names tell, else all."""
        posterior = [i for i, name in enumerate(delivered.names) if name.rstrip("z0123456789") in POSTERIOR]
        self._columns = posterior or list(range(delivered.n_channels))
        self._n_samples = round(self.spec.window_s * delivered.rate_hz)
        self._n_channels = delivered.n_channels
        self._spectra = CrossSpectra(delivered.rate_hz, self._n_samples, [(2, 30), (8, 13)])
        self._centre: tuple[float, float] | None = None

    def warm_up(self) -> None:
        """Run once on noise."""
        self._level(np.random.default_rng(0).standard_normal((self._n_samples, self._n_channels)))

    def calibrate(self, windows: Sequence[Window], labels: Sequence[str] | None) -> None:
        """Learn the level at rest.

        Raises
        ------
        ModelError
            If there are fewer than four windows.
        """
        if len(windows) < MIN_WINDOWS:
            raise ModelError(f"alpha: calibration needs at least {MIN_WINDOWS} clean windows, got {len(windows)}")
        levels = np.array([self._level(window.samples) for window in windows])
        self._centre = float(np.median(levels)), max(float(levels.std()), 0.1)

    def decode(self, window: Window) -> Decision:
        """Decide on one window.

        Raises
        ------
        ModelError
            Before ``calibrate``.
        """
        if self._centre is None:
            raise ModelError("alpha: not calibrated: it needs a stretch of this person's rest first")
        middle, deviation = self._centre
        p = float(0.5 * (1 + np.tanh(0.5 * 1.7 * (self._level(window.samples) - middle) / deviation)))
        start_s, end_s = float(window.times_s[0]), float(window.times_s[-1])
        return Decision(window.window_index, start_s, end_s, self.spec.classes, (1 - p, p), self.spec.model_id)

    def close(self) -> None:
        """Nothing to free."""

    def _level(self, samples: NDArray[np.floating]) -> float:
        """Median over channels of the log share of alpha; dead channels are left out."""
        total, alpha = self._spectra.powers(samples)[:, self._columns]
        alive = total > FLOOR
        return float(np.median(np.log((alpha[alive] + FLOOR) / total[alive]))) if alive.any() else 0.0


def build(settings: Settings) -> Alpha:
    """Make the decoder."""
    return Alpha(settings)
