"""A form made of a settings model: every field with its unit, bounds and explanation. The only one of the window."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from pydantic import BaseModel, ValidationError
from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFormLayout, QFrame, QLabel, QScrollArea, QToolButton, QWidget

from ui import layouts, theme
from ui.field_editors import Editor, editor_for, spoken

WIDEST_PX = 620
"""Fields wider than this are no easier to read."""


class SettingsForm(QWidget):
    """Edits one settings model. What differs from the defaults is its value, as a session file would say it.

    Parameters
    ----------
    model
        The plug-in's ``Settings``.
    first
        Fields shown at once, in this order; the others wait behind "More settings". Empty: all are shown.
    hidden
        Fields that are chosen elsewhere.
    """

    changed = Signal()
    """A person has changed a field, and all fields are right."""

    def __init__(self, model: type[BaseModel], *, first: Sequence[str] = (), hidden: Sequence[str] = ()) -> None:
        super().__init__()
        self.model = model
        self._hidden: dict[str, Any] = {}
        self.editors: dict[str, Editor] = {}
        names = [name for name in model.model_fields if name not in hidden]
        shown = [name for name in first if name in names] or names
        self.setMaximumWidth(WIDEST_PX)
        column = layouts.column(self, 4, (0, 0, 0, 0))
        column.addLayout(self._rows(shown))
        self.complaint = QLabel(wordWrap=True)
        theme.set_tone(self.complaint, "bad")
        self.complaint.hide()
        rest = [name for name in names if name not in shown]
        if rest:
            column.addWidget(self._more(rest))
        column.addWidget(self.complaint)
        column.addStretch(1)

    def values(self) -> dict[str, Any]:
        """Return the fields that differ from their defaults; hidden ones as they were put."""
        given = dict(self._hidden)
        for name, editor in self.editors.items():
            value = editor.value()
            if not _same(value, self.model.model_fields[name].get_default(call_default_factory=True)):
                given[name] = value
        return given

    def put(self, values: Mapping[str, Any]) -> None:
        """Show these values, all others at their defaults; nobody is told."""
        self._hidden = {name: value for name, value in values.items() if name not in self.editors}
        for name, editor in self.editors.items():
            default = self.model.model_fields[name].get_default(call_default_factory=True)
            editor.put(values.get(name, default))
        self._check()

    def is_right(self) -> bool:
        """Whether the model takes the values; if not, the form says why."""
        return self._check()

    def _rows(self, names: Sequence[str]) -> QFormLayout:
        form = QFormLayout(horizontalSpacing=14, verticalSpacing=5)
        form.setLabelAlignment(Qt.AlignmentFlag.AlignLeft)
        form.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.ExpandingFieldsGrow)
        for name in names:
            field = self.model.model_fields[name]
            editor = self.editors[name] = editor_for(name, field)
            default = field.get_default(call_default_factory=True)
            editor.put(default)
            editor.edited.connect(self._on_edited)
            label = layouts.muted(spoken(name)[0])
            tip = " ".join((field.description or "").split())
            for widget in (label, editor, editor.inner, editor.box):
                widget.setToolTip(f"{name}: {tip}" if tip else name)
            for widget in (editor.inner, editor.box):
                widget.setAccessibleName(spoken(name)[0])
            editor.inner.setAccessibleDescription(tip)
            form.addRow(label, editor)
        return form

    def _more(self, names: Sequence[str]) -> QWidget:
        whole = QWidget()
        column = layouts.column(whole, 4, (0, 0, 0, 0))
        button = QToolButton()
        button.setCheckable(True)
        button.setText("▸ More settings")
        button.setToolTip("Settings that seldom need a change")
        inside = QWidget()
        inside.setLayout(self._rows(names))
        inside.hide()

        def show_all(on: bool) -> None:
            inside.setVisible(on)
            button.setText("▾ Fewer settings" if on else "▸ More settings")

        button.toggled.connect(show_all)
        column.addWidget(button)
        column.addWidget(inside)
        return whole

    def _on_edited(self) -> None:
        if self._check():
            self.changed.emit()

    def _check(self) -> bool:
        try:
            self.model(**self.values())
        except ValidationError as exc:
            lines = []
            for error in exc.errors():
                name = str(error["loc"][0]) if error["loc"] else ""
                lines.append(f"✖ {spoken(name)[0]}: {error['msg']}" if name else f"✖ {error['msg']}")
            self.complaint.setText("\n".join(lines))
            self.complaint.show()
            return False
        self.complaint.hide()
        return True


def scrolled(widget: QWidget) -> QScrollArea:
    """Return a widget that scrolls where it has no room."""
    area = QScrollArea(widgetResizable=True)
    area.setFrameShape(QFrame.Shape.NoFrame)
    area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
    widget.setObjectName("scrolled")
    area.setWidget(widget)
    return area


def _same(value: Any, default: Any) -> bool:
    if isinstance(default, tuple):
        return list(value or ()) == list(default)
    if isinstance(default, Mapping):
        return dict(value or {}) == dict(default)
    return bool(value == default)
