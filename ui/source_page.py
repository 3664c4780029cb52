"""Pages of the source step: each lets a person choose one kind of source, and says it as a table of a session file."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from pydantic import ValidationError
from PySide6.QtCore import Signal
from PySide6.QtWidgets import QLabel, QWidget

from pipelines.errors import BciError
from pipelines.plugins import load
from ui import layouts, theme
from ui.settings_form import SettingsForm, scrolled


class SourcePage(QWidget):
    """Base: :meth:`table` is what was chosen, :meth:`show_table` shows a choice made elsewhere.

    The form of the plug-in's settings is made when the page is first needed, because the plug-in may be slow to import.
    """

    changed = Signal()
    """A person has chosen something else."""

    kind = ""
    title = ""
    hint = ""
    first: tuple[str, ...] = ()
    """Settings that are seen at once."""
    hidden: ClassVar[tuple[str, ...]] = ()
    """Settings that the page chooses by other means."""

    def __init__(self) -> None:
        super().__init__()
        self.form: SettingsForm | None = None

    def chosen(self) -> dict[str, Any] | None:
        """Return what the page chooses beside the form; None while nothing is chosen."""
        return {}

    def show_chosen(self, table: Mapping[str, Any]) -> None:
        """Show what the page chooses beside the form."""

    def place(self, form: SettingsForm) -> None:
        """Put the form where it belongs."""
        raise NotImplementedError

    def table(self) -> dict[str, Any] | None:
        """Return the source's table, ``{"kind": ..., ...}``; None while nothing is chosen or a value is wrong."""
        chosen = self.chosen()
        if chosen is None or self.form is None or not self.form.is_right():
            return None
        return {"kind": self.kind, **chosen, **self.form.values()}

    def means(self, table: Mapping[str, Any]) -> bool:
        """Whether a table says what the page says, defaults included."""
        own = self.table()
        if own is None or self.form is None or table.get("kind") != self.kind:
            return False
        given = {key: value for key, value in table.items() if key != "kind"}
        try:
            return self.form.model(**given) == self.form.model(**{key: own[key] for key in own if key != "kind"})
        except ValidationError:
            return False

    def show_table(self, table: Mapping[str, Any]) -> None:
        """Show a table of this kind."""
        self.show_chosen(table)
        self.prepare()
        if self.form is not None:
            self.form.put({key: value for key, value in table.items() if key not in ("kind", *self.hidden)})

    def prepare(self) -> None:
        """Make the form, once; a plug-in that cannot be loaded says what it needs."""
        if self.form is not None:
            return
        try:
            form = SettingsForm(load("sources", self.kind).Settings, first=self.first, hidden=self.hidden)
        except BciError as exc:
            self.explain(str(exc))
            return
        self.form = form
        form.changed.connect(self.changed)
        self.place(form)

    def explain(self, text: str) -> None:
        """Say why nothing can be chosen here."""

    def lsl(self) -> dict[str, Any] | None:
        """Return the session's ``[lsl]`` table where the page has a say in it."""
        return None

    def enter(self) -> None:
        """The page is seen."""
        self.prepare()

    def leave(self) -> None:
        """The page is no longer seen: give up what runs for it."""

    def name(self) -> str:
        """Return what is chosen, in a few words."""
        return self.title


class PlainSourcePage(SourcePage):
    """A source that needs nothing but its settings: the simulated participant, and sources of other packages."""

    def __init__(self, kind: str, title: str, hint: str, first: tuple[str, ...] = ()) -> None:
        super().__init__()
        self.kind, self.title, self.hint, self.first = kind, title, hint, first
        self._column = layouts.column(self)
        self.words = QLabel(hint, wordWrap=True)
        self.words.setProperty("role", "muted")
        self._column.addWidget(self.words)

    def place(self, form: SettingsForm) -> None:
        """Put the form below the words."""
        self._column.addWidget(scrolled(form), 1)

    def explain(self, text: str) -> None:
        """Say what is missing."""
        self.words.setText(f"✖ {text}")
        theme.set_tone(self.words, "bad")
