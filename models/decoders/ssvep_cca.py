"""SSVEP by canonical correlation with sines at each flicker frequency and its harmonics; no training."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from models.calibration import softmax
from models.decoder import DecoderSpec
from models.flicker import FlickerCorrelation
from pipelines.decision import Decision
from pipelines.errors import DecodeFailed, SpecMismatch
from pipelines.plugins import PluginSettings
from pipelines.signal import StreamSpec, Window


class Settings(PluginSettings):
    """Flicker frequencies and window."""

    frequencies_hz: tuple[float, ...] = Field((13.0, 17.0, 21.0), min_length=2, description="Flicker frequencies (Hz).")
    harmonics: int = Field(2, ge=1, le=5, description="Multiples of each frequency, the first included.")
    sub_bands: int = Field(2, ge=1, le=5, description="Sub-bands, from the first, second … harmonic upwards.")
    high_hz: float = Field(45.0, gt=0, description="What lies above is ignored (Hz).")
    window_s: float = Field(3.0, gt=0.2, description="Window (s).")
    hop_s: float = Field(0.25, gt=0, description="Step (s).")
    sharpness: float = Field(12.0, gt=0, description="Score to probability: softmax(sharpness * score).")
    rest_score: float | None = Field(
        None, gt=0, description="Adds the class 'rest', with this score; none leaves it out."
    )


class SsvepCca:
    """Each class is the frequency whose sines correlate best with some mixture of the channels.

    ``sharpness`` was fitted on SSVEPExo (8 people, windows of 3 s); other people and windows deserve their own.
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        classes = [f"{f:g} Hz" for f in settings.frequencies_hz]
        self.spec = DecoderSpec(
            "ssvep_cca",
            tuple(classes if settings.rest_score is None else [*classes, "rest"]),
            settings.window_s,
            unit=None,
            pipeline=({"kind": "nonfinite"}, {"kind": "select"}, {"kind": "bandpass", "low_hz": 3.0, "high_hz": None}),
            hop_s=settings.hop_s,
            summary="untrained; sees frequencies, not attention",
        )

    def prepare(self, delivered: StreamSpec) -> None:
        """Make the sines for the stream's rate.

        Raises
        ------
        SpecMismatch
            If a frequency does not lie below half the sampling rate.
        """
        s = self._settings
        n = round(s.window_s * delivered.rate_hz)
        self._n_samples, self._n_channels = n, delivered.n_channels
        try:
            self._correlation = FlickerCorrelation(
                s.frequencies_hz,
                s.harmonics,
                s.sub_bands,
                s.high_hz,
                rate_hz=delivered.rate_hz,
                n_samples=n,
                n_channels=delivered.n_channels,
            )
        except SpecMismatch as exc:
            raise SpecMismatch(f"ssvep_cca does not fit {delivered.source_id or 'the stream'}: {exc}") from exc

    def warm_up(self) -> None:
        """Run once on noise."""
        self._scores(np.random.default_rng(0).standard_normal((self._n_samples, self._n_channels)))

    def calibrate(self, windows: Sequence[Window], labels: Sequence[str] | None) -> None:
        """Do nothing: there is nothing to adapt."""

    def decode(self, window: Window) -> Decision:
        """Decide on one window; abstain where all channels are flat.

        Raises
        ------
        DecodeFailed
            If a value is not finite.
        """
        scores = self._scores(window.samples.astype(np.float64))
        flat = not scores.any()
        if self._settings.rest_score is not None and not flat:
            scores = np.append(scores, self._settings.rest_score)
        n = len(self.spec.classes)
        p = np.full(n, 1.0 / n) if flat else softmax(self._settings.sharpness * scores)
        return Decision(
            window.window_index,
            float(window.times_s[0]),
            float(window.times_s[-1]),
            self.spec.classes,
            tuple(float(v) for v in p),
            self.spec.model_id,
            abstained=flat,
            reason="all channels are flat" if flat else "",
        )

    def close(self) -> None:
        """Nothing to free."""

    def _scores(self, samples: NDArray[np.float64]) -> NDArray[np.float64]:
        if not np.isfinite(samples).all():
            raise DecodeFailed("ssvep_cca: the window holds values that are not finite")
        return self._correlation(samples)


def build(settings: Settings) -> SsvepCca:
    """Make the decoder."""
    return SsvepCca(settings)
