"""One editor for each type of a settings field: a switch, a choice, a number, a text, a list, or a value in TOML."""

from __future__ import annotations

import tomllib
import types
from collections.abc import Mapping, Sequence
from typing import Any, Literal, Union, get_args, get_origin

from pydantic.fields import FieldInfo
from PySide6.QtCore import Signal
from PySide6.QtWidgets import QCheckBox, QComboBox, QDoubleSpinBox, QHBoxLayout, QLineEdit, QSpinBox, QWidget

UNITS = {"s": "s", "ms": "ms", "hz": "Hz", "uv": "µV", "kohm": "kΩ", "px": "px", "mb": "MB"}
WIDEST = 2**31 - 1


def spoken(name: str) -> tuple[str, str]:
    """Return a field's name as a person would write it, and the unit that its end says: ``low_hz`` → Low, Hz."""
    stem, _, last = name.rpartition("_")
    unit = UNITS.get(last, "") if stem else ""
    words = (stem if unit else name).replace("_", " ")
    for short in ("ip", "mac", "lsl"):
        words = " ".join(word.upper() if word == short else word for word in words.split(" "))
    return words[:1].upper() + words[1:], unit


class Editor(QWidget):
    """Base: ``value()`` gives what is set, ``put()`` sets it silently, ``edited`` tells of a person's change."""

    edited = Signal()

    def __init__(self, inner: QWidget) -> None:
        super().__init__()
        self.inner = self.box = inner
        """What stands in the form; what holds the value, where that is a part of it."""
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.addWidget(inner, 1)
        self.setFocusProxy(inner)

    def value(self) -> Any:
        """Return what is set."""
        raise NotImplementedError

    def put(self, value: Any) -> None:
        """Set a value without telling."""
        self.blockSignals(True)
        self.show_value(value)
        self.blockSignals(False)

    def show_value(self, value: Any) -> None:
        """Show a value."""
        raise NotImplementedError


class SwitchEditor(Editor):
    """A yes or no."""

    def __init__(self) -> None:
        self._box = QCheckBox()
        super().__init__(self._box)
        self._box.toggled.connect(lambda _on: self.edited.emit())

    def value(self) -> bool:
        """Return whether it is on."""
        return self._box.isChecked()

    def show_value(self, value: Any) -> None:
        """Show yes or no."""
        self._box.setChecked(bool(value))


class ChoiceEditor(Editor):
    """One of a few values."""

    def __init__(self, choices: Sequence[Any]) -> None:
        self._box = QComboBox()
        super().__init__(self._box)
        for choice in choices:
            self._box.addItem(str(choice) or "as it says", choice)
        self._box.currentIndexChanged.connect(lambda _row: self.edited.emit())

    def value(self) -> Any:
        """Return the chosen value."""
        return self._box.currentData()

    def show_value(self, value: Any) -> None:
        """Choose a value; one that is no choice changes nothing."""
        row = self._box.findData(value)
        if row >= 0:
            self._box.setCurrentIndex(row)


class _ShortSpinBox(QDoubleSpinBox):
    """Writes 10, not 10.000."""

    def textFromValue(self, value: float) -> str:  # noqa: N802 - Qt's name
        """Return the number without idle zeros."""
        return self.locale().toString(value, "g", 10)


class NumberEditor(Editor):
    """A number within bounds, with its unit."""

    def __init__(self, *, whole: bool, low: float, high: float, unit: str) -> None:
        self._box: QSpinBox | QDoubleSpinBox
        if whole:
            self._box = QSpinBox(minimum=round(low), maximum=round(high))
        else:
            self._box = _ShortSpinBox(minimum=low, maximum=high, decimals=3)
        self._box.setSuffix(f" {unit}" if unit else "")
        self._box.setKeyboardTracking(False)
        self._box.setButtonSymbols(self._box.ButtonSymbols.NoButtons)
        super().__init__(self._box)
        self._box.valueChanged.connect(lambda _value: self.edited.emit())

    def value(self) -> float | int:
        """Return the number."""
        return self._box.value()

    def show_value(self, value: Any) -> None:
        """Show a number."""
        self._box.setValue(value)


class TextEditor(Editor):
    """A text; a list is written with commas, anything else as TOML would write it."""

    def __init__(self, kind: Literal["text", "list", "toml"], placeholder: str = "", *, optional: bool = False) -> None:
        self._line, self._kind, self._optional = QLineEdit(), kind, optional
        self._line.setPlaceholderText(placeholder)
        super().__init__(self._line)
        self._line.editingFinished.connect(self.edited.emit)

    def value(self) -> Any:
        """Return the text, the list, or the value; TOML that cannot be read is handed on as it stands."""
        text = self._line.text().strip()
        if self._kind == "text":
            return None if self._optional and not text else text
        if self._kind == "list":
            return [part for one in text.split(",") if (part := one.strip())]
        if not text:
            return None
        try:
            return tomllib.loads(f"value = {text}")["value"]
        except tomllib.TOMLDecodeError:
            return text

    def show_value(self, value: Any) -> None:
        """Show a text, a list or a value."""
        if self._kind == "list":
            self._line.setText(", ".join(map(str, value or ())))
        else:
            self._line.setText("" if value is None else _written(value))
        self._line.setCursorPosition(0)  # a long list is read from its beginning


class OptionalEditor(Editor):
    """A number or a choice that may also be left to itself."""

    def __init__(self, inner: Editor) -> None:
        super().__init__(inner)
        self._inner, self._box = inner, QCheckBox("set")
        self._box.setToolTip("Unchecked: left to the source itself")
        row = self.layout()
        assert isinstance(row, QHBoxLayout)
        row.insertWidget(0, self._box)
        inner.setEnabled(False)
        self._box.toggled.connect(self._switch)
        inner.edited.connect(self.edited.emit)
        self.setFocusProxy(self._box)
        self.box = inner.inner

    def _switch(self, on: bool) -> None:
        self._inner.setEnabled(on)
        self.edited.emit()

    def value(self) -> Any:
        """Return the value, or None."""
        return self._inner.value() if self._box.isChecked() else None

    def show_value(self, value: Any) -> None:
        """Show a value, or that there is none."""
        self._box.setChecked(value is not None)
        if value is not None:
            self._inner.put(value)


def editor_for(name: str, field: FieldInfo) -> Editor:
    """Return the editor that fits a field's type and bounds."""
    types_of = _members(field.annotation)
    optional = type(None) in types_of
    kinds = [one for one in types_of if one is not type(None)]
    editor = _plain_editor(name, field, kinds, optional=optional)
    return OptionalEditor(editor) if optional and not isinstance(editor, TextEditor) else editor


def _plain_editor(name: str, field: FieldInfo, kinds: list[Any], *, optional: bool) -> Editor:
    kind = kinds[0] if len(kinds) == 1 else None
    if get_origin(kind) is Literal:
        return ChoiceEditor(get_args(kind))
    if kind is bool:
        return SwitchEditor()
    if kind in (int, float):
        low, high = _bounds(field, whole=kind is int)
        return NumberEditor(whole=kind is int, low=low, high=high, unit=spoken(name)[1])
    if kind is str or set(kinds) == {str, int}:
        return TextEditor("text", optional=optional)
    if get_origin(kind) is tuple and set(get_args(kind)) <= {str, Ellipsis}:
        return TextEditor("list", "names, separated by commas")
    return TextEditor("toml")


def _members(annotation: Any) -> list[Any]:
    """Return the types that a field may have, unions and annotated types taken apart."""
    if get_origin(annotation) in (Union, types.UnionType):
        return [member for one in get_args(annotation) for member in _members(one)]
    if hasattr(annotation, "__metadata__"):
        return _members(get_args(annotation)[0])
    return [annotation]


def _bounds(field: FieldInfo, *, whole: bool) -> tuple[float, float]:
    low, high, step = float(-WIDEST), float(WIDEST), 1.0 if whole else 0.001
    for bound in field.metadata:
        for key, value in ((key, getattr(bound, key, None)) for key in ("ge", "gt", "le", "lt")):
            if value is None:
                continue
            if key in ("ge", "gt"):
                low = value + (step if key == "gt" else 0)
            else:
                high = value - (step if key == "lt" else 0)
    return low, high


def _written(value: Any) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, Mapping):
        return "{ " + ", ".join(f'"{key}" = {_quoted(one)}' for key, one in value.items()) + " }" if value else ""
    if isinstance(value, Sequence):
        return "[" + ", ".join(map(_quoted, value)) + "]" if value else ""
    return f"{value}"


def _quoted(value: Any) -> str:
    return f'"{value}"' if isinstance(value, str) else _written(value)
