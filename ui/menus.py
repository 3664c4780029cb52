"""The window's menus: every action of it, each with its key."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtGui import QAction, QActionGroup, QKeySequence
from PySide6.QtWidgets import QMenu

from ui import theme

if TYPE_CHECKING:
    from ui.main_window import MainWindow


class Menus:
    """File, Edit, Session and View of a window."""

    def __init__(self, window: MainWindow) -> None:
        self._window = window
        file, edit, session, view = (window.menuBar().addMenu(text) for text in ("&File", "&Edit", "&Session", "&View"))
        bar, stack = window.bar, window.draft.undo_stack
        file.addActions([bar.open_session, bar.open_recording, bar.demo])
        file.addAction(bar.save_session)
        file.addSeparator()
        self._entry(file, "&Quit", "Ctrl+Q", window.close)
        undo, redo = stack.createUndoAction(window), stack.createRedoAction(window)
        undo.setShortcut(QKeySequence.StandardKey.Undo)
        redo.setShortcut(QKeySequence.StandardKey.Redo)
        edit.addActions([undo, redo])
        session.addActions([bar.start_stop, bar.record, bar.set_marker])
        self._fill_view(view)

    def _fill_view(self, view: QMenu) -> None:
        window = self._window
        for name, step in window.steps.items():
            self._entry(view, step.title, f"Ctrl+{step.order}", partial(window.go_to, name))
        self._entry(view, "&Next step", "Alt+Right", window.step_bar.go_on)
        view.addSeparator()
        self.panels = view.addMenu("&Panels")
        self._entry(view, "&Reset layout", "", lambda: window.docks.reset(window.steps[window.step].shows))
        view.addSeparator()
        themes, group = view.addMenu("&Theme"), QActionGroup(window)
        for name in theme.THEMES:
            action = self._entry(themes, f"&{name.capitalize()}", "", partial(window.appearance.choose_theme, name))
            action.setCheckable(True)
            action.setChecked(name == window.appearance.theme)
            group.addAction(action)
        self._entry(view, "&Larger text", "Ctrl++", partial(window.appearance.zoom, 1)).setShortcuts(
            [QKeySequence("Ctrl++"), QKeySequence("Ctrl+=")]
        )
        self._entry(view, "&Smaller text", "Ctrl+-", partial(window.appearance.zoom, -1))
        self._entry(view, "&Usual size of text", "Ctrl+0", partial(window.appearance.zoom, 0))

    def _entry(self, menu: QMenu, text: str, key: str, slot: Callable[[], object]) -> QAction:
        action = QAction(text, self._window)
        action.setShortcut(QKeySequence(key))
        action.triggered.connect(lambda _checked=False: slot())
        menu.addAction(action)
        return action
