"""A two-class decoder on features relative to rest; ``bandpower`` and ``riemann`` are two settings of it."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from models.calibration import LogisticCalibration
from models.checkpoints import load
from models.cross_spectra import CrossSpectra
from models.decoder import DecoderSpec
from models.rest_features import RestFeatures, n_features
from pipelines.decision import Decision
from pipelines.errors import CheckpointInvalid, ModelError
from pipelines.signal import StreamSpec, Window

Bands = tuple[tuple[float, float], ...]
MIN_REST_WINDOWS = 3


class RestDecoder:
    """Trained once on many people; ``calibrate`` gives it one person's rest.

    Parameters
    ----------
    spec
        What it needs and answers: two classes, the first one rest; rate and channels are set.
    bands_hz, n_tapers
        How covariances are measured.
    tangent
        Whether tangent-space covariances join the log band power.
    weights, bias
        The trained linear decision.
    calibration
        From decision value to probability; the threshold learned on held-out people lies at 0.5.
    """

    def __init__(
        self,
        spec: DecoderSpec,
        bands_hz: Bands,
        n_tapers: int,
        *,
        tangent: bool,
        weights: NDArray[np.float64],
        bias: float,
        calibration: LogisticCalibration,
    ) -> None:
        if spec.rate_hz is None or not spec.channels or len(spec.classes) != 2:
            raise CheckpointInvalid(f"{spec.model_id}: needs a rate, channels and two classes in its card")
        expected = n_features(len(bands_hz), len(spec.channels), tangent=tangent)
        if weights.shape != (expected,):
            raise CheckpointInvalid(
                f"{spec.model_id}: {weights.size} weights, but its bands and channels make {expected} features: "
                "card and weights do not belong together; get the checkpoint again"
            )
        self.spec = spec
        self._spectra = CrossSpectra(spec.rate_hz, round(spec.window_s * spec.rate_hz), bands_hz, n_tapers)
        self._tangent, self._weights, self._bias, self._calibration = tangent, weights, bias, calibration
        self._rest: RestFeatures | None = None

    def prepare(self, delivered: StreamSpec) -> None:
        """Check the signal; forget any calibration."""
        self.spec.check(delivered)
        self._rest = None

    def warm_up(self) -> None:
        """Run once on noise, calibration included; nothing of it is kept."""
        shape = (self._spectra.n_samples, len(self.spec.channels or ()))
        noise = np.random.default_rng(0).standard_normal((MIN_REST_WINDOWS, *shape))
        covariances = np.stack([self._spectra.covariances(window) for window in noise])
        self._probability(RestFeatures(covariances, tangent=self._tangent), covariances[0])

    def calibrate(self, windows: Sequence[Window], labels: Sequence[str] | None) -> None:
        """Learn this person's rest; of labelled windows, those of the first class are used.

        Windows that overlap by more than three quarters are thinned out, so that the session's hop hardly matters.
        """
        rest = [w for i, w in enumerate(windows) if labels is None or labels[i] == self.spec.classes[0]]
        chosen = spaced(rest)
        if len(chosen) < MIN_REST_WINDOWS:
            raise ModelError(
                f"{self.spec.model_id}: calibration needs at least {MIN_REST_WINDOWS} clean windows of rest that "
                f"overlap by three quarters at most, got {len(chosen)} out of {len(rest)}: give it "
                f"{2 * self.spec.window_s:g} s of rest or more"
            )
        covariances = np.stack([self._spectra.covariances(window.samples) for window in chosen])
        self._rest = RestFeatures(covariances, tangent=self._tangent)

    def decode(self, window: Window) -> Decision:
        """Decide on one window.

        Raises
        ------
        ModelError
            Before ``calibrate``.
        DecodeFailed
            If a value is not finite.
        """
        if self._rest is None:
            raise ModelError(f"{self.spec.model_id}: not calibrated: it needs a stretch of this person's rest first")
        p = self._probability(self._rest, self._spectra.covariances(window.samples))
        start_s, end_s = float(window.times_s[0]), float(window.times_s[-1])
        return Decision(window.window_index, start_s, end_s, self.spec.classes, (1.0 - p, p), self.spec.model_id)

    def close(self) -> None:
        """Nothing to free."""

    def _probability(self, rest: RestFeatures, covariances: NDArray[np.float64]) -> float:
        return float(self._calibration.apply(float(self._weights @ rest(covariances)) + self._bias))


def spaced(windows: Sequence[Window]) -> list[Window]:
    """Pick windows, in order, that begin at least a quarter of a window apart."""
    chosen: list[Window] = []
    for window in windows:
        if not chosen or abs(window.first_index - chosen[-1].first_index) >= window.n_samples // 4:
            chosen.append(window)
    return chosen


def from_checkpoint(folder: str, bands_hz: Bands, n_tapers: int, *, tangent: bool, kind: str) -> RestDecoder:
    """Make the decoder of a checkpoint folder.

    Raises
    ------
    CheckpointInvalid
        If no folder is given, or what is in it does not fit together.
    """
    if not folder:
        raise CheckpointInvalid(f"{kind}: needs trained weights: name a shipped decoder or give checkpoint = 'FOLDER'")
    checkpoint = load(folder)
    return RestDecoder(
        checkpoint.card.decoder_spec(),
        bands_hz,
        n_tapers,
        tangent=tangent,
        weights=checkpoint.tensor("weights", (None,)).astype(np.float64),
        bias=float(checkpoint.tensor("bias", (1,))[0]),
        calibration=LogisticCalibration.from_dict(checkpoint.card.calibration, f"{folder}: calibration"),
    )
