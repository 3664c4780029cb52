"""Tab goes through the window as it is read: part by part, in each as its layouts stand.

Qt goes in the order in which widgets were made, and forms and traces come into a page late.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QLayout, QScrollArea, QSplitter, QStackedWidget, QWidget


def move(parts: Iterable[QWidget], *, forward: bool) -> bool:
    """Give the focus to the next widget, or the one before; return whether one of these parts had it.

    Parameters
    ----------
    parts
        Of a window, in the order in which they are read.
    forward
        Whether Tab was pressed, or Shift and Tab.
    """
    stops = [widget for part in parts for widget in _of_widget(part) if widget.isVisible() and widget.isEnabled()]
    now = QApplication.focusWidget()
    if now is None or now not in stops:
        return False
    reason = Qt.FocusReason.TabFocusReason if forward else Qt.FocusReason.BacktabFocusReason
    stops[(stops.index(now) + (1 if forward else -1)) % len(stops)].setFocus(reason)
    return True


def _of_widget(widget: QWidget) -> Iterator[QWidget]:
    if widget.focusPolicy() & Qt.FocusPolicy.TabFocus and widget.focusProxy() is None:
        yield widget
    layout = widget.layout()
    if isinstance(widget, QScrollArea):
        inner = widget.widget()
        if inner is not None:
            yield from _of_widget(inner)
    elif isinstance(widget, QStackedWidget | QSplitter):
        for place in range(widget.count()):
            page = widget.widget(place)
            if page is not None:
                yield from _of_widget(page)
    elif layout is not None:
        yield from _of_layout(layout)


def _of_layout(layout: QLayout) -> Iterator[QWidget]:
    for place in range(layout.count()):
        item = layout.itemAt(place)
        if item is None:
            continue
        widget, inner = item.widget(), item.layout()
        if widget is not None:
            yield from _of_widget(widget)
        elif inner is not None:
            yield from _of_layout(inner)
