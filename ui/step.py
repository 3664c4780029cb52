"""The :class:`Step`: one page of the guided path from plugging in to the report.

A step is a panel that fills the window's centre. It hears the engine like any panel, reads and changes what is to be
run through its :attr:`Step.draft`, and may ask for a session of its own making by :attr:`Step.start_session`.
"""

from __future__ import annotations

from typing import ClassVar

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QLayout

from ui import layouts
from ui.draft import Draft
from ui.panel import Panel

ORDER = ("source", "montage", "signal", "decode", "paradigm", "record", "replay")
"""The path; a step's :attr:`Step.order` is its place in it, counted from 1, and its key is Ctrl with that number."""


class Step(Panel):
    """Base of all steps. Override what a panel overrides, and :meth:`enter` where coming to the step matters."""

    order: ClassVar[int] = 99
    """Place in the path, from 1."""
    hint: ClassVar[str] = ""
    """What is done here, in one line; the step bar's tooltip."""
    shows: ClassVar[tuple[str, ...]] = ("messages",)
    """Panels that stand around the step until a person arranges them otherwise; ``a|b`` are tabs in one place."""
    centre: ClassVar[str] = ""
    """A panel that stands in the step's own page; the window brings it along with :meth:`host`."""
    start_session = Signal(object)
    """Emitted with the :class:`bci_app.config.SessionSettings` to be run now."""

    def __init__(self) -> None:
        super().__init__()
        self.draft = Draft(self)

    def join(self, draft: Draft) -> None:
        """Work on the window's draft of a session from now on."""
        own, self.draft = self.draft, draft
        own.deleteLater()
        draft.changed.connect(self.on_draft)
        self.on_draft()

    def host(self, panel: Panel) -> None:
        """Place the panel named by :attr:`centre` in the page: below what is there already."""
        place = self.layout() or layouts.column(self, 0, (0, 0, 0, 0))
        assert isinstance(place, QLayout)
        place.addWidget(panel)
        panel.show()

    def enter(self) -> None:
        """The step has come to the front."""

    def on_draft(self) -> None:
        """What is to be run has changed."""
