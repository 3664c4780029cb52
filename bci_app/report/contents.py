"""Everything the report of a recording says, as plain values; how it looks is none of its business."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from bci_app.agreement import GROUND_TRUTH, Agreement
from bci_app.events import NOTES
from bci_app.provenance import versions
from bci_app.report.certificate import Certificate, certify
from bci_app.report.deciders import Decider, agreement_of, deciders, recorded_decisions
from bci_app.report.quality import Quality, assess
from devices.recorded_session import RecordedSession, recorded_session
from devices.recording_data import ReadOptions, Recording
from devices.sources.recording import open_recording
from pipelines.decision import Decision, DecisionHash
from pipelines.signal import Marker


@dataclass(frozen=True, slots=True)
class SessionReport:
    """What is known of one recording; seconds count from its first sample.

    Parameters
    ----------
    path, sha256, size_mb
        The file, its hash, its size (10⁶ bytes).
    made_with
        Versions at the time of the recording; of now where it does not say.
    begun
        Date and time (UTC); empty where the file does not say.
    duration_s
        From the first sample to the last.
    recording
        Samples, channels, losses.
    quality
        Of each channel.
    decisions
        In order, stamped from the first sample.
    deciders
        What each decoder came to, in the order of their first decisions.
    classes, model_id
        Of the decoder that the session began with, its classes followed by those of others; empty where none ran.
    truth
        Markers of the ground truth.
    markers
        All others but notes.
    notes
        What a person remarked.
    agreement
        Decisions against ground truth, those of all decoders together.
    certificate
        Timing; None where none was recorded.
    told
        Warnings and errors of the session, each with how often it came.
    settings
        Of the session; empty in files of others.
    scale
        What the voltages of the file were multiplied by.
    """

    path: Path
    sha256: str
    size_mb: float
    made_with: Mapping[str, str]
    begun: str
    duration_s: float
    recording: Recording
    quality: Quality
    decisions: Sequence[Decision]
    deciders: Sequence[Decider]
    classes: tuple[str, ...]
    model_id: str
    truth: Sequence[tuple[float, str]]
    markers: Sequence[Marker]
    notes: Sequence[tuple[float, str]]
    agreement: Agreement
    certificate: Certificate | None
    told: Counter[str]
    settings: Mapping[str, Any]
    scale: float = 1.0

    @property
    def abstentions(self) -> Counter[str]:
        """Reasons for which nothing was decided, without the share of artifacts, which always differs."""
        return Counter(d.reason.partition(" in ")[0] for d in self.decisions if d.abstained)

    @property
    def labels(self) -> Counter[str]:
        """How often each class was decided."""
        return Counter(d.label for d in self.decisions if not d.abstained)

    @property
    def decisions_sha256(self) -> str:
        """Hash of all decisions, as the session and its replay print it; empty where there is none."""
        if not self.decisions:
            return ""
        digest = DecisionHash()
        for decision in self.decisions:
            digest.update(decision)
        return digest.hexdigest()


def gather(path: Path, options: ReadOptions | None = None) -> SessionReport:
    """Read a recording and work out what there is to say.

    Raises
    ------
    BciError
        If it cannot be read, or holds no sample.
    """
    recording = open_recording(path, options)
    session = recorded_session(path)
    quality = assess(recording, str(path))
    zero_s = float(recording.times_s[0])
    decisions = recorded_decisions(session, zero_s, str(path)) if session else []
    truth = [(m.time_s - zero_s, m.label) for m in recording.markers if m.stream == GROUND_TRUTH]
    about = session.session if session else {}
    return SessionReport(
        path=path,
        sha256=_sha256(path),
        size_mb=path.stat().st_size / 1e6,
        made_with=about.get("versions") or versions(),
        begun=_date(recording.measured_unix_s),
        duration_s=float(recording.times_s[-1]) - zero_s + 1 / recording.spec.rate_hz,
        recording=recording,
        quality=quality,
        decisions=decisions,
        deciders=(found := deciders(decisions, truth)),
        classes=tuple(dict.fromkeys([*(about.get("classes") or ()), *(name for one in found for name in one.classes)])),
        model_id=str(about.get("model_id") or ""),
        truth=truth,
        markers=[m for m in recording.markers if m.stream not in (GROUND_TRUTH, NOTES)],
        notes=_notes(recording, about.get("settings") or {}, zero_s),
        agreement=agreement_of(decisions, truth),
        certificate=certify(session, decisions) if session else None,
        told=_told(session),
        settings=about.get("settings") or {},
        scale=options.scale if options else 1.0,
    )


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _date(unix_s: float | None) -> str:
    return "" if unix_s is None else datetime.fromtimestamp(unix_s, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")


def _notes(recording: Recording, settings: Mapping[str, Any], zero_s: float) -> list[tuple[float, str]]:
    written = [(m.time_s - zero_s, m.label) for m in recording.markers if m.stream == NOTES]
    return [(0.0, str(settings["note"])), *written] if settings.get("note") else written


def _told(session: RecordedSession | None) -> Counter[str]:
    """Return warnings and errors, the like of one another counted together: they differ in numbers alone."""
    texts = [str(r["text"]) for r in (session.of_kind("notice") if session else []) if r.get("level") != "info"]
    first: dict[str, str] = {}
    counts: Counter[str] = Counter()
    for text in texts:
        counts[first.setdefault("".join(c for c in text if not c.isdigit()), text)] += 1
    return counts
