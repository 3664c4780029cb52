"""Doubts about the amplitudes of a source, told once a session with what would help."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QObject

from bci_app.amplitudes import Doubt, doubt
from bci_app.events import ChannelQualityEvent, Session
from ui.engine_client import EngineClient

SURE_AFTER = 3
"""Seconds of doubt, one after the other, before it is told: a cap that is being put on looks alike."""


class AmplitudeWatch(QObject):
    """Listens to the quality of the channels; ``tell`` is called with the first lasting doubt of a session."""

    def __init__(self, client: EngineClient, tell: Callable[[Doubt], object]) -> None:
        super().__init__(client)
        self._tell = tell
        self._doubted = 0
        client.session.connect(self._begin)
        client.channel_quality.connect(self._judge)

    def _begin(self, session: Session) -> None:
        self._doubted = 0

    def _judge(self, event: ChannelQualityEvent) -> None:
        found = doubt(event.channels)
        if self._doubted >= SURE_AFTER:
            return
        self._doubted = 0 if found is None else self._doubted + 1
        if found is not None and self._doubted == SURE_AFTER:
            self._tell(found)
