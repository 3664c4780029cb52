"""Other decoders that take over while a session runs: made ready beside it, put in place between two chunks.

The first sample that the new decoder sees is told and recorded, so that a replay changes decoders at the same sample.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from bci_app.config import DecoderTurn
from bci_app.signal_path import SignalPath
from pipelines.errors import BciError, ModelError, in_one_line
from pipelines.signal import Chunk

MakePath = Callable[[str], SignalPath]
"""From a decoder's name to a path that is ready for the stream."""


@dataclass(frozen=True, slots=True)
class Turn:
    """What happens before the next samples.

    Parameters
    ----------
    path
        The path that takes over; None: the one that was left last.
    fault
        Why none could be made ready; nothing changes then.
    """

    path: SignalPath | None = None
    fault: BciError | None = None


class DecoderSwaps:
    """Used on the engine's thread; paths of commands are made on a thread of their own.

    Parameters
    ----------
    make_path
        Makes a path; raises :class:`BciError` for a decoder that does not fit.
    planned
        Turns known in advance, those of a replay, in the order of their samples.
    """

    def __init__(self, make_path: MakePath | None = None, planned: Sequence[DecoderTurn] = ()) -> None:
        self._make_path = make_path
        self._planned = deque(planned)
        self._thread: threading.Thread | None = None
        self._ready: Turn | None = None

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
            self._ready = Turn()
            return
        self._thread = threading.Thread(target=self._prepare, args=(name,), name="decoder-swap", daemon=True)
        self._thread.start()

    def split(self, chunk: Chunk) -> Iterator[tuple[Turn | None, Chunk]]:
        """Yield the chunk's parts, each with the turn that comes before it."""
        turn = self._take()
        while self._planned and self._planned[0].at_index < chunk.end_index:
            planned = self._planned.popleft()
            cut = max(0, planned.at_index - chunk.first_index)
            if cut:
                yield turn, chunk.part(0, cut)
                chunk = chunk.part(cut, chunk.n_samples)
            turn = self._made(planned.name) if planned.name else Turn()
        yield turn, chunk

    def _take(self) -> Turn | None:
        if self._thread is not None:
            if self._thread.is_alive():
                return None
            self._thread = None
        ready, self._ready = self._ready, None
        return ready

    def _prepare(self, name: str) -> None:
        self._ready = self._made(name)

    def _made(self, name: str) -> Turn:
        why = f"{name} cannot take over, the present decoder goes on"
        if self._make_path is None:
            return Turn(fault=ModelError(f"{why}: this session cannot change its decoder"))
        try:
            return Turn(self._make_path(name))
        except BciError as exc:
            return Turn(fault=type(exc)(f"{why}: {exc}"))
        except Exception as exc:  # noqa: BLE001 - a plug-in may raise anything; on a thread of its own it would vanish
            return Turn(fault=ModelError(f"{why}: {in_one_line(exc)}"))
