"""A two-class decoder on features relative to rest; ``bandpower`` and ``riemann`` are two settings of it."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from models.checkpoints import load
from models.decoder import DecoderSpec
from models.linear_head import LinearHead
from models.rest_features import RestFeatures
from pipelines.decision import Decision
from pipelines.errors import CheckpointInvalid, ModelError
from pipelines.signal import StreamSpec, Window

Bands = tuple[tuple[float, float], ...]


class RestDecoder:
    """Trained once on many people; ``calibrate`` gives it one person's rest.

    Parameters
    ----------
    spec
        What it needs and answers; exactly two classes.
    bands_hz
        Band edges of the features.
    tangent
        Whether tangent-space covariances join the log band power.
    head
        The trained linear decision.
    """

    def __init__(self, spec: DecoderSpec, bands_hz: Bands, *, tangent: bool, head: LinearHead) -> None:
        self.spec, self._head = spec, head
        assert spec.rate_hz is not None
        self._rate_hz, self._bands_hz, self._tangent = spec.rate_hz, bands_hz, tangent
        self._n_samples = round(spec.window_s * spec.rate_hz)
        self._features = self._new()

    def _new(self) -> RestFeatures:
        return RestFeatures(self._rate_hz, self._n_samples, self._bands_hz, tangent=self._tangent)

    def prepare(self, delivered: StreamSpec) -> None:
        """Check the signal; forget any calibration."""
        self.spec.check(delivered)
        self._features = self._new()

    def warm_up(self) -> None:
        """Run once on noise; the calibration it needs is thrown away."""
        n_channels = len(self.spec.channels or ())
        noise = np.random.default_rng(0).standard_normal((5, self._n_samples, n_channels))
        features = self._new()
        features.fit_rest(list(noise))
        self._head.probability(features.vector(noise[0]))

    def calibrate(self, windows: Sequence[Window], labels: Sequence[str] | None) -> None:
        """Learn this person's rest; of labelled windows, those labelled with the first class are used."""
        chosen = [w for i, w in enumerate(windows) if labels is None or labels[i] == self.spec.classes[0]]
        features = self._new()
        try:
            features.fit_rest([window.samples for window in chosen])
        except ModelError as exc:
            raise ModelError(f"{self.spec.model_id}: {exc}") from exc
        self._features = features

    def decode(self, window: Window) -> Decision:
        """Decide on one window."""
        p = self._head.probability(self._features.vector(window.samples))
        return Decision(
            window.window_index,
            float(window.times_s[0]),
            float(window.times_s[-1]),
            self.spec.classes,
            (1.0 - p, p),
            self.spec.model_id,
        )

    def close(self) -> None:
        """Nothing to free."""


def from_checkpoint(folder: str, bands_hz: Bands, *, tangent: bool, kind: str) -> RestDecoder:
    """Make the decoder of a checkpoint folder.

    Raises
    ------
    CheckpointInvalid
        If no folder is given, or what is in it does not fit together.
    """
    if not folder:
        raise CheckpointInvalid(f"{kind}: needs trained weights: name a shipped decoder or give checkpoint = 'FOLDER'")
    checkpoint = load(folder)
    spec = checkpoint.card.decoder_spec()
    head = LinearHead.from_tensors(checkpoint.tensors, folder)
    if len(spec.classes) != 2 or spec.rate_hz is None or not spec.channels:
        raise CheckpointInvalid(f"{folder}: {kind} needs two classes, a rate and channels")
    n = len(spec.channels)
    expected = len(bands_hz) * (n + (n * (n + 1) // 2 if tangent else 0))
    if head.weights.size != expected:
        raise CheckpointInvalid(
            f"{folder}: {head.weights.size} weights, but bands and channels make {expected} features"
        )
    return RestDecoder(spec, bands_hz, tangent=tangent, head=head)
