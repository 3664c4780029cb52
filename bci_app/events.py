"""What the engine says while it runs. Every sink gets every event, in order, on the engine's thread.

All events are frozen and can be sent through a pipe.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import Enum
from typing import Any, Literal

from devices.playback import Outline, PlaybackState
from models.unimind.replies import Reply
from pipelines.channel_quality import ChannelQuality
from pipelines.decision import Decision
from pipelines.signal import Chunk, Marker, StreamSpec

NOTES = "notes"
"""Stream of the markers that hold what a person remarked."""


class EngineState(Enum):
    """Where the engine stands; one sentence each."""

    IDLE = "idle"
    """Built, not started."""
    CONNECTING = "connecting"
    """Opening the source."""
    CALIBRATING = "calibrating"
    """Samples flow; windows of rest are collected, no decisions yet."""
    RUNNING = "running"
    """Samples flow; decisions are made."""
    STALE = "stale"
    """Nothing has arrived for longer than ``stale_after_s``; no decisions."""
    RECONNECTING = "reconnecting"
    """The source was lost and is being opened again."""
    STOPPING = "stopping"
    """Closing sinks and source."""
    FAILED = "failed"
    """Stopped by an error; the message says which."""


@dataclass(frozen=True, slots=True)
class Session:
    """What a sink is told when it is opened.

    Parameters
    ----------
    name
        Session name, used in file names.
    spec
        What the source delivers (raw).
    settings
        The resolved session settings, JSON-able.
    versions
        Versions of the packages that matter, and the git hash where there is one.
    model_id, classes, window_s, hop_s
        The decoder's, empty or 0 where none runs.
    stages
        Tables of the stages before the decoder, JSON-able: the montage, then the session's or the decoder's own.
    started_unix_s
        UNIX time of the start.
    """

    name: str
    spec: StreamSpec
    settings: Mapping[str, Any] = field(default_factory=dict)
    versions: Mapping[str, str] = field(default_factory=dict)
    model_id: str = ""
    classes: tuple[str, ...] = ()
    window_s: float = 0.0
    hop_s: float = 0.0
    started_unix_s: float = 0.0
    stages: tuple[Mapping[str, Any], ...] = ()


@dataclass(frozen=True, slots=True)
class SessionEvent:
    """The session has begun. The first event through the pipe to the window; other sinks get it as ``open``."""

    session: Session


@dataclass(frozen=True, slots=True)
class ChunkEvent:
    """Raw samples as the source gave them. Sent before any processing."""

    chunk: Chunk


@dataclass(frozen=True, slots=True)
class MarkerEvent:
    """A marker, from the source, the operator or a paradigm."""

    marker: Marker


@dataclass(frozen=True, slots=True)
class DecisionEvent:
    """A decision, or a reasoned abstention."""

    decision: Decision


@dataclass(frozen=True, slots=True)
class DecoderEvent:
    """Another decoder decides from now on.

    Parameters
    ----------
    name
        As it was asked for; empty: the one before has come back.
    model_id, classes, window_s, hop_s
        Its own.
    first_index
        The first sample that it sees.
    time_s
        LSL clock.
    """

    name: str
    model_id: str
    classes: tuple[str, ...]
    window_s: float
    hop_s: float
    first_index: int
    time_s: float = 0.0

    def applied_to(self, session: Session) -> Session:
        """Return what the session is from now on; its settings name the turn."""
        decoder = dict(session.settings.get("decoder") or {})
        turns = [*(decoder.get("turns") or ()), {"at_index": self.first_index, "name": self.name}]
        settings = {**session.settings, "decoder": {**decoder, "turns": turns}}
        return replace(
            session,
            settings=settings,
            model_id=self.model_id,
            classes=self.classes,
            window_s=self.window_s,
            hop_s=self.hop_s,
        )


@dataclass(frozen=True, slots=True)
class AnswerEvent:
    """What came back on a question about a window: an answer in time or late, or why there is none."""

    reply: Reply
    time_s: float = 0.0


@dataclass(frozen=True, slots=True)
class QuestionEvent:
    """What is asked from now on, and what may be asked.

    Parameters
    ----------
    task
        Name of the task card; empty: nothing is asked.
    choices
        Names of the cards that may be asked; none where nobody answers.
    time_s
        LSL clock.
    """

    task: str
    choices: tuple[str, ...]
    time_s: float = 0.0


@dataclass(frozen=True, slots=True)
class StateEvent:
    """The engine's state changed."""

    state: EngineState
    message: str = ""
    time_s: float = 0.0


@dataclass(frozen=True, slots=True)
class QualityEvent:
    """The set of channels held to be bad changed."""

    bad_channels: tuple[str, ...]
    time_s: float


@dataclass(frozen=True, slots=True)
class ChannelQualityEvent:
    """How every EEG channel of the raw signal is, about once a second of signal."""

    channels: tuple[ChannelQuality, ...]
    time_s: float


@dataclass(frozen=True, slots=True)
class NoticeEvent:
    """Something a person should know: a gap, a full disk, a failing sink. ``error`` means something stopped working."""

    level: Literal["info", "warning", "error"]
    text: str
    time_s: float = 0.0


@dataclass(frozen=True, slots=True)
class RecordingEvent:
    """A recorder has begun a file, or ended it. What a person should read of that comes as a notice besides.

    Parameters
    ----------
    path
        The file.
    active
        Whether it is being written.
    fault
        What ended it too early, or kept it from being finished; empty after a start and a good end.
    time_s
        LSL clock.
    """

    path: str
    active: bool
    fault: str = ""
    time_s: float = 0.0


@dataclass(frozen=True, slots=True)
class HeartbeatEvent:
    """The engine's loop goes round: told four times a second, so that its standstill is noticed at once."""

    time_s: float


@dataclass(frozen=True, slots=True)
class DiskEvent:
    """How full the disk is that is recorded to, once a second while it is.

    Parameters
    ----------
    path
        The file being written.
    level
        ``ok``, ``low`` or ``full``; at ``full`` the recording ends.
    free_mb
        Free space (10⁶ bytes).
    minutes_left
        Until ``full`` at the rate of writing so far; None while that is unknown.
    written_mb
        Size of the file so far (10⁶ bytes).
    """

    path: str
    level: Literal["ok", "low", "full"]
    free_mb: float
    minutes_left: float | None
    written_mb: float
    time_s: float = 0.0


@dataclass(frozen=True, slots=True)
class OutlineEvent:
    """What is in the recording that is replayed; once, before its first sample."""

    outline: Outline


@dataclass(frozen=True, slots=True)
class PlaybackEvent:
    """A replay was started, paused, sent elsewhere, made faster, or began again.

    Parameters
    ----------
    state
        Where and how it is played from now on.
    position_s
        Seconds from the recording's first sample to the next one.
    """

    state: PlaybackState
    position_s: float
    time_s: float = 0.0


@dataclass(frozen=True, slots=True)
class SectionTiming:
    """Duration of one section of the loop over the last second (ms)."""

    name: str
    p50_ms: float
    p99_ms: float
    worst_ms: float
    count: int


@dataclass(frozen=True, slots=True)
class LoopTiming:
    """Timing of the loop, once a second.

    Parameters
    ----------
    sections
        ``read``, ``pipeline``, ``decode``, ``sinks`` and ``latency``: newest sample's time stamp to decision.
    late_s
        How far the newest sample's time stamp lies behind the clock when it is read (s).
    dropped_windows
        Windows given up in background decoding since the start.
    lost_samples
        Samples declared missing since the start.
    samples
        Samples received since the start.
    time_s
        LSL clock.
    """

    sections: tuple[SectionTiming, ...]
    late_s: float
    dropped_windows: int
    lost_samples: int
    samples: int
    time_s: float


Event = (
    SessionEvent
    | ChunkEvent
    | MarkerEvent
    | DecisionEvent
    | DecoderEvent
    | AnswerEvent
    | QuestionEvent
    | StateEvent
    | QualityEvent
    | ChannelQualityEvent
    | NoticeEvent
    | RecordingEvent
    | HeartbeatEvent
    | DiskEvent
    | OutlineEvent
    | PlaybackEvent
    | LoopTiming
)
