"""Everything that can be used is named, explained and reached by Tab in reading order; every key does one thing."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from PySide6.QtCore import Qt
from PySide6.QtGui import QAction, QKeySequence, QShortcut
from PySide6.QtTest import QTest
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractItemView,
    QAbstractSlider,
    QAbstractSpinBox,
    QApplication,
    QComboBox,
    QDockWidget,
    QHeaderView,
    QLabel,
    QLineEdit,
    QListWidget,
    QMenu,
    QPlainTextEdit,
    QScrollBar,
    QTabBar,
    QTextEdit,
    QToolBar,
    QWidget,
)
from pytestqt.qtbot import QtBot

from pipelines.plugins import names
from ui.main_window import MainWindow
from ui.popup_button import PopupButton

USED = (QAbstractButton, QComboBox, QAbstractSpinBox, QLineEdit, QAbstractSlider, QAbstractItemView, QTextEdit,
        QPlainTextEdit)  # fmt: skip
QTS_OWN = (QScrollBar, QHeaderView, QTabBar)
"""Parts of other widgets, which Qt names and moves by itself."""


def is_part(widget: QWidget) -> bool:
    """Whether a widget belongs to another one that is audited itself, or to Qt's own furniture."""
    parent = widget.parentWidget()
    if isinstance(widget, QTS_OWN) or widget.objectName().startswith("qt_"):
        return True
    if isinstance(parent, (QDockWidget, QTabBar)) or type(parent).__name__.startswith("pyqtgraph"):
        return True
    while parent is not None:
        if isinstance(parent, (QComboBox, QAbstractSpinBox, QAbstractItemView, QLineEdit)):
            return True
        if isinstance(parent, QMenu) and not isinstance(parent.parentWidget(), PopupButton):
            return True  # pyqtgraph's menus, which are switched off
        if isinstance(parent, QToolBar) and widget.objectName() == "qt_toolbar_ext_button":
            return True
        parent = parent.parentWidget()
    return False


def usable(top: QWidget) -> list[QWidget]:
    """Return the widgets that a person can use."""
    return [widget for kind in USED for widget in top.findChildren(kind) if not is_part(widget)]


def path_of(widget: QWidget) -> str:
    parts = [f"{type(widget).__name__}"]
    text = getattr(widget, "text", None)
    if callable(text) and isinstance(text(), str):
        parts.append(repr(text()))
    parent = widget.parentWidget()
    while parent is not None:
        if type(parent).__module__.startswith("ui"):
            parts.append(type(parent).__name__)
        parent = parent.parentWidget()
    return " < ".join(parts[:5])


def has_name(widget: QWidget) -> bool:
    if widget.accessibleName():
        return True
    if isinstance(widget, QAbstractButton) and any(c.isalpha() for c in widget.text()):
        return True
    return any(label.buddy() is widget for label in widget.window().findChildren(QLabel))


def show_everything(window: MainWindow, qtbot: QtBot) -> Iterator[QWidget]:
    """Bring every step and every panel to sight, one after another."""
    for name in window.steps:
        window.go_to(name)
        qtbot.wait(10)
        yield window.steps[name]
        kinds = getattr(window.steps[name], "kinds", None)
        if not isinstance(kinds, QListWidget):
            continue
        for row in range(kinds.count()):
            kinds.setCurrentRow(row)
            qtbot.wait(10)
            yield window.steps[name]
    for name, panel in window.panels.items():
        dock = window.docks.docks.get(name)
        if dock is not None:
            dock.show()
            dock.raise_()
            qtbot.wait(10)
        yield panel
    yield window.bar


def test_what_can_be_used_has_a_name_and_an_explanation(window: MainWindow, qtbot: QtBot) -> None:
    missing: dict[str, set[str]] = defaultdict(set)
    for part in show_everything(window, qtbot):
        for widget in usable(part):
            if not has_name(widget):
                missing["name"].add(path_of(widget))
            if not widget.toolTip():
                missing["tooltip"].add(path_of(widget))
    assert not missing, "\n".join(f"{what}: {one}" for what, found in missing.items() for one in sorted(found))


MOST_TABS = 150


def in_tab_order(seen: list[QWidget]) -> list[QWidget]:
    """Press Tab until it comes round, beginning with one of these; return what had the focus."""
    found: list[QWidget] = []
    next(w for w in seen if w.focusPolicy() & Qt.FocusPolicy.TabFocus).setFocus(Qt.FocusReason.TabFocusReason)
    while len(found) < MOST_TABS:
        now = QApplication.focusWidget()
        if now is None or (found and now is found[0]):
            break
        found.append(now)
        QTest.keyClick(now, Qt.Key.Key_Tab)
        if QApplication.focusWidget() is now:
            break  # it keeps the key for itself
    return found


def comes_before(one: QWidget, other: QWidget) -> bool:
    """Whether a widget is read before another: wholly above it, or beside it to the left on the same line."""
    a, b = (w.mapToGlobal(w.rect().topLeft()) for w in (one, other))
    above = a.y() + one.height() <= b.y() + 2
    return above or (a.x() + one.width() <= b.x() + 2 and b.y() + other.height() > a.y() + 2)


def apart(one: QWidget, other: QWidget) -> tuple[QWidget, QWidget]:
    """Return the parts of the page that hold the one and the other, up to where they part: columns are read whole."""
    first, second = ([w, *ancestors(w)] for w in (one, other))
    while len(first) > 1 and len(second) > 1 and first[-1] is second[-1]:
        first.pop()
        second.pop()
    return first[-1], second[-1]


def ancestors(widget: QWidget) -> Iterator[QWidget]:
    parent = widget.parentWidget()
    while parent is not None:
        yield parent
        parent = parent.parentWidget()


def test_tab_reaches_everything_in_reading_order(window: MainWindow, qtbot: QtBot) -> None:
    window.activateWindow()
    qtbot.waitUntil(window.isActiveWindow)
    wrong: set[str] = set()
    compared = 0
    for part in show_everything(window, qtbot):
        seen = [w for w in usable(part) if w.isVisible() and w.isEnabled()]
        if part is window.bar or not seen:
            continue  # a tool bar is used by its keys
        order = in_tab_order(seen)
        wrong |= {f"Tab passes {path_of(w)}" for w in seen if w not in order}
        wrong |= {f"{path_of(w)} keeps Tab" for w in part.findChildren(QAbstractItemView) if w.tabKeyNavigation()}
        ordered = [w for w in order if w in seen]
        back = []
        for one, other in zip(ordered, [*ordered[1:], *ordered[:1]], strict=True):
            compared += 1
            if len(ordered) > 1 and not comes_before(*apart(one, other)):
                back.append(f"{path_of(one)}  comes before  {path_of(other)}")
        if len(back) > 1:  # from the last one back to the first is the way round
            wrong |= {*back}
    assert not wrong, "\n".join(sorted(wrong))
    assert compared > 60


def keys_of(window: MainWindow) -> dict[str, set[str]]:
    """Return what each key of the window does: keys of actions, and of the buttons of what is seen."""
    found: dict[str, set[str]] = defaultdict(set)
    for action in {*window.findChildren(QAction), *window.actions()}:
        for key in action.shortcuts():
            found[key.toString()].add(f"action {action.text()}")
    for shortcut in window.findChildren(QShortcut):
        found[shortcut.key().toString()].add(f"shortcut of {path_of(shortcut.parent())}")  # type: ignore[arg-type]
    return found


def test_a_key_does_one_thing_and_stands_in_a_menu_or_a_tooltip(window: MainWindow, qtbot: QtBot) -> None:
    for part in show_everything(window, qtbot):
        keys = keys_of(window)
        doubled = {key: what for key, what in keys.items() if len(what) > 1}
        assert not doubled, part
        letters: dict[str, set[str]] = defaultdict(set)
        for menu in window.menuBar().actions():
            letters[QKeySequence.mnemonic(menu.text()).toString()].add(menu.text())
        for button in window.findChildren(QAbstractButton):
            key = QKeySequence.mnemonic(button.text()).toString()
            if button.isVisible() and key:
                letters[key].add(button.text())
        assert not {key: what for key, what in letters.items() if len(what) > 1}, part
    in_menus = {
        key.toString() for menu in window.findChildren(QMenu) for action in menu.actions() for key in action.shortcuts()
    }
    tips = " ".join(widget.toolTip() for widget in window.findChildren(QWidget))
    for key in keys_of(window):
        assert key in in_menus or f"({key})" in tips, key


def test_every_panel_and_step_was_seen(window: MainWindow) -> None:
    assert set(window.panels) == set(names("panels"))
    assert set(window.steps) == set(names("steps"))
