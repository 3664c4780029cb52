"""The engine: one loop from source to sinks, the same for the window, the daemon and replay."""

from __future__ import annotations

import logging
import queue
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from time import perf_counter_ns
from typing import Literal

from bci_app.commands import Ask, Command, InsertMarker, Note, StartRecording, StopRecording, UseDecoder
from bci_app.config import EngineSettings
from bci_app.decoder_swaps import DecoderSwaps, Turn
from bci_app.events import (
    NOTES,
    ChannelQualityEvent,
    ChunkEvent,
    DecisionEvent,
    DecoderEvent,
    DiskEvent,
    EngineState,
    Event,
    HeartbeatEvent,
    MarkerEvent,
    NoticeEvent,
    QualityEvent,
    RecordingEvent,
    Session,
    StateEvent,
)
from bci_app.logging_setup import TOLD, warnings_as_notices
from bci_app.questions import Questions, ask
from bci_app.replay_control import ReplayControl
from bci_app.signal_path import SignalPath
from bci_app.sink import Recorder, Sink
from bci_app.supply import Supply
from bci_app.timing import LoopTimer
from devices.clock import now_s
from pipelines.errors import BciError, ModelError, StreamEnded, in_one_line
from pipelines.signal import Chunk, Marker

log = logging.getLogger(__name__)
BEAT_S = 0.25
"""Time between two heartbeats (s)."""
Level = Literal["info", "warning", "error"]
LEVELS: dict[Level, int] = {"info": logging.INFO, "warning": logging.WARNING, "error": logging.ERROR}


class Engine:
    """Reads, records, processes, decides, tells.

    States::

        IDLE ─► CONNECTING ─► CALIBRATING ─► RUNNING ─► STOPPING ─► IDLE
                                  └──── STALE ◄──► RECONNECTING         (FAILED from anywhere)

    A fault in the pipeline or the decoder ends decisions, never the recording. Only ``post`` may be called from
    another thread.
    """

    def __init__(
        self,
        supply: Supply,
        path: SignalPath,
        sinks: Iterable[Sink],
        session: Session,
        settings: EngineSettings,
        duration_s: float | None = None,
        notices: Iterable[NoticeEvent] = (),
        swaps: DecoderSwaps | None = None,
    ) -> None:
        self._swaps = swaps or DecoderSwaps()
        self._swaps.begin(path)
        self._supply, self._path, self._session, self._settings = supply, path, session, settings
        # The recorder comes first: what a later sink does cannot cost data.
        self._sinks = sorted(sinks, key=lambda sink: not isinstance(sink, Recorder))
        self._limit = None if duration_s is None else round(duration_s * session.spec.rate_hz)
        self._timer = LoopTimer()
        self._questions = Questions()
        self._replay = ReplayControl(supply.player, session.hop_s)
        self._commands: queue.SimpleQueue[Command] = queue.SimpleQueue()
        self._pending: deque[NoticeEvent | RecordingEvent | DiskEvent] = deque(notices)
        self._bad_channels: frozenset[str] = frozenset()
        self._deciding = path.decoding is not None
        self._samples = self._lost = 0
        self._next_report_s = self._next_beat_s = 0.0
        self._late_s = 0.0
        self._stream_s = 0.0
        self._failure: BciError | None = None
        self._message = ""
        self.state = EngineState.IDLE

    @property
    def recorders(self) -> list[Recorder]:
        """The sinks that write recordings."""
        return [sink for sink in self._sinks if isinstance(sink, Recorder)]

    def post(self, command: Command) -> None:
        """Ask for something while the engine runs. Callable from any thread; done on the engine's thread."""
        self._commands.put(command)

    def run(self, stop: threading.Event) -> None:
        """Run until the source ends, the duration is over or ``stop`` is set. Everything is closed on return.

        Raises
        ------
        BciError
            What made the session fail, after the sinks were told and closed.
        """
        with warnings_as_notices(self._pending.append):
            try:
                self._open_sinks()
                self._loop(stop)
            except StreamEnded as end:
                self._notice("info", str(end))
            except BciError as exc:
                self._failure = exc
            finally:
                self._finish()
        if self._failure is not None:
            raise self._failure

    def _loop(self, stop: threading.Event) -> None:
        self._set_state(self._flowing_state())
        self._next_report_s = now_s() + 1.0
        while not stop.is_set() and not self._full():
            start = perf_counter_ns()
            chunk = self._supply.read(self._settings.read_timeout_s, stop)
            self._timer.since("read", start)
            self._follow_supply()
            if chunk is not None:
                self._take(self._trim(chunk))
            self._collect_decisions()
            self._collect_answers()
            self._obey()
            self._report()

    def _full(self) -> bool:
        return self._limit is not None and self._samples >= self._limit

    def _trim(self, chunk: Chunk) -> Chunk:
        """Cut the last chunk so that a session of a given duration ends on the same sample however it was chunked."""
        left = chunk.n_samples if self._limit is None else self._limit - self._samples
        return chunk if chunk.n_samples <= left else chunk.part(0, left)

    def _take(self, chunk: Chunk) -> None:
        self._samples += chunk.n_samples
        arrived, jumped = self._replay.arrived(chunk)
        if jumped:
            self._protect("signal processing", lambda: self._path.restart(self._session.spec))
        elif chunk.gap_before:
            self._lost += chunk.gap_before
            seconds = chunk.gap_before / self._session.spec.rate_hz
            self._notice(
                "warning", f"{chunk.gap_before} samples ({seconds:.3g} s) were lost before sample {chunk.first_index}"
            )
        if chunk.n_samples:
            self._stream_s = float(chunk.times_s[-1])
            self._late_s = now_s() - self._stream_s if self._supply.is_live else 0.0
        self._tell(ChunkEvent(chunk))
        for marker in chunk.markers:
            self._tell(MarkerEvent(marker))
        if self._path.quality is not None and (channels := self._path.quality.push(chunk)):
            self._tell(ChannelQualityEvent(channels, self._stream_s))
        for part in self._turns(arrived, chunk.first_index):
            if self._deciding or self._path.decoding is None:
                self._protect("signal processing", lambda part=part: self._process(part))  # type: ignore[misc]

    def _turns(self, chunk: Chunk, first_index: int) -> Iterator[Chunk]:
        """Yield the chunk's parts, letting another decoder take over where its turn comes.

        ``first_index`` is that of the stream, which a replay's jumps set apart from that of the file.
        """
        offset = first_index - chunk.first_index
        for turn, part in self._swaps.split(chunk, first_index - self._replay.shift):
            for fault in turn.faults:
                self._notice("error", str(fault))
            if turn.path is not None:
                self._change_decoder(turn.path, turn, part.first_index + offset)
            yield part

    def _change_decoder(self, path: SignalPath, turn: Turn, first_index: int) -> None:
        self._collect_decisions()
        if turn.used:
            path.restart(self._session.spec)
        path.quality, self._path.quality = self._path.quality, None
        self._path = path
        self._deciding = path.decoding is not None
        spec = path.decoder
        told = ("", ()) if spec is None else (spec.model_id, spec.classes)
        name = "" if turn.back else path.name
        event = DecoderEvent(name, *told, spec.window_s if spec else 0.0, path.hop_s, first_index, now_s())
        self._session = event.applied_to(self._session)
        self._tell(event)
        self._notice("info", f"{event.model_id or 'no decoder'} decides from now on")

    def _process(self, chunk: Chunk) -> None:
        start = perf_counter_ns()
        processed = self._path.pipeline.process(chunk)
        self._timer.since("pipeline", start)
        if processed.bad_channels != self._bad_channels:
            self._bad_channels = processed.bad_channels
            self._tell(QualityEvent(tuple(sorted(processed.bad_channels)), self._stream_s))
        if self._path.windower is None or self._path.decoding is None:
            return
        for window in self._path.windower.push(processed):
            self._replay.saw_window()
            calibrator = self._path.calibrator
            if calibrator is not None and not calibrator.done:
                if calibrator.push(window):
                    self._notice("info", "calibrated on this person's rest")
                    self._set_state(EngineState.RUNNING)
                continue
            start = perf_counter_ns()
            self._path.decoding.submit(window)
            self._timer.since("decode", start)
            self._collect_decisions()

    def _collect_decisions(self) -> None:
        decoding = self._path.decoding
        if decoding is None:
            return
        for text in decoding.complaints():
            self._notice("warning", text)
        if not self._deciding:
            return
        for raw in self._protect("decoding", decoding.ready) or ():
            decision = raw.stamped(now_s() if self._supply.is_live else raw.end_s)
            if self._path.smoother is not None:
                decision = self._path.smoother.push(decision)
            if self._supply.is_live:
                self._timer.add("latency", (decision.decided_at_s - self._stream_s) * 1e3)
            self._tell(DecisionEvent(decision))

    def _collect_answers(self) -> None:
        for news in self._questions.news(self._path.asked):
            if isinstance(news, tuple):
                self._notice(*news)
            else:
                self._tell(news)

    def _protect(self, what: str, action: Callable[[], Sequence | None]) -> Sequence | None:  # type: ignore[type-arg]
        """Run signal processing or decoding; on any failure end decisions and say so, and go on recording."""
        try:
            return action()
        except Exception as exc:  # the engine's border: plug-ins may raise anything
            self._deciding = False
            log.debug("%s failed", what, exc_info=True)
            what = "decoding" if isinstance(exc, ModelError) else what
            self._notice("error", f"{what} failed, decisions have stopped (recording goes on): {in_one_line(exc)}")
            return None

    def _follow_supply(self) -> None:
        """Show in the state what the supply knows of the source, and tell of a replay."""
        wanted, message = self._supply.state or self._flowing_state(), self._supply.message
        # While it cannot be reopened, a new reason is news.
        if wanted is not self.state or (self._supply.state and message != self._message):
            self._set_state(wanted, message)
        for news in self._replay.news():
            self._tell(news)

    def _flowing_state(self) -> EngineState:
        calibrator = self._path.calibrator
        return EngineState.CALIBRATING if calibrator is not None and not calibrator.done else EngineState.RUNNING

    def _tell_shortfall(self) -> None:
        """A session that ends while it calibrates has decided nothing: say why, unless another fault says it."""
        calibrator = self._path.calibrator
        if calibrator is None or not self._deciding or self._failure is not None:
            return
        if text := calibrator.shortfall(self._samples / self._session.spec.rate_hz):
            self._notice("warning", text)

    def _obey(self) -> None:
        while not self._commands.empty():
            command = self._commands.get()
            try:
                self._carry_out(command)
            except BciError as exc:
                self._notice("error", str(exc))

    def _record(self, command: StartRecording | StopRecording) -> None:
        recorders = self.recorders
        if isinstance(command, StopRecording):
            for recorder in recorders:
                recorder.stop()
            return
        if not recorders:
            self._notice("error", "this session has no recorder: add [[sinks]] kind = 'xdf_recorder'")
        for recorder in recorders:
            recorder.start(command.folder, command.labels)

    def _carry_out(self, command: Command) -> None:
        match command:
            case InsertMarker(label, time_s, stream):
                if not self._supply.insert_marker(label, time_s):
                    self._tell(MarkerEvent(Marker(self._moment_s() if time_s is None else time_s, label, stream)))
            case Note(text):
                self._tell(MarkerEvent(Marker(self._moment_s(), text, NOTES)))
            case StartRecording() | StopRecording():
                self._record(command)
            case UseDecoder(name):
                self._swaps.ask(name)
            case Ask(task):
                ask(self._path.asked, task)
            case _:
                self._replay.obey(command)

    def _moment_s(self) -> float:
        """Return now, on the clock of the stream's stamps (s)."""
        return now_s() if self._supply.is_live else self._stream_s

    def _report(self) -> None:
        self._tell_pending()
        now = now_s()
        if now >= self._next_beat_s:
            self._next_beat_s = now + BEAT_S
            self._tell(HeartbeatEvent(now))
        if now < self._next_report_s:
            return
        self._next_report_s = now + 1.0
        dropped = self._path.decoding.dropped if self._path.decoding else 0
        self._tell(
            self._timer.take(
                late_s=self._late_s, dropped_windows=dropped, lost_samples=self._lost, samples=self._samples, time_s=now
            )
        )

    def _tell_pending(self) -> None:
        while self._pending:
            event = self._pending.popleft()
            if not self._sinks and isinstance(event, NoticeEvent):  # nobody is left to hear it but the log
                log.log(LEVELS[event.level], "%s", event.text)
            self._tell(event)

    def _open_sinks(self) -> None:
        for recorder in self.recorders:
            recorder.on_event = self._pending.append
        for sink in list(self._sinks):
            sink.open(self._session)

    def _tell(self, event: Event) -> None:
        start = perf_counter_ns()
        for sink in tuple(self._sinks):
            try:
                sink.accept(event)
            except Exception as exc:  # the engine's border: one sink must not take the others down
                self._sinks.remove(sink)
                log.debug("sink failed", exc_info=True)
                self._notice("error", f"{type(sink).__name__} failed and was closed: {in_one_line(exc)}")
                self._close_sink(sink)
        self._timer.since("sinks", start)

    def _close_sink(self, sink: Sink) -> None:
        try:
            sink.close()
        except Exception as exc:  # the engine's border: the others must be closed all the same
            log.debug("sink could not be closed", exc_info=True)
            self._notice("error", f"{type(sink).__name__} could not be closed: {in_one_line(exc)}")

    def _notice(self, level: Level, text: str) -> None:
        log.log(LEVELS[level], "%s", text, extra=TOLD)
        self._pending.append(NoticeEvent(level, text, now_s()))

    def _set_state(self, state: EngineState, message: str = "") -> None:
        self.state, self._message = state, message
        self._tell(StateEvent(state, message, now_s()))

    def _finish(self) -> None:
        self._set_state(EngineState.STOPPING)
        self._path.close()
        self._collect_decisions()
        self._collect_answers()
        self._swaps.close()
        self._tell_shortfall()
        self._next_report_s = 0.0
        self._report()
        if self._failure is not None:
            self._set_state(EngineState.FAILED, str(self._failure))
        while self._sinks:  # recorders come first: those still open hear what they say while closing
            self._close_sink(self._sinks.pop(0))
            self._tell_pending()
        self._supply.close()  # last: a device that hangs or fails must not cost the end of a recording
        self.state = EngineState.FAILED if self._failure else EngineState.IDLE
