"""What the gallery shows: sessions run by the real engine process, and faults that are really made."""

from __future__ import annotations

import os
import shutil
import time
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bci_app.commands import Command, Note, Seek
from bci_app.engine_process import EngineProcess
from bci_app.events import ChunkEvent, Event, HeartbeatEvent, NoticeEvent, StateEvent
from devices.clock import now_s

POLL_S = 0.02
CHUNKS_PER_LOOK = 12
LONGEST_S = 90.0
MB = 1e6


@dataclass
class Take:
    """A session that runs: what it has said so far."""

    process: EngineProcess
    events: list[Event] = field(default_factory=list)

    @property
    def signal_s(self) -> float:
        """Length of the signal so far (s)."""
        chunks = [event.chunk for event in self.events if isinstance(event, ChunkEvent) and event.chunk.n_samples]
        return float(chunks[-1].times_s[-1] - chunks[0].times_s[0]) if chunks else 0.0

    def wait(self, done: Callable[[Take], bool]) -> None:
        """Take in events until something has come to pass, the session is over, or it takes too long."""
        give_up_s = time.monotonic() + LONGEST_S
        while time.monotonic() < give_up_s and not done(self):
            alive = self.process.is_alive()
            self.events += self.process.poll()
            if not alive:
                return
            time.sleep(POLL_S)

    def said(self, *texts: str) -> bool:
        """Whether a notice or a state holds one of these texts."""
        words = [event.text for event in self.events if isinstance(event, NoticeEvent)]
        words += [f"{event.state.value} {event.message}" for event in self.events if isinstance(event, StateEvent)]
        return any(text in word for text in texts for word in words)


Play = Callable[[Take], None]
"""What happens while a session runs."""


@dataclass(frozen=True)
class Scene:
    """One session.

    Parameters
    ----------
    name, title
        In file names, and in words.
    settings
        Of the session.
    play
        What happens while it runs.
    steps
        Steps that are shown; None: all, and all panels.
    panels
        Panels that are shown alone, and brought to the front beside the steps.
    """

    name: str
    title: str
    settings: Mapping[str, Any]
    play: Play
    steps: tuple[str, ...] | None = None
    panels: tuple[str, ...] = ()


@dataclass(frozen=True)
class Film:
    """Everything an engine said in a scene, whether it ran on at the end, and else why it did not."""

    events: list[Event]
    runs_on: bool
    message: str


class Projector:
    """Shows a film to a window as an engine would (:class:`ui.engine_client.EngineLike`), a few chunks at a time."""

    def __init__(self, film: Film) -> None:
        self._film, self._next, self._ended = film, 0, False

    @property
    def over(self) -> bool:
        """Whether everything has been shown."""
        return self._next >= len(self._film.events)

    def start(self) -> None:
        """Begin anew."""
        self._next, self._ended = 0, False

    def poll(self) -> list[Event]:
        """Return the next events; once there are none, that the engine's loop goes round."""
        if self.over:
            return [HeartbeatEvent(now_s())] if self._film.runs_on else []
        first, chunks = self._next, 0
        while not self.over and chunks < CHUNKS_PER_LOOK:
            chunks += isinstance(self._film.events[self._next], ChunkEvent)
            self._next += 1
        return self._film.events[first : self._next]

    def send(self, command: Command) -> None:
        """Take no command: what came of those is in the film."""

    def ask_to_end(self) -> None:
        """End at the next look."""
        self._ended = True

    def stop(self, timeout_s: float = 5.0) -> list[Event]:
        """Say nothing more."""
        return []

    def is_alive(self) -> bool:
        """Whether the engine ran at this point of the film."""
        return not self._ended and (self._film.runs_on or not self.over)

    def exit_message(self) -> str:
        """Say why it ended."""
        return "" if self._film.runs_on else self._film.message


def film(scene: Scene) -> Film:
    """Run a scene and return everything the engine said."""
    take = Take(EngineProcess(scene.settings))
    take.process.start()
    try:
        scene.play(take)
    finally:
        alive = take.process.is_alive()
        left = take.process.stop()
    # What it says while it is told to end belongs to no scene.
    return Film(take.events if alive else take.events + left, alive, take.process.exit_message())


def simulated(folder: Path) -> Scene:
    """The simulated participant with faults, recorded, with notes."""
    settings = {
        "name": "simulated",
        "source": {
            "kind": "synthetic", "speed": 8.0, "first_rest_s": 20.0, "block_s": 10.0, "drop": [48.0, 0.8],
            "flat_channels": ["P4"], "flat_from_s": 40.0,
        },
        "decoder": {"name": "workload", "calibration": {"rest_s": 15.0}},
        "sinks": [{"kind": "xdf_recorder", "folder": str(folder), "subject": "01", "task": "workload"}],
    }  # fmt: skip

    def play(take: Take) -> None:
        take.wait(lambda t: t.signal_s > 30)
        take.process.send(Note("electrode C3 wet again"))
        take.wait(lambda t: t.signal_s > 75)

    return Scene("simulated", "Simulated participant, 19 channels, recorded, with faults", settings, play)


def replay(path: Path) -> Scene:
    """A recording of ours, replayed and sought."""
    settings = {
        "name": "replay",
        "source": {"kind": "recording", "path": str(path), "speed": 32.0, "wait_at_end": True},
        "decoder": {"name": "workload", "calibration": {"rest_s": 15.0}},
    }

    def play(take: Take) -> None:
        take.wait(lambda t: t.signal_s > 60)
        take.process.send(Seek(35.0))
        take.wait(lambda t: t.signal_s > 75)

    return Scene("replay", "Replay of that recording: then and now", settings, play, ("replay",))


def recording(
    name: str, title: str, path: Path, decoder: Mapping[str, Any] | None, *, seconds: float = 40.0, **source: Any
) -> Scene:
    """A recording of somebody, played at eight times its speed."""
    settings = {
        "name": name,
        "source": {"kind": "recording", "path": str(path), "speed": 8.0, "wait_at_end": True, **source},
        "decoder": None if decoder is None else dict(decoder),
    }
    return Scene(name, title, settings, lambda take: take.wait(lambda t: t.signal_s > seconds))


def shared(data: Path) -> list[Scene]:
    """The shared recordings; those that are not there are left out."""
    rest = {"file": str(data / "eegmat" / "Subject00_1.edf"), "stop_s": 60.0}
    ssvep = next(iter(sorted((data / "ssvep_exo" / "subject03").glob("*_raw.fif"))), Path("absent"))
    muse = next(iter(sorted((data / "muse" / "N170").glob("*.csv.gz"))), Path("absent"))
    scenes = (
        recording(
            "eegmat", "EEGMAT, mental arithmetic", data / "eegmat" / "Subject00_2.edf",
            {"name": "workload", "calibration": rest},
        ),
        recording("eegmmidb", "EEGMMIDB, 64 channels", data / "eegmmidb_s001" / "S001R04.edf", {"name": "alpha"}),
        recording("muse", "Muse, 4 channels", muse, None, rate_hz=256.0),
        recording("ssvep", "SSVEP, three frequencies", ssvep, {"name": "ssvep_cca"}, start_s=10.0),
    )  # fmt: skip
    return [scene for scene in scenes if Path(scene.settings["source"]["path"]).is_file()]


def faults(folder: Path) -> list[Scene]:
    """Faults, each really made."""
    return [_lsl_dies(), _board_missing(), _misfit(), _disk_full(folder), _engine_killed()]


def _lsl_dies() -> Scene:
    """Another process offers its signal over LSL, and is killed."""
    prefix = f"gallery{uuid.uuid4().hex[:8]}"
    settings = {
        "name": "lsl",
        "source": {"kind": "lsl_stream", "name": f"{prefix}-signal", "resolve_timeout_s": 60.0},
        "decoder": {"name": "workload", "calibration": {"rest_s": 10.0}},
    }
    sender = {
        "name": prefix,
        "source": {"kind": "synthetic"},
        "decoder": None,
        "sinks": [{"kind": "lsl_outlet", "prefix": prefix, "signal": True}],
    }

    def play(take: Take) -> None:
        take.wait(lambda t: t.signal_s > 15)
        outlet.kill()
        take.wait(lambda t: t.said("stale", "reconnecting"))
        take.wait(_after(3.0))

    outlet = EngineProcess(sender)
    return _with_child(Scene("lsl_dies", "The LSL source dies", settings, play, ("source", "signal", "decode")), outlet)


def _with_child(scene: Scene, child: EngineProcess) -> Scene:
    """Start another engine before the scene, and end it after."""

    def play(take: Take) -> None:
        child.start()
        try:
            scene.play(take)
        finally:
            child.stop()

    return Scene(scene.name, scene.title, scene.settings, play, scene.steps)


def _board_missing() -> Scene:
    settings = {
        "name": "board",
        "source": {"kind": "brainflow_board", "board": "CYTON_BOARD", "serial_port": "/dev/ttyUSB_absent"},
        "decoder": None,
    }
    return Scene("board_missing", "A board is not there", settings, _to_the_end, ("source", "signal"))


def _misfit() -> Scene:
    settings = {
        "name": "misfit",
        "source": {"kind": "synthetic", "channels": ["C3", "Cz", "C4", "Pz"]},
        "decoder": {"name": "workload"},
    }
    return Scene("decoder_misfit", "A decoder does not fit", settings, _to_the_end, ("source", "decode", "signal"))


def _disk_full(folder: Path) -> Scene:
    """The recorder wants more room than there will be: another file takes it away while it records."""
    folder.mkdir(parents=True, exist_ok=True)
    free_mb = shutil.disk_usage(folder).free / MB
    settings = {
        "name": "disk",
        "source": {"kind": "synthetic"},
        "decoder": None,
        "report": False,
        "sinks": [
            {"kind": "xdf_recorder", "folder": str(folder), "warn_free_mb": free_mb, "min_free_mb": free_mb - 300}
        ],
    }
    filler = folder / "filler.bin"

    def play(take: Take) -> None:
        take.wait(lambda t: t.signal_s > 4)
        with filler.open("wb") as file:
            os.posix_fallocate(file.fileno(), 0, 600_000_000)
        take.wait(lambda t: t.said("is full"))
        take.wait(_after(1.0))
        filler.unlink()

    return Scene("disk_full", "The disk is full", settings, play, ("record", "signal"))


def _engine_killed() -> Scene:
    settings = {"name": "killed", "source": {"kind": "synthetic"}, "decoder": None}

    def play(take: Take) -> None:
        take.wait(lambda t: t.signal_s > 3)
        take.process.kill()
        take.wait(lambda t: not t.process.is_alive())

    return Scene("engine_killed", "The engine's process is killed", settings, play, ("signal",))


def _to_the_end(take: Take) -> None:
    take.wait(lambda t: not t.process.is_alive())


def _after(seconds: float) -> Callable[[Take], bool]:
    until_s = time.monotonic() + seconds
    return lambda take: time.monotonic() > until_s
