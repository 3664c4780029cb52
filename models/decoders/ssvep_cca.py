"""SSVEP by canonical correlation with sines at each flicker frequency and its harmonics; no training.

Lin et al. 2006, IEEE Trans. Biomed. Eng. 53:2610. Scale-free: any unit, any rate, any channels.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from models.decoder import DecoderSpec
from pipelines.decision import Decision
from pipelines.errors import DecodeFailed, ModelError
from pipelines.plugins import PluginSettings
from pipelines.signal import StreamSpec, Window


class Settings(PluginSettings):
    """Flicker frequencies and window."""

    checkpoint: str = Field("", description="Not used: nothing is trained.")
    frequencies_hz: tuple[float, ...] = Field((13.0, 17.0, 21.0), min_length=2, description="Flicker frequencies (Hz).")
    harmonics: int = Field(2, ge=1, le=5, description="Multiples of each frequency, the first included.")
    window_s: float = Field(3.0, gt=0.2, description="Window (s).")
    hop_s: float = Field(0.25, gt=0, description="Step (s).")
    sharpness: float = Field(20.0, gt=0, description="Correlation to probability: softmax(sharpness * r).")


class SsvepCca:
    """Each class is the frequency whose sines correlate best with some mixture of the channels."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        pipeline = (
            {"kind": "nonfinite"},
            {"kind": "select"},
            {"kind": "bandpass", "low_hz": 5.0, "high_hz": 45.0},
        )
        classes = tuple(f"{f:g} Hz" for f in settings.frequencies_hz)
        summary = "untrained; sees frequencies, not attention"
        self.spec = DecoderSpec(
            "ssvep_cca", classes, settings.window_s, unit=None, pipeline=pipeline, hop_s=settings.hop_s, summary=summary
        )
        self._bases: list[NDArray[np.float64]] = []

    def prepare(self, delivered: StreamSpec) -> None:
        """Make the sines for the stream's rate.

        Raises
        ------
        ModelError
            If a frequency lies above the Nyquist frequency.
        """
        n = round(self.spec.window_s * delivered.rate_hz)
        if max(self._settings.frequencies_hz) >= delivered.rate_hz / 2:
            raise ModelError(f"ssvep_cca: frequencies must be below {delivered.rate_hz / 2:g} Hz")
        t = np.arange(n)[:, None] / delivered.rate_hz
        self._n_channels = delivered.n_channels
        self._bases = []
        for f in self._settings.frequencies_hz:
            multiples = f * np.arange(1, self._settings.harmonics + 1)
            angles = 2 * np.pi * t * multiples[multiples < delivered.rate_hz / 2]
            sines = np.hstack([np.sin(angles), np.cos(angles)])
            self._bases.append(np.linalg.qr(sines - sines.mean(axis=0))[0])

    def warm_up(self) -> None:
        """Run once on noise."""
        self._correlations(np.random.default_rng(0).standard_normal((len(self._bases[0]), self._n_channels)))

    def calibrate(self, windows: Sequence[Window], labels: Sequence[str] | None) -> None:
        """Do nothing: there is nothing to adapt."""

    def decode(self, window: Window) -> Decision:
        """Decide on one window."""
        r = self._correlations(window.samples.astype(np.float64))
        scores = np.exp(self._settings.sharpness * (r - r.max()))
        p = scores / scores.sum()
        start_s, end_s = float(window.times_s[0]), float(window.times_s[-1])
        probabilities = tuple(float(v) for v in p)
        return Decision(window.window_index, start_s, end_s, self.spec.classes, probabilities, self.spec.model_id)

    def close(self) -> None:
        """Nothing to free."""

    def _correlations(self, samples: NDArray[np.float64]) -> NDArray[np.float64]:
        """Largest canonical correlation with each frequency; channels that do not vary are left out."""
        if not np.isfinite(samples).all():
            raise DecodeFailed("ssvep_cca: the window holds values that are not finite")
        centred = samples - samples.mean(axis=0)
        deviation = centred.std(axis=0)
        alive = deviation > 1e-12 * max(float(deviation.max()), 1e-300)
        if not alive.any():
            return np.zeros(len(self._bases))
        basis = np.linalg.qr(centred[:, alive] / deviation[alive])[0]
        return np.array([np.linalg.norm(basis.T @ sines, 2) for sines in self._bases])


def build(settings: Settings) -> SsvepCca:
    """Make the decoder."""
    return SsvepCca(settings)
