"""The :class:`Decoder` protocol and :class:`DecoderSpec`: what decides, and what it needs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from pipelines.decision import Decision
from pipelines.errors import SpecMismatch
from pipelines.signal import StreamSpec, Window


@dataclass(frozen=True, slots=True)
class DecoderSpec:
    """What a decoder needs from the signal, and what it answers.

    Parameters
    ----------
    model_id
        Name and version of decoder and weights; goes into every decision.
    classes
        Answers, in the order of the probabilities.
    window_s
        Length of the window it decides on (s).
    rate_hz
        Sampling rate after the pipeline; None accepts any.
    channels
        10-10 names after the pipeline, in order; None accepts any.
    unit
        Unit of the EEG; None accepts any (scale-free decoders).
    pipeline
        Stage tables (``{"kind": "bandpass", ...}``) between the device and the decoder: training used the same ones.
    calibration_s
        Seconds of rest that ``calibrate`` wants before the first decision; 0 where none is needed.
    hop_s
        Default step between windows (s).
    summary
        One line on what it was trained on and what it may claim.
    """

    model_id: str
    classes: tuple[str, ...]
    window_s: float
    rate_hz: float | None = None
    channels: tuple[str, ...] | None = None
    unit: str | None = "uV"
    pipeline: tuple[Mapping[str, Any], ...] = field(default=(), hash=False)
    calibration_s: float = 0.0
    hop_s: float = 0.5
    summary: str = ""

    def mismatches(self, delivered: StreamSpec) -> list[str]:
        """Name every difference between what the pipeline delivers and what the decoder needs; empty if none."""
        found = []
        if self.rate_hz is not None and abs(delivered.rate_hz - self.rate_hz) > 1e-6 * self.rate_hz:
            found.append(f"rate is {delivered.rate_hz:g} Hz, needed {self.rate_hz:g} Hz")
        if self.channels is not None and delivered.names != self.channels:
            missing = [n for n in self.channels if n not in delivered.names]
            extra = [n for n in delivered.names if n not in self.channels]
            found += [f"missing channels: {', '.join(missing)}"] if missing else []
            found += [f"channels not known to the decoder: {', '.join(extra)}"] if extra else []
            found += ["channels are in another order"] if not missing and not extra else []
        if self.unit is not None:
            wrong = sorted({c.unit for c in delivered.channels if c.kind == "eeg" and c.unit != self.unit})
            found += [f"unit is {', '.join(wrong)}, needed {self.unit}"] if wrong else []
        return found

    def check(self, delivered: StreamSpec) -> None:
        """Raise :class:`SpecMismatch` naming every difference."""
        found = self.mismatches(delivered)
        if found:
            raise SpecMismatch(
                f"{self.model_id} does not fit {delivered.source_id or 'the stream'}: " + "; ".join(found)
            )


class Decoder(Protocol):
    """Decides on windows. Used by one thread.

    Laws (``tests/contract``): probabilities sum to 1; the order of decoding is irrelevant; a wrong spec is refused;
    ``calibrate`` twice equals the last one.
    """

    @property
    def spec(self) -> DecoderSpec:
        """What it needs and answers."""
        ...

    def prepare(self, delivered: StreamSpec) -> None:
        """Take the spec that the pipeline delivers; forget any calibration.

        Raises
        ------
        SpecMismatch
            If they do not fit; names every difference.
        """
        ...

    def warm_up(self) -> None:
        """Run once on zeros, so that the first real window is not slow."""
        ...

    def calibrate(self, windows: Sequence[Window], labels: Sequence[str] | None) -> None:
        """Adapt to this person: windows of rest (``labels`` None) or labelled windows. Windows are copied if kept.

        Raises
        ------
        ModelError
            If there are too few windows; the message says how many are needed.
        """
        ...

    def decode(self, window: Window) -> Decision:
        """Decide on one window, samples (n_samples, n_channels). The engine sets ``decided_at_s``."""
        ...

    def close(self) -> None:
        """Free everything; may be called twice."""
        ...
