"""Any decoder of a checkpoint with what the checkpoint knows of its trustworthiness applied to every decision."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from pydantic import Field

from models.decoder import Decoder, DecoderSpec
from models.trust import Trust
from pipelines.decision import Decision
from pipelines.errors import ConfigError, ModelError
from pipelines.percent import percent
from pipelines.plugins import PluginSettings
from pipelines.signal import StreamSpec, Window


class TrustSettings(PluginSettings):
    """When to say nothing. They stand among the settings of the decoder itself."""

    max_risk: float = Field(
        1.0, gt=0, le=1, description="Decide only where, of people never seen, at most this share was wrong; 1: always."
    )
    abstain_unfamiliar: bool = Field(
        False, description="Whether to say nothing of windows unlike the training signals."
    )


class TrustedDecoder:
    """Adds prediction set and unfamiliarity to a decoder's decisions, and abstains where settings say so.

    Parameters
    ----------
    decoder
        What decides; its spec has a rate and channels.
    trust
        What is known of it.
    settings
        When to abstain.

    Raises
    ------
    ConfigError
        If the risk asked for was never reached.
    """

    def __init__(self, decoder: Decoder, trust: Trust, settings: TrustSettings) -> None:
        self._decoder, self._trust, self._settings = decoder, trust, settings
        spec = decoder.spec
        assert spec.rate_hz is not None
        self._spectra = trust.spectra(spec.rate_hz, round(spec.window_s * spec.rate_hz))
        try:
            self._confidence = 0.0 if settings.max_risk == 1 else trust.curve.confidence_for(settings.max_risk)
        except ModelError as exc:
            raise ConfigError(f"{spec.model_id}: max_risk = {settings.max_risk:g}: {exc}") from exc

    @property
    def spec(self) -> DecoderSpec:
        """What it needs and answers."""
        return self._decoder.spec

    def prepare(self, delivered: StreamSpec) -> None:
        """See the decoder."""
        self._decoder.prepare(delivered)

    def warm_up(self) -> None:
        """See the decoder."""
        self._decoder.warm_up()

    def calibrate(self, windows: Sequence[Window], labels: Sequence[str] | None) -> None:
        """See the decoder."""
        self._decoder.calibrate(windows, labels)

    def decode(self, window: Window) -> Decision:
        """Decide on one window, and say how far the decision may be believed.

        Raises
        ------
        BciError
            As the decoder.
        """
        found = self._decoder.decode(window)
        score, strange = self._trust.unfamiliarity(self._spectra.covariances(window.samples))
        found = replace(found, unfamiliarity=score, unfamiliar=strange)
        if found.abstained:  # its probabilities say nothing
            return replace(found, prediction_set=found.labels)
        inside = self._trust.sets.members(found.probabilities)
        found = replace(found, prediction_set=tuple(c for c, i in zip(found.labels, inside, strict=True) if i))
        reason = self._reason(found)
        if not reason:
            return found
        n = len(found.labels)
        return replace(found, probabilities=(1.0 / n,) * n, abstained=True, reason=reason)

    def close(self) -> None:
        """See the decoder."""
        self._decoder.close()

    def _reason(self, found: Decision) -> str:
        """Say why nothing is decided; empty if something is."""
        if found.unfamiliar and self._settings.abstain_unfamiliar:
            return f"unlike the training signals: {found.unfamiliar}"
        if max(found.probabilities) < self._confidence:
            return f"not sure enough for {percent(self._settings.max_risk)} errors"
        return ""
