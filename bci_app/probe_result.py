"""What a look at a source came to, in numbers and in words."""

from __future__ import annotations

from dataclasses import dataclass

from pipelines.channel_quality import ChannelQuality
from pipelines.signal import StreamSpec


@dataclass(frozen=True, slots=True)
class ProbeResult:
    """What a source delivered.

    Parameters
    ----------
    spec
        What it said it delivers.
    samples, lost
        Samples received and samples declared missing.
    seconds
        From the first to the last arrival (s).
    measured_hz
        Samples per second that arrived after the first chunk; 0 where too few did, or where the source is a file.
    is_live
        Whether it delivers the signal of now.
    quality
        Of the EEG channels over the last whole second; empty where none passed.
    """

    spec: StreamSpec
    samples: int
    lost: int
    seconds: float
    measured_hz: float
    is_live: bool
    quality: tuple[ChannelQuality, ...] = ()

    def text(self) -> str:
        """Say in plain words what came."""
        spec = self.spec
        eeg = len(spec.indices_of("eeg"))
        kinds = f"{spec.n_channels} channels" + (f" ({eeg} of them EEG)" if eeg != spec.n_channels else "")
        lines = [f"{spec.source_id or 'The source'} answers: {kinds}, {spec.rate_hz:g} Hz."]
        if not self.samples:
            lines.append(
                f"No sample came within {self.seconds:.1f} s: check that the device is switched on and streaming."
            )
            return " ".join(lines)
        came = f"{self.samples:,} samples came in {self.seconds:.1f} s"
        if self.measured_hz:
            came += f", {self.measured_hz:.1f} a second"
        lines.append(came + (f"; {self.lost:,} were lost." if self.lost else ", none was lost."))
        poor = [f"{one.name} ({one.verdict})" for one in self.quality if one.verdict != "good"]
        if poor:
            lines.append(f"Look at {', '.join(poor)}.")
        return " ".join(lines)
