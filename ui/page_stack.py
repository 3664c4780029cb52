"""The pages of the steps, of which one is shown."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from PySide6.QtCore import QSize
from PySide6.QtWidgets import QStackedWidget


class PageStack(QStackedWidget):
    """Takes the room that the page shown needs; Qt's own takes that of the largest."""

    def __init__(self) -> None:
        super().__init__()
        self._gives_way = False
        self.currentChanged.connect(lambda _: self.updateGeometry())

    @contextmanager
    def giving_way(self) -> Iterator[None]:
        """Need no room meanwhile: while docks change, the window would grow to hold a page beside docks of another."""
        self._gives_way = True
        self.updateGeometry()
        try:
            yield
        finally:
            self._gives_way = False
            self.updateGeometry()

    def minimumSizeHint(self) -> QSize:  # noqa: N802 - Qt's name
        """Return the least size of the page shown."""
        page = self.currentWidget()
        if self._gives_way:
            return QSize(0, 0)
        return super().minimumSizeHint() if page is None else page.minimumSizeHint()

    def sizeHint(self) -> QSize:  # noqa: N802 - Qt's name
        """Return the size that the page shown would like."""
        page = self.currentWidget()
        return super().sizeHint() if page is None else page.sizeHint()

    def hasHeightForWidth(self) -> bool:  # noqa: N802 - Qt's name
        """Return that pages take the height there is."""
        return False
