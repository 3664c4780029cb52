"""Find out whether the stream on the network is still the one that was opened.

liblsl reconnects by itself to a stream of the same source id, name, type, format and channel count: without asking
whether rate, labels and units are the same, and without a word, for ever, if the channel count is another. So after
a silence, or when liblsl has reconnected, what the network offers now is compared with what was opened.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from enum import Enum
from typing import Protocol

from devices.lsl_description import Description, StreamCore, core_difference, difference
from pipelines.errors import StreamLost

log = logging.getLogger(__name__)

GIVE_UP_S = 10.0
"""How long a stream that is back may stay silent, or undescribed, before it is opened anew."""


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
                f"LSL stream {opened.name!r} was restarted; without a source_id it can only be opened anew"
            )


class Guard:
    """Decides when to look, and when samples that came after a silence may be delivered.

    Parameters
    ----------
    opened
        What was opened.
    network
        Makes a :class:`Network` for a stream; called when the first look is due, so that a stream that flows costs
        nothing.
    check_after_s
        Silence (s) after which to look.
    now_s
        LSL clock.
    """

    def __init__(
        self, opened: Description, network: Callable[[StreamCore], Network], check_after_s: float, now_s: float
    ) -> None:
        self._opened, self._network, self._check_after_s = opened, network, check_after_s
        self._last_arrival_s = self._held_s = now_s
        self._watch: Watch | None = None
        self._finding = Finding.NOTHING
        self._returned_s: float | None = None
        self._reconnected = False

    def silent(self, now_s: float) -> None:
        """Take note that nothing came; look at the network if that has lasted.

        Raises
        ------
        SignalError, StreamLost
            See :meth:`Watch.look`; also if a stream is back and sends nothing.
        """
        if now_s - self._last_arrival_s < self._check_after_s:
            return
        self._finding = self._look(reconnected=False)
        if self._finding is not Finding.RETURNED:
            self._returned_s = None
            return
        self._returned_s = self._returned_s or now_s
        if now_s - self._returned_s > GIVE_UP_S:
            raise StreamLost(f"LSL stream {self._opened.core.name!r} is back but sends nothing")

    def must_hold(self, now_s: float, reconnected: bool) -> bool:
        """Take note that samples came; return whether they must wait until :meth:`is_cleared`."""
        self._last_arrival_s = self._held_s = now_s
        self._reconnected = reconnected
        if reconnected or (self._watch is not None and self._finding is not Finding.SAME):
            return True
        self._forget()
        return False

    def is_cleared(self, now_s: float) -> bool:
        """Look at the network; return whether what was held comes from the stream that was opened.

        Raises
        ------
        SignalError, StreamLost
            See :meth:`Watch.look`; also if the stream does not describe itself in time.
        """
        if self._look(self._reconnected) is Finding.NOTHING:
            if now_s - self._held_s > GIVE_UP_S:
                raise StreamLost(f"LSL stream {self._opened.core.name!r} is back but does not describe itself")
            return False
        assert self._watch is not None
        if self._watch.returned is not None:
            self._opened = self._watch.returned
            log.info("LSL stream %r was resumed", self._opened.core.name)
        self._last_arrival_s = now_s
        self._forget()
        return True

    def _look(self, reconnected: bool) -> Finding:
        if self._watch is None:
            self._watch = Watch(self._opened, self._network(self._opened.core))
        return self._watch.look(reconnected)

    def _forget(self) -> None:
        self._watch = self._returned_s = None
        self._finding = Finding.NOTHING
