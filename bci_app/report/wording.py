"""The words and numbers of a report, the same on the page for the screen and on the one for paper."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bci_app.agreement import Agreement
from bci_app.report.contents import SessionReport
from bci_app.report.figures import words
from pipelines.percent import percent

PACKAGES = ("bci-app", "git", "python", "numpy", "scipy", "numba", "torch", "pylsl", "brainflow", "mne", "platform")
"""Versions that are shown, where they are known."""


def facts(report: SessionReport) -> list[tuple[str, str]]:
    """Return what was recorded: title and text of each line."""
    spec, quality = report.recording.spec, report.quality
    kinds = {kind: len(spec.indices_of(kind)) for kind in dict.fromkeys(c.kind for c in spec.channels)}
    share = quality.lost / max(1, quality.lost + quality.n_samples)
    lines = [
        ("recording", str(report.path)),
        ("sha256", f"{report.sha256} ({report.size_mb:.1f} MB)"),
        ("begun", report.begun or "the file does not say"),
        ("signal", f"{duration(report.duration_s)}, {spec.rate_hz:g} Hz, "
                   + ", ".join(f"{count} {kind}" for kind, count in kinds.items())),
        ("device", f"{spec.source_id or 'unknown'}; reference {spec.reference}"),
        ("lost", f"{quality.lost} samples ({percent(share, 2)})" if quality.lost else "no sample"),
    ]  # fmt: skip
    if report.scale != 1.0:
        lines.append(("scale", f"voltages are those of the file times {report.scale:g}"))
    if report.markers:
        lines.append(("markers", f"{len(report.markers)}"))
    return lines


def decisions(report: SessionReport) -> list[tuple[str, str]]:
    """Return what was decided: title and text of each line."""
    if not report.decisions:
        return [("decisions", "none was recorded" if report.model_id else "no decoder ran")]
    total = len(report.decisions)
    decided = report.labels.total()
    shares = ", ".join(f"{words(label)} {percent(count / decided)}" for label, count in report.labels.most_common())
    reasons = report.abstentions.most_common()
    abstained = "; ".join(f"{reason}: {n} ({percent(n / total, 1)})" for reason, n in reasons)
    return [
        ("decoder", report.deciders[0].model_id) if len(report.deciders) == 1
        else ("decoders", "; ".join(one.model_id for one in report.deciders) + " (each below)"),
        ("decisions", f"{decided} of {total} windows ({percent(decided / total)})" + (f": {shares}" if shares else "")),
        ("abstained", abstained or "never"),
        *([("doubts", doubts)] if (doubts := _doubts(report)) else []),
        *([("agreement", agreement(report.agreement))] if len(report.deciders) == 1 else []),
        ("decisions sha256", f"{report.decisions_sha256} (a replay gives the same)"),
    ]  # fmt: skip


def _doubts(report: SessionReport) -> str:
    """Return how often more than one class was possible, or the signal unlike that of the training; empty if never."""
    open_sets = sum(len(d.prediction_set) > 1 and not d.abstained for d in report.decisions)
    strange = sum(bool(d.unfamiliar) for d in report.decisions)
    found = [
        f"{open_sets} decisions leave more than one class possible" if open_sets else "",
        f"{strange} windows are unlike the training signals" if strange else "",
    ]
    return "; ".join(text for text in found if text)


def decider_rows(report: SessionReport) -> list[tuple[str, str, str, str, str]]:
    """Return decoder, stretch, decisions, agreement and latency of each, where more than one has decided."""
    if len(report.deciders) < 2:
        return []
    rows = []
    for one in report.deciders:
        decided, total = one.labels.total(), len(one.decisions)
        counts = ", ".join(f"{words(name)} {one.labels[name]}" for name in one.classes)
        took = "–" if one.latency_ms is None else f"p50 {ms(one.latency_ms[0])}, p99 {ms(one.latency_ms[1])} ms"
        stretch = ", ".join(f"{start_s:.0f}–{end_s:.0f}" for start_s, end_s in one.stretches_s) + " s"
        rows.append((one.model_id, stretch, f"{decided} of {total}: {counts}", agreement(one.agreement), took))
    return rows


def agreement(found: Agreement) -> str:
    """Return how decisions agree with ground truth, in one line."""
    if not found.judged:
        return "no window lies within one known true state"
    if found.balanced_accuracy is None:
        return f"{found.judged} windows with known truth; the classes bear other names than the true states"
    by_state = ", ".join(f"{words(state)} {a}/{n}" for state in found.states for a, n in [found.of_state(state)])
    chance = "" if found.chance is None else f" (chance {found.chance:.2f})"
    return f"balanced accuracy {found.balanced_accuracy:.2f}{chance}: {by_state} windows right"


def certificate(report: SessionReport) -> list[tuple[str, str]]:
    """Return the counts of the latency certificate: title and text of each line."""
    found = report.certificate
    if found is None:
        return []
    late = "" if found.late_ms is None else f"; samples read {found.late_ms:.1f} ms after their stamp (median)"
    return [
        ("measured", f"{found.seconds} s of the loop, {found.samples} samples{late}"),
        ("given up", f"{found.lost_samples} samples lost at the source, {found.dropped_windows} windows dropped"),
    ]


def latency_rows(report: SessionReport) -> list[tuple[str, str, str, str, str]]:
    """Return section, p50, p99, worst (ms) and count of each section."""
    found = report.certificate
    return [
        (s.title, ms(s.p50_ms), ms(s.p99_ms), ms(s.worst_ms), f"{s.count}") for s in (found.sections if found else ())
    ]


def quality_rows(report: SessionReport, most: int | None = None) -> list[tuple[str, str, str, str, str]]:
    """Return channel, bad share, fault, deviation and mains ratio, worst first."""
    return [
        (
            c.name,
            f"{percent(c.bad)}",
            c.fault or "–",
            f"{c.deviation:.3g} {'µV' if c.unit == 'uV' else c.unit}",
            f"{c.line_ratio:.2f}",
        )
        for c in report.quality.worst_first[:most]
    ]


def notes(report: SessionReport) -> list[tuple[str, str]]:
    """Return time and text of each note."""
    return [(f"{time_s:.1f} s", text) for time_s, text in report.notes]


def told(report: SessionReport) -> list[str]:
    """Return warnings and errors, those that came often first."""
    return [text if count == 1 else f"{text} (and {count - 1} like it)" for text, count in report.told.most_common()]


def versions(report: SessionReport) -> str:
    """Return packages and their versions in one line."""
    found = {name: report.made_with[name] for name in PACKAGES if report.made_with.get(name)}
    return ", ".join(f"{name} {version}" for name, version in found.items() if version != "not installed")


def settings(report: SessionReport) -> list[str]:
    """Return the session's settings, one line a table, as in a session file."""
    plain = {key: value for key, value in report.settings.items() if not isinstance(value, Mapping | list | tuple)}
    lines = [f"session: {_inline(plain)}"] if plain else []
    for key, value in report.settings.items():
        if isinstance(value, Mapping):
            lines.append(f"[{key}] {_inline(value)}")
        elif isinstance(value, list | tuple):
            lines += [f"[[{key}]] {_inline(one) if isinstance(one, Mapping) else one}" for one in value]
    return lines


def duration(seconds: float) -> str:
    """Return a length of time as a person would say it."""
    minutes, left = divmod(seconds, 60)
    return f"{left:.1f} s" if minutes < 1 else f"{minutes:.0f} min {left:.0f} s"


def ms(value: float) -> str:
    """Return milliseconds to three digits."""
    return f"{value:.3g}" if value < 1000 else f"{value:.0f}"


def _inline(table: Mapping[str, Any]) -> str:
    return ", ".join(
        f"{key} = {'{' + _inline(value) + '}' if isinstance(value, Mapping) else value}"
        for key, value in table.items()
        if value is not None and value not in ("", {}, [], ())
    )
