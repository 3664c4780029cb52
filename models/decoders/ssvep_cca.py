"""SSVEP by canonical correlation with sines at each flicker frequency and its harmonics; no training.

Lin et al. 2006, IEEE Trans. Biomed. Eng. 53:2610 (correlation); Chen et al. 2015, J. Neural Eng. 12:046008 (sub-bands
from each harmonic upwards, and their weights). Scale-free: any unit, any rate, any channels.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from pydantic import Field
from scipy import fft

from models.calibration import softmax
from models.decoder import DecoderSpec
from pipelines.decision import Decision
from pipelines.errors import DecodeFailed, SpecMismatch
from pipelines.plugins import PluginSettings
from pipelines.signal import StreamSpec, Window

MARGIN_HZ = 2.0
"""Each sub-band begins so much below a harmonic of the lowest frequency."""


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
        self._bands: list[tuple[float, slice, list[NDArray[np.float64]]]] = []

    def prepare(self, delivered: StreamSpec) -> None:
        """Make the sines for the stream's rate.

        Raises
        ------
        SpecMismatch
            If a frequency does not lie below half the sampling rate.
        """
        s = self._settings
        n = round(s.window_s * delivered.rate_hz)
        top_hz = min(s.high_hz, delivered.rate_hz / 2)
        if max(s.frequencies_hz) >= top_hz:
            raise SpecMismatch(
                f"ssvep_cca does not fit {delivered.source_id or 'the stream'}: rate is {delivered.rate_hz:g} Hz and "
                f"high_hz is {s.high_hz:g} Hz: {max(s.frequencies_hz):g} Hz must lie below {top_hz:g} Hz"
            )
        self._n_samples, self._n_channels = n, delivered.n_channels
        frequencies = fft.rfftfreq(n, 1 / delivered.rate_hz)
        stop = int(np.searchsorted(frequencies, top_hz))
        self._bands = []
        for k in range(1, s.sub_bands + 1):
            start = max(1, int(np.searchsorted(frequencies, k * min(s.frequencies_hz) - MARGIN_HZ)))
            bins = slice(start, stop)
            if stop - start <= delivered.n_channels + s.harmonics:
                continue  # the channels could imitate anything in so narrow a band
            bases = [_basis(_spectrum(self._sines(f, delivered.rate_hz, top_hz), bins)) for f in s.frequencies_hz]
            self._bands.append((k**-1.25 + 0.25, bins, bases))
        if not self._bands:
            raise SpecMismatch(
                f"ssvep_cca does not fit {delivered.source_id or 'the stream'}: windows of {s.window_s:g} s are too "
                f"short for {delivered.n_channels} channels"
            )

    def _sines(self, frequency_hz: float, rate_hz: float, top_hz: float) -> NDArray[np.float64]:
        multiples = frequency_hz * np.arange(1, self._settings.harmonics + 1)
        angles = 2 * np.pi * np.outer(np.arange(self._n_samples) / rate_hz, multiples[multiples < top_hz])
        return np.hstack([np.sin(angles), np.cos(angles)])

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
        """Weighted sum over sub-bands of the squared canonical correlation; zeros if all channels are flat."""
        if not np.isfinite(samples).all():
            raise DecodeFailed("ssvep_cca: the window holds values that are not finite")
        scores = np.zeros(len(self._settings.frequencies_hz))
        centred = samples - samples.mean(axis=0)
        deviation = centred.std(axis=0)
        alive = deviation > 1e-9 * np.abs(samples).max(axis=0)
        if not alive.any():
            return scores
        rows = centred[:, alive] / deviation[alive]
        for weight, bins, bases in self._bands:
            basis = _basis(_spectrum(rows, bins))
            scores += weight * np.array([np.linalg.norm(basis.T @ sines, 2) ** 2 for sines in bases])
        return scores


def _spectrum(rows: NDArray[np.float64], bins: slice) -> NDArray[np.float64]:
    """Real and imaginary parts (2 * n_bins, n_columns): the rows band-passed, in coordinates of the Fourier basis."""
    found = fft.rfft(rows, axis=0)[bins]
    return np.vstack([found.real, found.imag])


def _basis(columns: NDArray[np.float64]) -> NDArray[np.float64]:
    """Orthonormal basis of the span of columns (n_rows, n_columns); copies of a channel add nothing to it."""
    u, s, _ = np.linalg.svd(columns, full_matrices=False)
    return np.asarray(u[:, s > 1e-6 * s[0]])


def build(settings: Settings) -> SsvepCca:
    """Make the decoder."""
    return SsvepCca(settings)
