"""Other decoders that take over while a session runs: made ready beside it, put in place between two chunks.

The first sample that the new decoder sees is told and recorded, so that a replay changes decoders at the same sample.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from bci_app.config import DecoderTurn
from bci_app.signal_path import SignalPath
from pipelines.errors import BciError, ModelError, in_one_line
from pipelines.signal import Chunk

MakePath = Callable[[str], SignalPath]
"""From a decoder's name to a path that is ready for the stream."""
OWN = 0
"""Number of the session's own decoder; that of the first planned turn is 1."""


@dataclass(frozen=True, slots=True)
class Turn:
    """What happens before the next samples.

    Parameters
    ----------
    path
        The path that takes over; None: the present one goes on.
    back
        Whether it is the one that was left last.
    used
        Whether it has seen samples before.
    faults
        Why others cannot take over.
    """

    path: SignalPath | None = None
    back: bool = False
    used: bool = False
    faults: tuple[BciError, ...] = ()


class DecoderSwaps:
    """Used on the engine's thread; paths of commands are made on a thread of their own.

    Who decides at a sample depends on the sample alone as long as nobody chooses by hand: a replay that is sent back
    has the decoders of the place it is sent to. A choice by hand holds everywhere until it is undone.

    Parameters
    ----------
    make_path
        Makes a path; raises :class:`BciError` for a decoder that does not fit.
    planned
        Turns known in advance, those of a replay.
    """

    def __init__(self, make_path: MakePath | None = None, planned: Sequence[DecoderTurn] = ()) -> None:
        self._make_path = make_path
        self._planned = sorted(planned, key=lambda turn: turn.at_index)
        self._course: dict[int, SignalPath] = {}
        self._failed: set[int] = set()
        self._present: SignalPath | None = None
        self._left: SignalPath | None = None
        self._hand: SignalPath | None = None
        self._hand_before: SignalPath | None = None
        self._chosen = False
        self._thread: threading.Thread | None = None
        self._lock = threading.Lock()
        self._closing = False
        self._ready: SignalPath | BciError | None = None
        self._undo = False

    def begin(self, path: SignalPath) -> None:
        """Take the session's own path, which decides first."""
        path.used = True
        self._present = self._course[OWN] = path

    def ask(self, name: str) -> None:
        """Make a decoder ready; an empty name goes back to the one before, at once.

        Raises
        ------
        ModelError
            If another one is being made ready.
        """
        if self._thread is not None:
            raise ModelError(f"{name or 'the decoder before'}: another decoder is being made ready; ask again after it")
        if not name:
            self._undo = True
            return
        self._thread = threading.Thread(target=self._prepare, args=(name,), name="decoder-swap", daemon=True)
        self._thread.start()

    def split(self, chunk: Chunk, file_index: int) -> Iterator[tuple[Turn, Chunk]]:
        """Yield the chunk's parts, each with what happens before it.

        Parameters
        ----------
        chunk
            What has arrived.
        file_index
            Index of its first sample as the planned turns count, however a replay has been sent about.
        """
        fault = self._obey()
        ends = [t.at_index - file_index for t in self._planned if 0 < t.at_index - file_index < chunk.n_samples]
        start = 0
        for stop in (*dict.fromkeys(ends), chunk.n_samples):
            turn = self._turn(file_index + start, fault)
            yield turn, chunk if stop - start == chunk.n_samples else chunk.part(start, stop)
            start, fault = stop, ()

    def close(self) -> None:
        """Close every path, also one that is still being made ready. May be called twice."""
        with self._lock:
            self._closing = True
            ready, self._ready = self._ready, None
        paths = [*self._course.values(), self._hand, self._hand_before, ready]
        self._course.clear()
        self._hand = self._hand_before = None
        for path in {id(path): path for path in paths if isinstance(path, SignalPath)}.values():
            path.close()

    def _turn(self, index: int, faults: tuple[BciError, ...]) -> Turn:
        wanted, failed = (self._hand, ()) if self._hand is not None else self._planned_path(index)
        faults = (*faults, *failed)
        if wanted is self._present:
            return Turn(faults=faults)
        back, used = wanted is self._left, wanted.used
        self._left, self._present = self._present, wanted
        wanted.used = True
        return Turn(wanted, back, used, faults)

    def _planned_path(self, index: int) -> tuple[SignalPath, tuple[BciError, ...]]:
        faults: list[BciError] = []
        while (number := self._owner(index)) not in self._course:
            made = self._made(self._planned[number - 1].name)
            if isinstance(made, SignalPath):
                self._course[number] = made
            else:
                self._failed.add(number)
                faults.append(made)
        return self._course[number], tuple(faults)

    def _owner(self, index: int) -> int:
        """Return the number of the decoder whose turn it is at a sample."""
        now, before = OWN, OWN
        for number, turn in enumerate(self._planned, start=1):
            if turn.at_index > index:
                break
            if not turn.name:
                now, before = before, now
            elif number not in self._failed:
                now, before = number, now
        return now

    def _obey(self) -> tuple[BciError, ...]:
        """Put in force what was asked for by hand; return why it cannot be."""
        if self._undo:
            self._undo = False
            return self._go_back()
        if self._thread is None or self._thread.is_alive():
            return ()
        self._thread = None
        ready, self._ready = self._ready, None
        if not isinstance(ready, SignalPath):
            return (ready,) if ready is not None else ()
        dropped = self._hand_before
        self._hand_before, self._hand, self._chosen = self._hand, ready, True
        if dropped is not None and dropped not in (self._hand_before, *self._course.values()):
            dropped.close()
        return ()

    def _go_back(self) -> tuple[BciError, ...]:
        if self._chosen:
            self._hand, self._hand_before = self._hand_before, self._hand
        elif self._left is not None:
            self._hand, self._chosen = self._left, True
        else:
            return (ModelError("there is no decoder before this one"),)
        return ()

    def _prepare(self, name: str) -> None:
        made = self._made(name)
        with self._lock:
            if not self._closing:
                self._ready = made
                return
        if isinstance(made, SignalPath):  # the session has ended meanwhile
            made.close()

    def _made(self, name: str) -> SignalPath | BciError:
        why = f"{name} cannot take over, the present decoder goes on"
        if self._make_path is None:
            return ModelError(f"{why}: this session cannot change its decoder")
        try:
            return self._make_path(name)
        except BciError as exc:
            return type(exc)(f"{why}: {exc}")
        except Exception as exc:  # noqa: BLE001 - a plug-in may raise anything; on a thread of its own it would vanish
            return ModelError(f"{why}: {in_one_line(exc)}")
