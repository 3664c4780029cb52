"""Questions to a recording: windows behind the live stages, answers, what they rest on, how good the signal is."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from bci_app.assembly import windower_of
from bci_app.config import DecoderSettings
from bci_app.decoding import Gate
from devices.source import Source
from models.unimind.answers import Answer, Answerer
from models.unimind.samples import RATE_HZ
from models.unimind.task_cards import TaskCard
from pipelines.channel_quality import QualityMeter, QualitySettings
from pipelines.errors import RecordingError, StreamEnded
from pipelines.plugins import make
from pipelines.signal import Marker, Window, copy_window
from pipelines.stage import Pipeline

SHOWN_MARKERS = 12
BAD_SHARE = 0.5
"""An electrode is called bad that was no good in so many of the recording's seconds."""


@dataclass(frozen=True, slots=True)
class AskedWindow:
    """One window of the recording: where it lies (s from the first sample), why it was not asked about, the answer."""

    start_s: float
    stop_s: float
    answer: Answer | None
    reason: str = ""

    def as_dict(self, channels: Sequence[str]) -> dict[str, Any]:
        """Return it for ``--json``."""
        table: dict[str, Any] = {"start_s": self.start_s, "stop_s": self.stop_s, "reason": self.reason}
        if self.answer is None:
            return table
        evidence = self.answer.evidence
        return table | {
            "answer": self.answer.text,
            "unsure": self.answer.unsure,
            "probabilities": dict(zip(self.answer.options, self.answer.probabilities, strict=True)),
            "by": self.answer.by,
            "evidence": {
                "electrodes": dict(zip(channels, evidence.electrodes, strict=False)),
                "seconds": list(evidence.patches),
                "spatial_queries": list(evidence.spatial),
                "temporal_queries": list(evidence.temporal),
                "tokens": evidence.n_tokens,
            },
        }


@dataclass(frozen=True, slots=True)
class Asked:
    """All windows that were asked about, and what is to be said of the signal."""

    windows: tuple[AskedWindow, ...]
    channels: tuple[str, ...]
    bad_channels: tuple[str, ...]

    @property
    def answers(self) -> list[Answer]:
        """Return the answers."""
        return [window.answer for window in self.windows if window.answer is not None]

    def mean(self) -> dict[str, float]:
        """Return the mean probability of each option; empty where nothing was answered."""
        answers = self.answers
        if not answers:
            return {}
        means = np.mean([answer.probabilities for answer in answers], axis=0)
        return dict(zip(answers[0].options, means.tolist(), strict=True))

    def electrodes(self) -> list[tuple[str, float]]:
        """Return the electrodes and their mean weights, the heaviest first."""
        answers = self.answers
        weights = np.mean([answer.evidence.electrodes for answer in answers], axis=0) if answers else np.zeros(0)
        return sorted(zip(self.channels, weights.tolist(), strict=False), key=lambda pair: -pair[1])

    def query_shares(self) -> tuple[list[tuple[int, float]], list[tuple[int, float]]]:
        """Return which spatial and temporal queries (from 1) were taken, and in what share of the windows."""
        taken = [
            [int(np.argmax(getattr(a.evidence, pool))) + 1 for a in self.answers] for pool in ("spatial", "temporal")
        ]
        spatial, temporal = ([(q, n / len(t)) for q, n in Counter(t).most_common()] for t in taken)
        return spatial, temporal


def ask_recording(
    path: Path,
    card: TaskCard,
    answerer: Answerer,
    stages: Sequence[dict[str, Any]],
    *,
    at_s: Sequence[float] = (),
    event: str = "",
    most: int = 20,
    scale: float = 1.0,
) -> Asked:
    """Ask a card's question about windows of a recording.

    Parameters
    ----------
    path
        Any recording that replay can play.
    card
        What is asked.
    answerer
        Who answers.
    stages
        Tables of the stages behind which it learned.
    at_s
        Where windows begin (s from the first sample); none: windows one behind the other.
    event
        Windows begin at markers whose label ends in this.
    most
        At most so many windows, spread over the recording.
    scale
        What voltages are multiplied by, where the unit in the file is wrong.

    Raises
    ------
    BciError
        If it cannot be read, does not fit the stages, holds no whole window, or the card is about events and none is
        named.
    """
    if card.event_locked and not (at_s or event):
        raise RecordingError(
            f"{path}: {card.name} is about {card.window_s:g} s from an event on: say which (--event LABEL, or --at S); "
            f"markers: {_marker_words(_markers(path))}"
        )
    starts = list(at_s) or ([m.time_s for m in _markers(path) if m.label.endswith(event)] if event else [])
    if event and not starts:
        raise RecordingError(f"{path}: no marker ends in {event!r}; there are: {_marker_words(_markers(path))}")
    reader = _Reader(path, card, stages, starts, scale)
    found = _spread(list(reader.windows()), most)
    if not found:
        raise RecordingError(f"{path}: holds no whole window of {card.window_s:g} s at the places asked about")
    gate, told = Gate(DecoderSettings()), []
    for start_s, window in found:
        reason = gate.reason(window)
        answer = None
        if not reason:
            (answer,) = answerer.answer_many(np.ascontiguousarray(window.samples.T)[None], reader.channels, card)
        told.append(AskedWindow(start_s, start_s + card.window_s, answer, reason))
    return Asked(tuple(told), reader.channels, reader.bad_channels())


class _Reader:
    """Plays a recording through stages and keeps windows; times are seconds from its first sample."""

    def __init__(
        self, path: Path, card: TaskCard, stages: Sequence[dict[str, Any]], starts: Sequence[float], scale: float
    ) -> None:
        self._path, self._card, self._stages, self._scale = path, card, stages, scale
        self._starts = sorted(starts)
        self._verdicts: dict[str, list[bool]] = defaultdict(list)
        self.channels: tuple[str, ...] = ()

    def windows(self) -> Iterator[tuple[float, Window]]:
        """Yield where each window begins (s) and a copy of it."""
        pipeline = Pipeline([make("stages", table, f"{self._path}: stages") for table in self._stages])
        table = {"kind": "recording", "path": str(self._path), "speed": "max", "scale": self._scale}
        source: Source = make("sources", table, str(self._path))
        with closing(source):
            spec = source.open()
            delivered = pipeline.prepare(spec)
            self.channels = delivered.names
            meter = QualityMeter(QualitySettings(), spec)
            # At given places a window may begin at any sample; else one follows the other.
            hop_s = 1 / delivered.rate_hz if self._starts else self._card.window_s
            windower = windower_of(delivered, self._card.window_s, hop_s)
            # What happened at t is found behind the stages at t + delay: so it was cut for training.
            due, origin_s = [start + pipeline.delay_s for start in self._starts], None
            while True:
                try:
                    chunk = source.read(1.0)
                except StreamEnded:
                    return
                if chunk is None:
                    continue
                if origin_s is None and chunk.n_samples:
                    origin_s = float(chunk.times_s[0])
                for one in meter.push(chunk) or ():
                    self._verdicts[one.name].append(one.verdict == "good")
                for window in windower.push(pipeline.process(chunk)):
                    start_s = float(window.times_s[0]) - (origin_s or 0.0)
                    if not self._starts:
                        yield start_s, copy_window(window)
                    elif due and start_s >= due[0] - 0.5 / RATE_HZ:
                        yield due.pop(0) - pipeline.delay_s, copy_window(window)

    def bad_channels(self) -> tuple[str, ...]:
        """Return the electrodes that were no good most of the time."""
        return tuple(name for name, good in self._verdicts.items() if good and np.mean(good) < BAD_SHARE)


def _markers(path: Path) -> list[Marker]:
    from devices.sources.recording import open_recording

    opened = open_recording(path)
    origin_s = float(opened.times_s[0]) if len(opened.times_s) else 0.0
    return [Marker(m.time_s - origin_s, m.label, m.stream) for m in opened.markers]


def _marker_words(markers: Sequence[Marker]) -> str:
    counts = Counter(marker.label for marker in markers)
    return ", ".join(f"{label} ({n})" for label, n in counts.most_common(SHOWN_MARKERS)) or "none"


def _spread(found: list[tuple[float, Window]], most: int) -> list[tuple[float, Window]]:
    """Return at most so many, evenly spread."""
    if len(found) <= most:
        return found
    return [found[i] for i in np.unique(np.linspace(0, len(found) - 1, most).round().astype(int))]
