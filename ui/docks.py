"""Panels around the steps: docks that can be shown, hidden, moved and floated, arranged for each step by itself."""

from __future__ import annotations

from PySide6.QtCore import QByteArray, QSettings, QSize, Qt, QTimer
from PySide6.QtWidgets import QDockWidget, QMainWindow, QTabBar, QWidget

from ui.panel import Panel

AREAS = {
    "right": Qt.DockWidgetArea.RightDockWidgetArea,
    "bottom": Qt.DockWidgetArea.BottomDockWidgetArea,
    "left": Qt.DockWidgetArea.LeftDockWidgetArea,
}
SIDE_PX, SIDE_SHARE, BOTTOM_PX = 390, 0.31, 84
"""Width of docks at the side (px; in narrow windows a share of them), and height of those below (px)."""
ACROSS, DOWN = Qt.Orientation.Horizontal, Qt.Orientation.Vertical
SIDES = ((("left", "right"), ACROSS), (("bottom",), DOWN))
MOST = 0.5
"""Share of the window that docks leave to the step at least."""
FORMAT = 2
"""Raised when a stored layout no longer fits the window."""


class Docks:
    """The docks of a window. What a person arranges in one step is there again when they come back to it."""

    def __init__(self, window: QMainWindow, store: QSettings) -> None:
        self._window, self._store = window, store
        self.docks: dict[str, QDockWidget] = {}
        window.setDockNestingEnabled(True)
        window.setCorner(Qt.Corner.BottomRightCorner, Qt.DockWidgetArea.RightDockWidgetArea)

    def add(self, name: str, panel: Panel) -> QDockWidget:
        """Make the dock of a panel, hidden until a step shows it."""
        dock = self.docks[name] = QDockWidget(panel.title, self._window)
        dock.setObjectName(name)
        dock.setWidget(panel)
        self._window.addDockWidget(AREAS[panel.area], dock)
        dock.hide()
        return dock

    def arrange(self, step: str, shows: tuple[str, ...]) -> None:
        """Put the docks where they were when this step was last left, else show its own."""
        stored, size = self._store.value(f"layout/{step}"), self._window.size()
        # Qt leaves the bars of tabs behind where it takes up a stored layout; those it uses it shows again itself.
        for bar in self._window.findChildren(QTabBar, options=Qt.FindChildOption.FindDirectChildrenOnly):
            bar.hide()
        if isinstance(stored, QByteArray) and self._window.restoreState(stored, FORMAT):
            kept = self._store.value(f"layout_share/{step}")
            QTimer.singleShot(
                0, self._window, lambda: self._fit(kept, size)
            )  # which tab is in front is known only then
        else:
            self._by_default(shows)

    def read_order(self) -> list[QWidget]:
        """Return what is seen around the step, from above to below and from left to right: tabs and panels."""
        bars = self._window.findChildren(QTabBar, options=Qt.FindChildOption.FindDirectChildrenOnly)
        fronts = [dock for dock in self.docks.values() if not dock.isFloating() and not dock.visibleRegion().isEmpty()]
        shown: list[QWidget] = [*(bar for bar in bars if bar.isVisible()), *fronts]
        return sorted(shown, key=lambda widget: (widget.x() > self._window.width() // 2, widget.y(), widget.x()))

    def keep(self, step: str) -> None:
        """Remember how the docks stand now."""
        self._store.setValue(f"layout/{step}", self._window.saveState(FORMAT))
        shares = [self._room(areas, way)[1] / max(1, _length(self._window, way)) for areas, way in SIDES]
        self._store.setValue(f"layout_share/{step}", shares)

    def reset(self, shows: tuple[str, ...]) -> None:
        """Forget every arrangement, and show what the present step shows by itself."""
        self._store.remove("layout")
        self._store.remove("layout_share")
        self._by_default(shows)

    def _by_default(self, shows: tuple[str, ...]) -> None:
        for dock in self.docks.values():
            self._window.removeDockWidget(dock)
        places = [[self.docks[name] for name in place.split("|") if name in self.docks] for place in shows]
        shown = [dock for place in places for dock in place]
        for first, *others in filter(None, places):
            self._place(first)
            for other in others:
                # Never one below another first: the window would grow to hold them all.
                self._window.tabifyDockWidget(first, other)
                other.show()
            first.raise_()
        for dock in self.docks.values():
            if dock not in shown:
                self._place(dock)
                dock.hide()
        bottom = [dock for dock in shown if self._window.dockWidgetArea(dock) == AREAS["bottom"]]
        side = [place[0] for place in places if place and place[0] not in bottom]
        width = min(SIDE_PX, round(SIDE_SHARE * self._window.width()))
        self._window.resizeDocks(side, [width] * len(side), Qt.Orientation.Horizontal)
        self._window.resizeDocks(side, [max(200, dock.sizeHint().height()) for dock in side], Qt.Orientation.Vertical)
        self._window.resizeDocks(bottom, [BOTTOM_PX] * len(bottom), Qt.Orientation.Vertical)

    def _fit(self, kept: object, size: QSize) -> None:
        """Give the docks no greater share of the window than they had when they were arranged, and half at most.

        ``size`` is the window's: Qt may have made it larger to hold the docks as they were.
        """
        shares = kept if isinstance(kept, list) else [1.0, 1.0]
        for (areas, way), share in zip(SIDES, shares, strict=True):
            docks, room = self._room(areas, way)
            most = min(float(share), MOST) * (size.width() if way is ACROSS else size.height())
            if room > most:
                sizes = [_length(dock, way) for dock in docks]
                self._window.resizeDocks(docks, [max(1, int(size * most / room)) for size in sizes], way)

    def _room(self, areas: tuple[str, ...], way: Qt.Orientation) -> tuple[list[QDockWidget], int]:
        """Return the docks in some areas, and what they take of the window (px)."""
        found: list[QDockWidget] = []
        room = 0
        for area in areas:
            # Behind other tabs a dock has the size that it was last seen with.
            here = [dock for dock in self.docks.values() if self._stands_in(dock, area)]
            starts = [dock.x() if way is ACROSS else dock.y() for dock in here]
            ends = [start + _length(dock, way) for start, dock in zip(starts, here, strict=True)]
            found += here
            room += max(ends, default=0) - min(starts, default=0)
        return found, room

    def _stands_in(self, dock: QDockWidget, area: str) -> bool:
        shown = not dock.isFloating() and not dock.visibleRegion().isEmpty()
        return shown and self._window.dockWidgetArea(dock) == AREAS[area]

    def _place(self, dock: QDockWidget) -> None:
        panel = dock.widget()
        assert isinstance(panel, Panel)
        dock.setFloating(False)
        self._window.addDockWidget(AREAS[panel.area], dock)
        dock.show()


def _length(widget: QWidget, way: Qt.Orientation) -> int:
    return widget.width() if way is ACROSS else widget.height()
