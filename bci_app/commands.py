"""What the engine may be told while it runs: by the window, the terminal or a paradigm.

All commands are frozen and can be sent through a pipe.
"""

from __future__ import annotations

from dataclasses import dataclass

from bci_app.recording_names import NO_LABELS, Labels
from devices.pacing import Speed


@dataclass(frozen=True, slots=True)
class InsertMarker:
    """Command: set a marker.

    Parameters
    ----------
    label
        What happened.
    time_s
        When, on the stream's clock (s): the LSL clock in a live session; None: now. With a time the marker is stamped
        by us alone: no device can stamp the past.
    stream
        Who says so.
    """

    label: str
    time_s: float | None = None
    stream: str = "operator"


@dataclass(frozen=True, slots=True)
class Note:
    """Command: keep a remark on the session; it is recorded as a marker of the stream :data:`NOTES`."""

    text: str


@dataclass(frozen=True, slots=True)
class StartRecording:
    """Command: begin a recording; an empty folder and empty labels mean the recorder's own."""

    folder: str = ""
    labels: Labels = NO_LABELS


@dataclass(frozen=True, slots=True)
class StopRecording:
    """Command: end the recording; decoding goes on."""


@dataclass(frozen=True, slots=True)
class UseDecoder:
    """Command: let another decoder decide, once it is ready; an empty name goes back to the one before."""

    name: str = ""


@dataclass(frozen=True, slots=True)
class Ask:
    """Command: ask the question of a task card from the next window on; an empty name asks nothing."""

    task: str


@dataclass(frozen=True, slots=True)
class Pause:
    """Command: hold the replay."""


@dataclass(frozen=True, slots=True)
class Resume:
    """Command: go on with the replay; at its end, from the start."""


@dataclass(frozen=True, slots=True)
class Seek:
    """Command: replay from another place (s from the recording's first sample).

    The pipeline, the windows and the smoother start anew: what is decided from there on is what a fresh replay from
    there decides. A calibration stays.
    """

    to_s: float


@dataclass(frozen=True, slots=True)
class Step:
    """Command: replay up to the next ``windows`` windows, then pause; a second each where nothing is decoded."""

    windows: int = 1


@dataclass(frozen=True, slots=True)
class SetSpeed:
    """Command: replay faster or slower; 1 is real time."""

    speed: Speed


@dataclass(frozen=True, slots=True)
class SetLoop:
    """Command: begin the replay again at its end, or do not."""

    on: bool


PlayCommand = Pause | Resume | Seek | Step | SetSpeed | SetLoop
Command = InsertMarker | Note | StartRecording | StopRecording | UseDecoder | Ask | PlayCommand
