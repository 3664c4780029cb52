"""Pseudo-online replay: an estimator trained on other people decides on a person's recordings through the real engine.

Each recording is a live session of its own: source, stages, windower on its own grid, gate, decoder, smoother. The
person's rest, or first labelled trials, go the same way before, as a session's ``[decoder.calibration]`` file does.
"""

from __future__ import annotations

import threading
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from threadpoolctl import threadpool_limits

from bci_app.assembly import assemble, windows_of
from bci_app.config import CalibrationSettings, DecoderSettings, SessionSettings
from bci_app.decoding import Gate
from bci_app.events import DecisionEvent, Event, NoticeEvent
from bci_app.events import Session as SessionInfo
from devices.chunk_source import ChunkSource
from models.benchmark.fitting import Trial as Fitting
from models.benchmark.folds import Rows
from models.benchmark.job import Job, Place, trial_of
from models.benchmark.metrics import balanced_accuracy
from models.benchmark.online import OnlineScores, Session, judge
from models.benchmark.perturbation import CLEAN
from models.benchmark.windows import REST, Prepared
from models.dataset import DataSet, Key, Labelled
from models.decoder import DecoderSpec
from models.estimator_decoder import EstimatorDecoder
from pipelines.decision import Decision
from pipelines.errors import DecodeFailed, ModelError
from pipelines.plugins import make
from pipelines.signal import Window
from pipelines.smoothing import SmoothingSettings


@dataclass(frozen=True, slots=True)
class Live:
    """How the live sessions run; decisions do not depend on ``chunk_samples``."""

    hop_s: float = 0.5
    smoothing: SmoothingSettings = field(default_factory=SmoothingSettings)
    chunk_samples: int | None = None


@dataclass(frozen=True, slots=True)
class PersonOnline:
    """One person: live, beside the windows cut to trials of the same fold."""

    person: str
    live: OnlineScores
    offline: float
    """Balanced accuracy on the windows that are aligned to trials."""


@dataclass(frozen=True, slots=True)
class Stretch:
    """An interval (s) on a recording's clock by which the decoder is adapted; ``label`` None: rest."""

    start_s: float
    stop_s: float
    label: str | None


class _Keeper:
    """A sink that keeps decisions, and does not let a failure pass."""

    def __init__(self) -> None:
        self.decisions: list[Decision] = []
        self.failures: list[str] = []

    def open(self, session: SessionInfo) -> None:
        """Nothing to note."""

    def accept(self, event: Event) -> None:
        """Keep a decision or a failure."""
        if isinstance(event, DecisionEvent):
            self.decisions.append(event.decision)
        elif isinstance(event, NoticeEvent) and event.level == "error":
            self.failures.append(event.text)

    def close(self) -> None:
        """Nothing to free."""


def replay_job(job: Job, place: Place, live: Live) -> list[PersonOnline]:
    """Learn as a job of the benchmark does, then decide live on everybody who judges.

    Raises
    ------
    ModelError
        If the job cannot be run, is no classification, or its setting trains on the person who judges.
    BciError
        If recordings cannot be read, or decoding failed.
    """
    fitting = trial_of(job, place)
    if fitting.prepared.about.task != "classification" or job.setting.promises != "subject":
        raise ModelError(f"{job}: only classes, decided on for people the decoder has not met, can be replayed")
    learned = fitting.learn()
    said = fitting.run(job.key, (), learned)
    replay = Replay(job, make("datasets", place.table(job.data)), fitting, live)
    found = []
    with threadpool_limits(1):
        for person, estimator in learned.by_person.items():
            mine = said.people == person
            offline = balanced_accuracy(said.truth[mine], said.said[CLEAN][mine])
            found.append(PersonOnline(person, replay.judged(person, estimator, adapts=learned.adapts), offline))
    return found


@dataclass(frozen=True, slots=True)
class Replay:
    """The people of one fold, live."""

    job: Job
    data: DataSet
    fitting: Fitting
    live: Live

    def judged(self, person: str, estimator: object, *, adapts: bool) -> OnlineScores:
        """Play a person's recordings to an estimator and judge what it decided."""
        sessions = self.sessions(person, estimator, adapts=adapts)
        return judge(sessions, self.fitting.prepared.labels, self.live.hop_s)

    def sessions(self, person: str, estimator: object, *, adapts: bool) -> list[Session]:
        """Play each recording of a person that judges.

        Raises
        ------
        BciError
            If a recording cannot be read, calibration is refused, or decoding failed.
        """
        prepared, fold, recipe = self.fitting.prepared, self.fitting.fold, self.job.recipe
        stretches = stretches_of(prepared, np.concatenate([fold.rest, fold.labelled]), person)
        decoder = EstimatorDecoder(estimator, self._spec(rest=adapts and bool(fold.rest.size)))
        windows, labels = self._calibration(decoder, stretches) if adapts else ([], None)
        keys = tuple(self.data.keys())
        table = prepared.table[fold.test]
        sessions = []
        for number in np.unique(table["recording"][table["subject"] == person]):
            recording = self.data.read(keys[number])
            trials = tuple(t for t in recording.trials if t.label in prepared.labels)
            known = tuple((s.start_s, s.stop_s) for s in stretches.get(keys[number], ()))
            decisions = self._decide(recording, decoder, windows, labels)
            length_s = sum(chunk.n_samples for chunk in recording.chunks) / recording.spec.rate_hz
            sessions.append(
                Session(decisions, trials, recipe.from_s, known, length_s, self._delay_s(recording),
                        1 / prepared.spec.rate_hz)
            )  # fmt: skip
        return sessions

    def _spec(self, *, rest: bool) -> DecoderSpec:
        prepared, recipe = self.fitting.prepared, self.job.recipe
        units = {channel.unit for channel in prepared.spec.channels if channel.kind == "eeg"}
        return DecoderSpec(
            model_id=self.job.model,
            classes=prepared.labels,
            window_s=recipe.window_s,
            rate_hz=prepared.spec.rate_hz,
            channels=prepared.spec.names,
            unit=units.pop() if len(units) == 1 else None,
            pipeline=tuple(recipe.tables(prepared.about)),
            calibration_s=recipe.window_s if rest else 0.0,
            hop_s=self.live.hop_s,
        )

    @property
    def _settings(self) -> SessionSettings:
        """The session's settings; the decoder is calibrated by hand, so the stream's start is not taken as rest."""
        return SessionSettings(
            name="pseudo_online",
            source={"kind": str(self.job.data["kind"])},
            decoder=DecoderSettings(
                name=self.job.model, hop_s=self.live.hop_s, calibration=CalibrationSettings(rest_s=0.0)
            ),
            smoothing=self.live.smoothing,
        )

    def _source(self, recording: Labelled) -> ChunkSource:
        return ChunkSource(recording.spec, recording.chunks, self.live.chunk_samples)

    def _delay_s(self, recording: Labelled) -> float:
        pipeline = self.job.recipe.pipeline(self.fitting.prepared.about)
        pipeline.prepare(recording.spec)
        return pipeline.delay_s

    def _decide(
        self, recording: Labelled, decoder: EstimatorDecoder, windows: list[Window], labels: list[str] | None
    ) -> tuple[Decision, ...]:
        """Play one recording through the engine."""
        keeper = _Keeper()
        engine = assemble(self._settings, self._source(recording), decoder, [keeper])
        if windows:  # only now: a decoder that is prepared for a stream forgets the person
            decoder.calibrate(windows, labels)
        engine.run(threading.Event())
        if keeper.failures:
            raise DecodeFailed(f"{self.job}: {'; '.join(keeper.failures)}")
        return tuple(keeper.decisions)

    def _calibration(
        self, decoder: EstimatorDecoder, stretches: Mapping[Key, list[Stretch]]
    ) -> tuple[list[Window], list[str] | None]:
        """Return the clean live windows that lie wholly inside the stretches, and their labels (None: rest).

        Raises
        ------
        ModelError
            If there is none.
        """
        settings, gate = self._settings, Gate(DecoderSettings())
        windows: list[Window] = []
        labels: list[str] = []
        for key, of_recording in stretches.items():
            recording = self.data.read(key)
            delay_s = self._delay_s(recording)
            source = self._source(recording)
            delivered, seen = windows_of(source, source.open(), settings, decoder)
            tolerance_s = 0.5 / delivered.rate_hz
            for window in seen:
                start_s, stop_s = window.times_s[0] - delay_s, window.times_s[-1] + 2 * tolerance_s - delay_s
                if start_s > of_recording[-1].stop_s:
                    break
                for stretch in of_recording:
                    inside = stretch.start_s - tolerance_s <= start_s and stop_s <= stretch.stop_s + tolerance_s
                    if inside and not gate.reason(window):
                        windows.append(window)
                        labels += [] if stretch.label is None else [stretch.label]
                        break
        if not windows:
            raise ModelError(f"{self.job}: no whole window to calibrate by every {self.live.hop_s:g} s; take a smaller "
                             "--hop-s")  # fmt: skip
        return windows, labels or None


def stretches_of(prepared: Prepared, rows: Rows, person: str) -> dict[Key, list[Stretch]]:
    """Return the intervals that windows of a person cover, in order of time, by recording."""
    found: dict[Key, list[Stretch]] = defaultdict(list)
    table = prepared.table[rows]
    table = np.sort(table[table["subject"] == person], order=["recording", "role", "trial", "start_s"])
    groups = np.flatnonzero(np.any([np.diff(table[name]) != 0 for name in ("recording", "role", "trial")], axis=0)) + 1
    for group in np.split(table, groups) if table.size else ():
        first = group[0]
        label = None if first["role"] == REST else prepared.labels[int(first["target"])]
        key = Key(str(first["subject"]), str(first["session"]), str(first["run"]))
        found[key].append(Stretch(float(first["start_s"]), float(group["stop_s"].max()), label))
    return {key: sorted(of_recording, key=lambda stretch: stretch.stop_s) for key, of_recording in found.items()}
