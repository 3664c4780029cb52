"""A look at a source before a session is built on it: does it open, what does it deliver, and what is wrong if not."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from bci_app.config import LslSettings
from bci_app.probe_result import ProbeResult
from devices import lsl_scope
from devices.clock import now_s
from devices.source import Source
from devices.sources.recording import open_recording
from pipelines.channel_quality import ChannelQuality, QualityMeter, QualitySettings
from pipelines.errors import StreamEnded
from pipelines.plugins import make
from pipelines.signal import StreamSpec

PROBE_S = 2.0


def probe(source: Mapping[str, Any], lsl: LslSettings | None = None, seconds: float = PROBE_S) -> ProbeResult:
    """Open a source, read it for some seconds, close it.

    Parameters
    ----------
    source
        Table of a session file, ``{"kind": ..., ...}``.
    lsl
        How far streams are looked for.
    seconds
        How long to listen after it has opened (s).

    Raises
    ------
    BciError
        What kept it from opening or delivering, and what to do.
    """
    lsl_scope.apply((lsl or LslSettings()).scope)
    opened: Source = make("sources", source, "[source]")
    with opened:
        spec = opened.open()
        meter = QualityMeter(QualitySettings(), spec)
        samples = first = lost = 0
        quality: tuple[ChannelQuality, ...] = ()
        began_s = first_s = last_s = now_s()
        while now_s() - began_s < seconds:
            try:
                chunk = opened.read(0.1)
            except StreamEnded:
                break
            if chunk is None or not chunk.n_samples:
                continue
            last_s = now_s()
            if not samples:
                first_s, first = last_s, chunk.n_samples
            samples += chunk.n_samples
            lost += chunk.gap_before
            quality = meter.push(chunk) or quality
        span_s = last_s - first_s
        measured_hz = (samples - first) / span_s if opened.is_live and span_s > 0.2 else 0.0
        return ProbeResult(spec, samples, lost, now_s() - began_s, measured_hz, opened.is_live, quality)


def spec_of(source: Mapping[str, Any], lsl: LslSettings | None = None) -> StreamSpec:
    """Open a source, ask what it delivers, close it.

    Raises
    ------
    BciError
        What kept it from opening.
    """
    return probe(source, lsl, 0.0).spec


def describe(path: str) -> str:
    """Say what a recording holds: channels, rate, length, losses and markers.

    Raises
    ------
    BciError
        If it cannot be read.
    """
    recording = open_recording(path)
    spec, times_s = recording.spec, recording.times_s
    length_s = float(times_s[-1] - times_s[0]) + 1 / spec.rate_hz if len(times_s) else 0.0
    kinds = Counter(channel.kind for channel in spec.channels)
    units = sorted({channel.unit for channel in spec.channels if channel.kind == "eeg"})
    lines = [
        Path(path).name,
        f"{', '.join(f'{count} {kind}' for kind, count in kinds.most_common())}; {spec.rate_hz:g} Hz; "
        f"{int(length_s // 60)} min {length_s % 60:.0f} s" + (f"; {', '.join(units)}" if units else ""),
        f"Channels: {', '.join(spec.names[:24])}{' …' if spec.n_channels > 24 else ''}",
    ]
    lost = sum(recording.losses.values())
    if lost:
        lines.append(f"{lost:,} samples are missing ({lost / spec.rate_hz:.3g} s)")
    labels = Counter(marker.label for marker in recording.markers)
    if labels:
        lines.append("Markers: " + ", ".join(f"{label} ({count})" for label, count in labels.most_common(8)))
    return "\n".join(lines)
