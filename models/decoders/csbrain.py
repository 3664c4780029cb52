"""CSBrain live: one forward pass of the whole network per window (nothing can be kept between windows)."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from pydantic import Field

from models.alignment import Alignment, RestAlignment
from models.calibration import Floats, LogisticCalibration, TemperatureCalibration, is_unsure
from models.checkpoints import Checkpoint, find, load
from models.csbrain.classifier import Architecture, Classifier
from models.csbrain.embedding import PATCH
from models.csbrain.placed import PlacedClassifier
from models.csbrain.precision import Precision
from models.csbrain.weights import load_strictly
from models.decoder import DecoderSpec
from models.placement import Where, one_thread
from models.rest_decoder import MIN_REST_WINDOWS, spaced
from pipelines.decision import Decision
from pipelines.errors import CheckpointInvalid, DecodeFailed, ModelError, SpecMismatch
from pipelines.plugins import PluginSettings
from pipelines.signal import StreamSpec, Window

RATE_HZ = 200.0
MICROVOLTS_PER_UNIT = 100.0
"""The network was trained on EEG in units of 100 µV."""

Calibrate = Callable[[Floats], Floats]

log = logging.getLogger(__name__)


class Settings(PluginSettings):
    """Which weights, where they run, and when to say nothing."""

    checkpoint: str = Field("", description="Folder with weights and card, or the name of a shipped decoder.")
    device: Where = Field("cpu", description="Where the network runs; auto takes CUDA where it works.")
    precision: Precision = Field(
        "fp32", description="Of the network's products: fp32; tf32 on CUDA; bf16 where the processor has it."
    )
    abstain_margin: float = Field(
        0.0, ge=0, le=1, description="Abstain when the best class leads the second by less than this probability."
    )
    drift: float = Field(
        0.0, ge=0, le=1, description="Share of each new window in the reference of alignment; 0 keeps that of rest."
    )


class CSBrainDecoder:
    """A trained :class:`Classifier`, in its fused form, on windows of whole seconds at 200 Hz."""

    def __init__(
        self,
        spec: DecoderSpec,
        classifier: Classifier,
        calibration: Mapping[str, Any],
        settings: Settings,
        where: str,
        alignment: Alignment = "none",
    ) -> None:
        self.spec = spec
        self._kind, self._drift = alignment, settings.drift
        self._alignment: RestAlignment | None = None
        self._probabilities = _calibration(calibration, len(spec.classes), f"{where}: calibration")
        self._margin = settings.abstain_margin
        self._shape = (round(spec.window_s * RATE_HZ), classifier.network.n_channels)
        self._classifier: PlacedClassifier | None = PlacedClassifier(
            classifier, settings.device, settings.precision, partial(log.warning, "%s: %s", spec.model_id)
        )
        one_thread()

    def prepare(self, delivered: StreamSpec) -> None:
        """Check the signal; forget the person's rest."""
        self.spec.check(delivered)
        self._alignment = None

    def warm_up(self) -> None:
        """Run on zeros: the first pass makes tables and buffers and chooses algorithms."""
        for _ in range(2):
            self._scores(np.zeros(self._shape[::-1], dtype=np.float32))

    def calibrate(self, windows: Sequence[Window], labels: Sequence[str] | None) -> None:
        """Learn the covariance of this person's rest, where the weights were trained so; else do nothing.

        Of labelled windows, those of the first class are used.

        Raises
        ------
        ModelError
            If there are too few windows of rest.
        """
        if self._kind == "none":
            return
        rest = spaced([w for i, w in enumerate(windows) if labels is None or labels[i] == self.spec.classes[0]])
        if len(rest) < MIN_REST_WINDOWS:
            raise ModelError(
                f"{self.spec.model_id}: calibration needs at least {MIN_REST_WINDOWS} windows of rest that overlap by "
                f"three quarters at most, got {len(rest)}: give it {2 * self.spec.window_s:g} s of rest or more"
            )
        self._alignment = RestAlignment.of(self._kind, np.stack([_turned(window) for window in rest]))

    def decode(self, window: Window) -> Decision:
        """Decide on one window.

        Raises
        ------
        SpecMismatch
            If the window is not of the trained length and channels.
        ModelError
            If it was trained on aligned windows, and no rest of this person is known.
        DecodeFailed
            If the network's answer is not finite.
        """
        if window.samples.shape != self._shape:
            raise SpecMismatch(f"{self.spec.model_id}: window has shape {window.samples.shape}, needs {self._shape}")
        scores = self._scores(self._aligned(_turned(window)))
        if not np.isfinite(scores).all():
            raise DecodeFailed(f"{self.spec.model_id}: window {window.window_index}: scores are not finite: {scores}")
        probabilities = self._probabilities(scores)
        unsure = is_unsure(probabilities, self._margin)
        n = len(self.spec.classes)
        return Decision(
            window.window_index,
            float(window.times_s[0]),
            float(window.times_s[-1]),
            self.spec.classes,
            (1.0 / n,) * n if unsure else tuple(probabilities.tolist()),
            self.spec.model_id,
            abstained=unsure,
            reason=f"no class leads by {self._margin:g}" if unsure else "",
        )

    def close(self) -> None:
        """Let the network's memory go."""
        self._classifier = None

    def _aligned(self, samples: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return samples (n_channels, n_samples) relative to the person's rest; with drift, it follows them."""
        if self._kind == "none":
            return samples
        if self._alignment is None:
            raise ModelError(f"{self.spec.model_id}: not calibrated: it needs a stretch of this person's rest first")
        aligned = self._alignment(samples)
        if self._drift:
            self._alignment = self._alignment.moved(samples, self._drift)
        return aligned

    def _scores(self, samples: NDArray[np.float32]) -> Floats:
        """Return class scores (n_classes,) of samples (n_channels, n_samples) in µV."""
        if self._classifier is None:
            raise ModelError(f"{self.spec.model_id}: the decoder is closed; make a new one")
        # To (1, channels, patches, 200), in units of 100 µV.
        patches = np.ascontiguousarray(samples / np.float32(MICROVOLTS_PER_UNIT)).reshape(1, self._shape[1], -1, PATCH)
        answer: Floats = self._classifier(torch.from_numpy(patches))[0].double().numpy()
        return answer


def _turned(window: Window) -> NDArray[np.float32]:
    """Return the samples as (n_channels, n_samples): the one transpose of the house."""
    return np.asarray(window.samples.T)


def _calibration(table: Mapping[str, Any], n_classes: int, where: str) -> Calibrate:
    """Return what makes probabilities of scores: logistic for two classes, a temperature for more, or as they are."""
    if n_classes != 2:
        return (TemperatureCalibration.from_dict(table, where) if table else TemperatureCalibration()).apply
    logistic = LogisticCalibration.from_dict(table, where) if table else LogisticCalibration()

    def apply(scores: Floats) -> Floats:
        second = float(logistic.apply(scores[1] - scores[0]))
        return np.array([1.0 - second, second])

    return apply


def build(settings: Settings) -> CSBrainDecoder:
    """Load the weights.

    Raises
    ------
    CheckpointInvalid
        If no folder is given, or what is in it does not fit together.
    """
    if not settings.checkpoint:
        raise CheckpointInvalid(
            "csbrain: needs trained weights: give checkpoint = 'FOLDER' or a shipped decoder's name"
        )
    checkpoint = load(find(settings.checkpoint))
    spec = _checked_spec(checkpoint)
    where = str(checkpoint.folder)
    architecture = Architecture.from_table(checkpoint.card.architecture, where)
    if architecture.context:
        raise CheckpointInvalid(
            f"{where}: decides on {architecture.context} windows at once by neighbours on both sides, which a live "
            "session does not have yet: it is for recordings; train another head for live use"
        )
    if len(architecture.regions) != len(spec.channels or ()):
        raise CheckpointInvalid(
            f"{where}: {len(architecture.regions)} regions for {len(spec.channels or ())} channels in the card"
        )
    try:
        classifier = Classifier(architecture, len(spec.classes))
    except ModelError as exc:
        raise CheckpointInvalid(f"{where}: architecture: {exc}") from exc
    load_strictly(classifier, {k: torch.from_numpy(v.copy()) for k, v in checkpoint.tensors.items()}, where)
    return CSBrainDecoder(spec, classifier, checkpoint.card.calibration, settings, where, architecture.alignment)


def _checked_spec(checkpoint: Checkpoint) -> DecoderSpec:
    """Return the card's spec if the network can serve it."""
    card, spec, where = checkpoint.card, checkpoint.card.decoder_spec(), Path(checkpoint.folder)
    faults = []
    if card.kind != "csbrain":
        faults.append(f"kind = {card.kind!r}, not 'csbrain'")
    if spec.rate_hz != RATE_HZ:
        faults.append(f"rate_hz = {spec.rate_hz}, the network needs {RATE_HZ:g}")
    if spec.unit != "uV":
        faults.append(f"unit = {spec.unit!r}, the network needs 'uV'")
    if not spec.channels:
        faults.append("channels are not named")
    if spec.window_s < 1 or spec.window_s != round(spec.window_s):
        faults.append(f"window_s = {spec.window_s}, the network needs whole seconds")
    if len(spec.classes) < 2:
        faults.append(f"classes = {spec.classes}, at least two are needed")
    if faults:
        raise CheckpointInvalid(f"{where}: the card does not fit the csbrain decoder: {'; '.join(faults)}")
    return spec
