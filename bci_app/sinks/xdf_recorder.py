"""Record everything into an XDF file: raw samples, events, markers, decisions, timing."""

from __future__ import annotations

import logging
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Literal, Self

from pydantic import Field, field_validator, model_validator

from bci_app.disk_guard import MB, DiskGuard, DiskState
from bci_app.events import (
    ChunkEvent,
    DecoderEvent,
    DiskEvent,
    Event,
    NoticeEvent,
    QualityEvent,
    RecordingEvent,
    Session,
    SessionEvent,
    StateEvent,
)
from bci_app.logging_setup import TOLD
from bci_app.recording_names import BIDS, LABEL, NO_LABELS, PLAIN, Labels, candidates, check_template, climbs
from bci_app.recording_streams import RecordingStreams
from bci_app.xdf_writer import XdfWriter
from devices.clock import now_s
from pipelines.errors import RecordingError
from pipelines.plugins import PluginSettings

log = logging.getLogger(__name__)
LEVELS = {"info": logging.INFO, "warning": logging.WARNING, "error": logging.ERROR}


class Settings(PluginSettings):
    """Where recordings go, and when they end for want of space. A file that exists is never touched."""

    folder: str = Field("recordings", min_length=1, description="Folder of all recordings; made if it is missing.")
    file_name: str = Field(
        "",
        description="Path inside the folder, with the fields {session} {date} {time} {subject} {session_label} {task} "
        "{run}; empty: the BIDS layout where a subject is named, else {session}_{date}_{time}.xdf.",
    )
    subject: str = Field("", pattern=LABEL, description="Label of the person (BIDS sub-), never a name.")
    session_label: str = Field("01", min_length=1, pattern=LABEL, description="BIDS ses-.")
    task: str = Field("default", min_length=1, pattern=LABEL, description="BIDS task-.")
    run: int = Field(1, ge=1, description="BIDS run-; the next free one is taken.")
    autostart: bool = Field(True, description="Whether to record from the first sample, or when told to.")
    warn_free_mb: float = Field(1000.0, ge=0, description="Warn below this free space (MB).")
    min_free_mb: float = Field(200.0, ge=0, description="End the recording below this free space (MB).")
    sync_s: float = Field(1.0, gt=0, le=60, description="Interval of syncing to disk (s): what a power cut may cost.")

    @field_validator("file_name")
    @classmethod
    def _template(cls, template: str) -> str:
        return check_template(template) if template else template

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if self.warn_free_mb < self.min_free_mb:
            raise ValueError(f"warn_free_mb must be at least min_free_mb = {self.min_free_mb:g}")
        return self


class XdfRecorder:
    """A recording may be ended and another begun in the same session; each is a file that stands alone.

    A failed write or a full disk ends the recording, is told by ``on_event``, and leaves what was written readable;
    it never raises into the engine.
    """

    def __init__(self, settings: Settings) -> None:
        self.on_event: Callable[[NoticeEvent | RecordingEvent | DiskEvent], None] | None = None
        self._settings = settings
        self._session: Session | None = None
        self._writer: XdfWriter | None = None
        self._known: dict[type, StateEvent | QualityEvent] = {}

    @property
    def path(self) -> Path | None:
        """The file being written, None while not recording."""
        return None if self._writer is None else self._writer.path

    def open(self, session: Session) -> None:
        """Take the session, and begin to record if ``autostart`` says so.

        Raises
        ------
        RecordingError
            If the file cannot be created, or the disk is full.
        """
        self.close()
        self._session = session
        self._known.clear()
        if self._settings.autostart:
            self.start()

    def start(self, folder: str = "", labels: Labels = NO_LABELS) -> Path:
        """Begin a new file; while one is being written, say so and go on with that.

        Parameters
        ----------
        folder
            Folder of recordings; empty takes the one in the settings.
        labels
            What it is filed under; what is empty is taken from the settings.

        Raises
        ------
        RecordingError
            If there is no session yet, a label is none, the file cannot be created, or the disk is full.
        """
        if self._session is None:
            raise RecordingError("a recording can start once the session is open")
        if self._writer is not None:
            self._say("warning", f"already recording to {self._writer.path}")
            return self._writer.path
        labels.check()
        self._labels = labels
        self._target = target = self._folder(folder)
        self._guard = DiskGuard(
            target, warn_free_mb=self._settings.warn_free_mb, min_free_mb=self._settings.min_free_mb
        )
        self._disk_level: str = "ok"
        disk = self._guard.check(now_s(), 0)
        if disk is not None and disk.level == "full":
            raise RecordingError(
                f"{target}: {disk}, a recording needs min_free_mb = {self._settings.min_free_mb:g}; make room or name "
                "another folder"
            )
        self._streams = RecordingStreams(self._session)
        self._writer = self._create(target)
        path = self._writer.path
        self._tell(RecordingEvent(str(path), True, "", now_s()))
        self._say("info", f"recording to {path}")
        self._judge(disk)
        return path

    def accept(self, event: Event) -> None:
        """Write one event, if a recording is under way."""
        if isinstance(event, (StateEvent, QualityEvent)):
            self._known[type(event)] = event
        if isinstance(event, DecoderEvent) and self._session is not None:
            self._session = event.applied_to(self._session)  # for the next recording
        if self._writer is None or isinstance(event, SessionEvent):
            return
        try:
            chunk = event.chunk if isinstance(event, ChunkEvent) else None
            batches = self._streams.batches(event) if chunk is None else self._streams.samples(chunk)
            self._writer.append(*batches)
            self._judge(self._guard.check(now_s(), self._writer.size_bytes))
        except RecordingError as exc:
            self._fail(exc)

    def stop(self) -> None:
        """Finish the file; harmless while not recording."""
        self._end("")

    def close(self) -> None:
        """Finish the file and forget the session."""
        self.stop()
        self._session = None

    def _end(self, fault: str) -> None:
        writer, self._writer = self._writer, None
        if writer is None:
            return
        try:
            writer.close()
        except RecordingError as exc:
            self._tell(RecordingEvent(str(writer.path), False, fault or str(exc), now_s()))
            self._say("error", f"the recording could not be finished; its samples are readable: {exc}")
            return
        self._tell(RecordingEvent(str(writer.path), False, fault, now_s()))
        seconds = writer.sample_count(self._streams.raw) / self._session.spec.rate_hz if self._session else 0.0
        self._say("info", f"recorded {seconds:.1f} s ({writer.size_bytes / MB:.1f} MB) to {writer.path}")

    def _folder(self, folder: str) -> Path:
        if climbs(folder):
            raise RecordingError(f"{folder!r}: a folder for recordings must not contain '..'")
        target = Path(folder or self._settings.folder).expanduser()
        try:
            target.mkdir(parents=True, exist_ok=True)
        except OSError as exc:
            raise RecordingError(f"{target}: the folder cannot be made: {exc.strerror or exc}") from exc
        return target

    def _create(self, target: Path) -> XdfWriter:
        assert self._session is not None
        s, labels = self._settings, self._labels
        subject = labels.subject or s.subject
        values = {
            "session": self._session.name,
            "subject": subject or "unknown",
            "session_label": labels.session_label or s.session_label,
            "task": labels.task or s.task,
        }
        template = s.file_name or (BIDS if subject else PLAIN)
        paths = candidates(target, template, values, labels.run or s.run)
        writer = XdfWriter.create(paths, self._streams.headers(), sync_s=s.sync_s)
        known = [batch for event in self._known.values() for batch in self._streams.batches(event)]
        try:
            writer.append(self._streams.opening(), *known)
        except RecordingError:
            with suppress(RecordingError):
                writer.close()
            writer.path.unlink(missing_ok=True)
            raise
        return writer

    def _judge(self, disk: DiskState | None) -> None:
        """Tell of the disk, and in words of a change for the worse; end the recording on a full one."""
        if disk is None or self._writer is None:
            return
        self._tell(
            DiskEvent(
                str(self._writer.path),
                disk.level,
                disk.free_mb,
                disk.minutes_left,
                self._writer.size_bytes / MB,
                now_s(),
            )
        )
        if disk.level == self._disk_level:
            return
        self._disk_level = disk.level
        if disk.level == "low":
            self._say("warning", f"the disk of {self._target} fills up: {disk}")
        elif disk.level == "full":
            fault = f"the disk of {self._target} is full ({disk})"
            self._say("error", f"{fault}: the recording ends, all else goes on")
            self._end(fault)

    def _fail(self, exc: RecordingError) -> None:
        writer, self._writer = self._writer, None
        assert writer is not None
        # The footers are a convenience, and the fault is told already.
        with suppress(RecordingError):
            writer.close()
        self._tell(RecordingEvent(str(writer.path), False, str(exc), now_s()))
        if writer.path.exists():
            self._say("error", f"the recording has ended, what was written is readable, all else goes on: {exc}")
            return
        self._say("error", f"the recording is lost, another one begins: {exc}")
        try:
            self.start(str(self._target), self._labels)
        except RecordingError as again:
            self._say("error", f"nothing is recorded: {again}")

    def _say(self, level: Literal["info", "warning", "error"], text: str) -> None:
        log.log(LEVELS[level], "%s", text, extra=None if self.on_event is None else TOLD)
        self._tell(NoticeEvent(level, text, now_s()))

    def _tell(self, event: NoticeEvent | RecordingEvent | DiskEvent) -> None:
        if self.on_event is not None:
            self.on_event(event)


def build(settings: Settings) -> XdfRecorder:
    """Make the sink; no file is made before ``open``."""
    return XdfRecorder(settings)
