"""A panel that is worked out a few times a second at most, however often the screen is refreshed."""

from __future__ import annotations

from PySide6.QtCore import QTimer

from ui.panel import Panel

PERIOD_MS = 200
"""Time between two looks at the signal (ms): five a second."""
ASIDE_MS = 20
"""How long a panel steps aside (ms) when another has just worked: together they would hold up the traces."""


class _Turn:
    """One turn of the event loop, in which one slow panel works."""

    taken = False

    @classmethod
    def take(cls) -> bool:
        """Take the turn; False if another panel has it."""
        if cls.taken:
            return False
        cls.taken = True
        QTimer.singleShot(0, cls._end)
        return True

    @classmethod
    def _end(cls) -> None:
        cls.taken = False


class SlowPanel(Panel):
    """Base of panels whose picture costs more than a glance. Override :meth:`recompute` in place of ``redraw``.

    The first redraw works at once; those within :data:`PERIOD_MS` are made up for by one at its end. Of several
    slow panels, one works in each turn of the event loop.
    """

    def __init__(self) -> None:
        super().__init__()
        self._owed = False
        self._pause = QTimer(self, singleShot=True)
        self._pause.timeout.connect(self._make_up)

    def redraw(self) -> None:
        """Work now, or at the end of the pause."""
        if self._pause.isActive():
            self._owed = True
        else:
            self._work()

    def recompute(self) -> bool:
        """Work out the picture from what was remembered; return whether there is more to do."""
        raise NotImplementedError

    def _work(self) -> None:
        if _Turn.take():
            self._pause.start(PERIOD_MS)
            self._owed = self.recompute()
        else:
            self._pause.start(ASIDE_MS)
            self._owed = True

    def _make_up(self) -> None:
        if not self._owed:
            return
        if self.isVisible():
            self._work()
        else:
            self.touch()
