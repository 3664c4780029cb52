"""Windows that show one frame after another and say when each appeared.

:class:`GlScreen` swaps buffers at the screen's refresh. Where there is no OpenGL, :class:`TimerScreen` follows a timer;
its frames may appear up to one refresh late, and a run says so. The moment of a frame is that of the return of the
swap on the LSL clock; light comes later by the screen's own delay, which only a photodiode can measure.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import TYPE_CHECKING

from PySide6.QtCore import QCoreApplication, QEvent, QSizeF, Qt, QTimer, Signal
from PySide6.QtGui import (
    QCloseEvent,
    QKeyEvent,
    QOpenGLContext,
    QPainter,
    QPaintEvent,
    QRasterWindow,
    QScreen,
    QSurfaceFormat,
)
from PySide6.QtOpenGL import QOpenGLWindow

from devices.clock import now_s

if TYPE_CHECKING:
    from PySide6.QtGui import QWindow as Shown
else:
    Shown = object  # Qt's class comes with the other base: a widget has one
Paint = Callable[[QPainter, QSizeF], None]
FALLBACK_HZ = 60.0


def nominal_hz(screen: QScreen | None) -> float:
    """Return the refresh rate that a screen claims (Hz)."""
    claimed = screen.refreshRate() if screen is not None else 0.0
    return claimed if claimed >= 10.0 else FALLBACK_HZ


@cache
def has_opengl() -> bool:
    """Say whether a window with OpenGL can be made here."""
    return bool(QOpenGLContext().create())


class FrameSignals(Shown):
    """What both kinds of window tell, and how they hear keys and their end; it stands before Qt's class."""

    frame_shown = Signal(float)
    """Emitted after each frame, with its time (LSL clock, s)."""
    key = Signal(int)
    """A key was pressed."""
    closed = Signal()
    """The window was closed from outside."""

    def halt(self) -> None:
        """Show no more frames."""
        raise NotImplementedError

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802 - Qt's name
        """Pass the key on."""
        self.key.emit(int(event.key()))

    def closeEvent(self, event: QCloseEvent) -> None:  # noqa: N802 - Qt's name
        """Stop, and say so."""
        self.halt()
        self.closed.emit()
        super().closeEvent(event)


class TimerScreen(FrameSignals, QRasterWindow):
    """Frames by a precise timer, at the screen's nominal rate."""

    can_lock = False

    def __init__(self, paint: Paint) -> None:
        super().__init__()
        self._paint = paint
        self._due_s = 0.0
        self._timer = QTimer(self, singleShot=True, timerType=Qt.TimerType.PreciseTimer)
        self._timer.timeout.connect(self._tick)

    def run(self) -> None:
        """Show frames until :meth:`halt`."""
        self._due_s = now_s()
        self._tick()

    def halt(self) -> None:
        """Show no more frames."""
        self._timer.stop()

    def _tick(self) -> None:
        period_s = 1.0 / nominal_hz(self.screen())
        self.update()
        # At once: an update that is asked for would wait for the event loop.
        QCoreApplication.sendEvent(self, QEvent(QEvent.Type.UpdateRequest))
        self.frame_shown.emit(now_s())
        late_s = now_s() - self._due_s
        self._due_s += period_s * max(1, round(late_s / period_s))
        self._timer.start(max(0, round(1e3 * (self._due_s - now_s()))))

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802 - Qt's name
        """Paint the frame that is due."""
        painter = QPainter(self)
        self._paint(painter, QSizeF(self.size()))
        painter.end()


class GlScreen(FrameSignals, QOpenGLWindow):
    """Frames at the refresh of the screen: the next one is painted when the last one has been swapped in.

    The time of a frame is that of its swap.
    """

    can_lock = True

    def __init__(self, paint: Paint) -> None:
        super().__init__()
        wanted = QSurfaceFormat(self.format())
        wanted.setSwapInterval(1)
        self.setFormat(wanted)
        self._paint, self._running = paint, False
        self.frameSwapped.connect(self._swapped)

    def run(self) -> None:
        """Show frames until :meth:`halt`."""
        self._running = True
        self.update()

    def halt(self) -> None:
        """Show no more frames."""
        self._running = False

    def _swapped(self) -> None:
        if self._running:
            self.frame_shown.emit(now_s())
            self.update()

    def paintGL(self) -> None:  # noqa: N802 - Qt's name
        """Paint the frame that is due."""
        painter = QPainter(self)
        self._paint(painter, QSizeF(self.size()))
        painter.end()


Screen = TimerScreen | GlScreen
