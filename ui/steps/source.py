"""Step 1, the source: where the signal comes from, tested before anything is built on it."""

from __future__ import annotations

from typing import Any

from PySide6.QtGui import QHideEvent, QShowEvent
from PySide6.QtWidgets import QLabel, QListWidget, QPushButton, QStackedWidget

from bci_app.config import LslSettings
from bci_app.probe_result import ProbeResult
from pipelines.errors import BciError
from pipelines.plugins import PluginSettings, names
from ui import layouts, preferences, theme, warm_up
from ui.board_page import BoardPage
from ui.recording_page import RecordingPage
from ui.scouting import Scouting
from ui.source_page import PlainSourcePage, SourcePage
from ui.step import ORDER, Step
from ui.stream_page import StreamPage

SIMULATED = "Electroencephalogram of a simulated person with known states: to try everything without a headset"


class Settings(PluginSettings):
    """No settings."""


class SourceStep(Step):
    """Kinds of source on the left, the chosen kind's page beside it, the test below."""

    title = "Source"
    order = ORDER.index("source") + 1
    hint = "Choose where the signal comes from, and test the connection"
    shows = ("messages",)

    def __init__(self) -> None:
        super().__init__()
        store = preferences.of_user()
        self.pages: dict[str, SourcePage] = {
            "synthetic": PlainSourcePage(
                "synthetic",
                "Simulated participant",
                SIMULATED,
                ("paradigm", "block_s", "first_rest_s", "rate_hz", "channels", "speed"),
            ),
            "brainflow_board": BoardPage(store),
            "lsl_stream": StreamPage(),
            "recording": RecordingPage(store),
        }
        self._add_other_kinds()
        self._scouting = Scouting(self)
        self._scouting.answered.connect(self._show_result)
        self._scouting.failed.connect(self._show_fault)
        self._scouting.busy.connect(self._show_busy)
        self._build()
        self._came_to(0)

    @property
    def page(self) -> SourcePage:
        """The page that is seen."""
        return list(self.pages.values())[self.kinds.currentRow()]

    def on_draft(self) -> None:
        """Show the source of the draft."""
        source = self.draft.values.get("source") or {}
        kind = source.get("kind")
        if kind in self.pages:
            if not self.pages[kind].means(source):
                self.pages[kind].show_table(source)
            self.kinds.setCurrentRow(list(self.pages).index(kind))
        streams = self.pages["lsl_stream"]
        assert isinstance(streams, StreamPage)
        streams.show_scope((self.draft.values.get("lsl") or {}).get("scope", ""))
        self._follow()

    def test(self) -> None:
        """Open the chosen source for a moment, in a process of its own."""
        table = self.page.table()
        if table is not None:
            self._say("Opening …", "accent")
            lsl = LslSettings(**(self.page.lsl() or self.draft.values.get("lsl") or {}))
            self._scouting.send("bci_app.probe:probe", table, lsl)

    def use(self) -> bool:
        """Make the chosen source that of the session; return whether there is one."""
        table = self.page.table()
        if table is None:
            self._say("Nothing is chosen yet, or a value is wrong.", "warning")
            return False
        values: dict[str, Any] = {"source": table}
        if self.page.lsl() is not None:
            values["lsl"] = self.page.lsl()
        self.draft.choose(f"source {self.page.name()}", **values)
        self._follow()
        return True

    def start(self) -> None:
        """Use the chosen source and run the session."""
        if not self.use():
            return
        try:
            self.start_session.emit(self.draft.settings())
        except BciError as exc:
            self._say(str(exc), "bad")

    def showEvent(self, event: QShowEvent) -> None:  # noqa: N802 - Qt's name
        """Let the page look for what is there."""
        super().showEvent(event)
        warm_up.then(self._enter_page)

    def hideEvent(self, event: QHideEvent) -> None:  # noqa: N802 - Qt's name
        """Let nothing run that nobody sees."""
        super().hideEvent(event)
        self.page.leave()
        self._scouting.call_back()

    def _add_other_kinds(self) -> None:
        """Give sources without a page of their own, those of other packages among them, a plain one."""
        for kind in names("sources"):
            if kind in self.pages:
                continue
            self.pages[kind] = PlainSourcePage(kind, kind.replace("_", " ").capitalize(), f"The source {kind}")

    def _build(self) -> None:
        self.kinds = QListWidget()
        layouts.name(self.kinds, "Kinds of source", "Where the signal comes from")
        self.kinds.addItems([page.title for page in self.pages.values()])
        self.kinds.setFixedWidth(theme.px(210))
        self.stack = QStackedWidget()
        for page, place in zip(self.pages.values(), range(len(self.pages)), strict=True):
            self.stack.addWidget(page)
            self.kinds.item(place).setToolTip(page.hint)
            page.changed.connect(self._follow)
        self.kinds.setCurrentRow(0)
        self.kinds.currentRowChanged.connect(self._came_to)
        self.test_button = QPushButton("&Test connection")
        self.test_button.setToolTip("Open the source for two seconds and say what comes")
        self.test_button.clicked.connect(lambda: self._scouting.call_back() if self._scouting.is_busy else self.test())
        self.use_button = QPushButton("&Use this source")
        self.use_button.setToolTip("Make it the source of the session; Start (F5) begins")
        self.use_button.clicked.connect(self.use)
        self.start_button = QPushButton("Use and st&art")
        self.start_button.setProperty("role", "primary")
        self.start_button.setToolTip("Make it the source of the session and begin")
        self.start_button.clicked.connect(self.start)
        self.words = QLabel("", wordWrap=True)
        middle = layouts.row(margins=(12, 8, 0, 0))
        middle.addWidget(self.kinds)
        middle.addWidget(self.stack, 1)
        below = layouts.row(margins=(12, 4, 12, 8))
        for widget in (self.test_button, self.use_button, self.start_button):
            below.addWidget(widget)
        below.addWidget(self.words, 1)
        column = layouts.column(self, 0, (0, 0, 0, 0))
        column.addLayout(middle, 1)
        column.addLayout(below)

    def _came_to(self, row: int) -> None:
        for place, page in enumerate(self.pages.values()):
            if place != row:
                page.leave()
        self.stack.setCurrentIndex(row)
        self._scouting.call_back()
        warm_up.then(self._enter_page)

    def _enter_page(self) -> None:
        if self.isVisible():
            self.page.enter()
        self._follow()

    def _follow(self) -> None:
        """Say whether what is seen is what the session uses."""
        table = self.page.table()
        for button in (self.test_button, self.use_button, self.start_button):
            button.setEnabled(table is not None)
        if not self._scouting.is_busy:
            used = self.page.means(self.draft.values.get("source") or {})
            self._say(f"● The session uses {self.page.name()}." if used else "", "good" if used else "")

    def _show_busy(self, busy: bool) -> None:
        self.test_button.setText("&Give up" if busy else "&Test connection")

    def _show_result(self, result: ProbeResult) -> None:
        poor = not result.samples or result.lost or any(one.verdict != "good" for one in result.quality)
        self._say(f"{theme.MARKS['warning' if poor else 'good']} {result.text()}", "warning" if poor else "good")

    def _show_fault(self, text: str) -> None:
        self._say(f"{theme.MARKS['bad']} {text}", "bad")

    def _say(self, text: str, tone: theme.Tone) -> None:
        self.words.setText(text)
        theme.set_tone(self.words, tone)


def build(settings: Settings) -> SourceStep:
    """Make the step."""
    return SourceStep()
