"""Panels around the steps: docks that can be shown, hidden, moved and floated, arranged for each step by itself."""

from __future__ import annotations

from PySide6.QtCore import QByteArray, QSettings, Qt
from PySide6.QtWidgets import QDockWidget, QMainWindow, QTabBar

from ui.panel import Panel

AREAS = {
    "right": Qt.DockWidgetArea.RightDockWidgetArea,
    "bottom": Qt.DockWidgetArea.BottomDockWidgetArea,
    "left": Qt.DockWidgetArea.LeftDockWidgetArea,
}
SIDE_PX, SIDE_SHARE, BOTTOM_PX = 390, 0.31, 84
"""Width of docks at the side (px; in narrow windows a share of them), and height of those below (px)."""
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
        stored = self._store.value(f"layout/{step}")
        # Qt leaves the bars of tabs behind where it takes up a stored layout; those it uses it shows again itself.
        for bar in self._window.findChildren(QTabBar, options=Qt.FindChildOption.FindDirectChildrenOnly):
            bar.hide()
        if not (isinstance(stored, QByteArray) and self._window.restoreState(stored, FORMAT)):
            self._by_default(shows)

    def keep(self, step: str) -> None:
        """Remember how the docks stand now."""
        self._store.setValue(f"layout/{step}", self._window.saveState(FORMAT))

    def reset(self, shows: tuple[str, ...]) -> None:
        """Forget every arrangement, and show what the present step shows by itself."""
        self._store.remove("layout")
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

    def _place(self, dock: QDockWidget) -> None:
        panel = dock.widget()
        assert isinstance(panel, Panel)
        dock.setFloating(False)
        self._window.addDockWidget(AREAS[panel.area], dock)
        dock.show()
