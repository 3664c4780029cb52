"""The :class:`Source` protocol: where samples come from."""

from __future__ import annotations

from types import TracebackType
from typing import Protocol, Self

from pipelines.signal import Chunk, StreamSpec


class Source(Protocol):
    """A headset, a stream or a file. Used by one thread; a context manager.

    Laws (``tests/contract``): indices are contiguous or the chunk declares its gap; times never decrease; ``close``
    twice is harmless; usable again after ``with``.
    """

    @property
    def is_live(self) -> bool:
        """Whether ``times_s`` are on the LSL clock of now, so that latency can be measured; False for old stamps."""
        ...

    def open(self) -> StreamSpec:
        """Connect and start; return what will be delivered.

        Raises
        ------
        ConnectFailed
            If it cannot be opened; the message says what to do.
        """
        ...

    def read(self, timeout_s: float) -> Chunk | None:
        """Return what has arrived, waiting up to ``timeout_s`` for the first sample; None if nothing came.

        Raises
        ------
        StreamEnded
            When a finite source has delivered everything.
        StreamLost
            When the device is known to be gone. The engine closes it, and opens it again.
        SignalError
            When the stream came back with other channels, rate or type.
        """
        ...

    def insert_marker(self, label: str, time_s: float | None = None) -> bool:
        """Write a marker into the device's own stream; False where it takes none (the engine then stamps it).

        With ``time_s`` (on the stream's clock) it happened then, not now; a device that only knows now returns False.
        """
        ...

    def close(self) -> None:
        """Disconnect and free everything. May be called twice, or before ``open``."""
        ...

    def __enter__(self) -> Self: ...

    def __exit__(
        self, kind: type[BaseException] | None, exc: BaseException | None, trace: TracebackType | None
    ) -> None: ...


class SourceBase:
    """``with`` for sources: opening stays explicit, closing is certain."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, exc: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Free everything; overridden by sources that hold something."""

    def insert_marker(self, label: str, time_s: float | None = None) -> bool:
        """Say that the device has no marker channel of its own."""
        return False
