"""Is the stream on the network still the one that was opened?

liblsl reconnects by itself to a stream of the same source id, name, type, format and channel count: without asking
whether rate, labels and units are the same, and without a word, for ever, if the channel count is another. So after
a silence, or when liblsl has reconnected, what the network offers now is compared with what was opened.
"""

from __future__ import annotations

from collections.abc import Sequence
from enum import Enum
from typing import Protocol

from devices.lsl_description import Description, StreamCore, core_difference, difference
from pipelines.errors import StreamLost


class Network(Protocol):
    """What can be seen of the stream; neither call blocks."""

    def seen(self) -> Sequence[StreamCore]:
        """Return all present streams that answer to the source id (or, without one, to the name)."""
        ...

    def description(self, uid: str) -> Description | None:
        """Return the full description of one of them; None until it has arrived."""
        ...


class Finding(Enum):
    """What a look at the network tells."""

    NOTHING = "nothing answers"
    SAME = "the instance that was opened is there"
    RETURNED = "another instance is there, with the same description"


class Watch:
    """Compares, look by look, until there is a finding."""

    def __init__(self, opened: Description, network: Network) -> None:
        self._opened, self._network = opened, network
        self.returned: Description | None = None
        """The new instance, once found to be the same."""

    def look(self, reconnected: bool = False) -> Finding:
        """Look at the network once.

        Parameters
        ----------
        reconnected
            Whether liblsl is known to be connected to another instance by now; the first one, though it may still
            be listed, is then of no interest.

        Raises
        ------
        SignalError
            If the stream came back with other channels, rate, format, type, name, labels or units.
        StreamLost
            If only opening it anew can help.
        """
        cores = [c for c in self._network.seen() if not (reconnected and c.uid == self._opened.core.uid)]
        if any(c.uid == self._opened.core.uid for c in cores):
            return Finding.SAME
        if not cores:
            return Finding.NOTHING
        self._judge(cores)
        found = self._network.description(cores[0].uid)
        if found is None:
            return Finding.NOTHING
        problem = difference(self._opened, found)
        if problem is not None:
            raise problem
        self.returned = found
        return Finding.RETURNED

    def _judge(self, cores: Sequence[StreamCore]) -> None:
        opened = self._opened.core
        if len(cores) > 1:
            listed = "; ".join(str(c) for c in cores)
            raise StreamLost(f"LSL stream {opened.name!r} is gone and several could be its successor: {listed}")
        problem = core_difference(opened, cores[0])
        if problem is not None:
            raise problem
        if not opened.source_id:
            raise StreamLost(
                f"LSL stream {opened.name!r} was restarted; it has no source_id, so it cannot be resumed, only opened anew"
            )
