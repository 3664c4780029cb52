"""Step 4, decode: choose a decoder by its card, see whether it fits, calibrate it, and watch what it decides."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from PySide6.QtCore import Qt
from PySide6.QtGui import QHideEvent, QShowEvent
from PySide6.QtWidgets import (
    QComboBox,
    QDoubleSpinBox,
    QFileDialog,
    QFormLayout,
    QLabel,
    QPushButton,
    QSplitter,
    QWidget,
)

from bci_app.commands import UseDecoder
from bci_app.config import DecoderSettings
from bci_app.decoder_card import DecoderCard, Fit
from bci_app.events import DecoderEvent, EngineState, Event, Session, StateEvent
from bci_app.summary import Summary
from pipelines.decision import Decision
from pipelines.errors import BciError
from pipelines.percent import percent
from pipelines.plugins import PluginSettings, make
from ui import layouts, theme
from ui.card_view import CardView
from ui.engine_client import EngineClient
from ui.flow_layout import FlowLayout
from ui.panel import Panel
from ui.recorder_table import recorder_of
from ui.scouting import Scouting
from ui.settings_form import scrolled
from ui.step import ORDER, Step

NOTHING = "No decoder"


class Settings(PluginSettings):
    """No settings."""


class DecodeStep(Step):
    """Choice and card on the left, the decision on the right."""

    title = "Decode"
    order = ORDER.index("decode") + 1
    hint = "Pick a decoder, calibrate it on rest, and watch it decide"
    shows = ("status", "messages")

    def __init__(self) -> None:
        super().__init__()
        self.cards: dict[str, DecoderCard] = {}
        self._session: Session | None = None
        self._summary = Summary()
        self._listing, self._checking = Scouting(self), Scouting(self)
        self._listing.answered.connect(self._take_cards)
        self._listing.failed.connect(lambda text: self._say(f"✖ {text}", "bad"))
        self._checking.answered.connect(self._show_fit)
        self._checking.failed.connect(lambda text: self._say(f"✖ {text}", "bad"))
        # The decision's own panel, once more and large: the dock beside the other steps is another one of the kind.
        self.decision: Panel = make("panels", {"kind": "decision", "history_s": 120.0})
        self._build()

    def attach(self, client: EngineClient) -> None:
        """Let the decision listen as well, and count agreement."""
        super().attach(client)
        self.decision.attach(client)
        client.any_event.connect(self._count)

    def on_session(self, session: Session) -> None:
        """Begin to count anew."""
        self._session = session
        self._summary = Summary()
        self.touch()

    def on_decision(self, decision: Decision) -> None:
        """Another decision: agreement may be another."""
        self.touch()

    def on_decoder(self, event: DecoderEvent) -> None:
        """Another decoder decides."""
        if self._session is not None:
            self._session = event.applied_to(self._session)
        self.touch()

    def on_state(self, event: StateEvent) -> None:
        """A decoder can take over only from one that decides."""
        self.now_button.setEnabled(event.state is EngineState.RUNNING)

    def enter(self) -> None:
        """Offer the decoders that were trained on recordings of one's own."""
        folder = Path(str(recorder_of(self.draft.values)["folder"])).expanduser()
        for place in ("*_decoder", "sub-*/ses-*/eeg/*_decoder"):
            for found in sorted(folder.glob(place)):
                if (found / "card.json").is_file() and self.box.findData(str(found)) < 0:
                    self._ask_for(str(found))

    def on_draft(self) -> None:
        """Show the decoder of the draft."""
        decoder = self._table()
        name = NOTHING if decoder is None else str(decoder.get("name", "workload"))
        if self.box.findData(name) < 0:
            self._ask_for(name)
        self._set_silently(self.box, self.box.findData(name))
        calibration = (decoder or {}).get("calibration") or {}
        self._set_silently(
            self.rest, calibration.get("rest_s", -1.0) if calibration.get("rest_s") is not None else -1.0
        )
        self._set_silently(self.mode, self.mode.findData((decoder or {}).get("mode", "inline")))
        for widget in (self.rest, self.mode):
            widget.setEnabled(decoder is not None)
        if name == NOTHING:
            self.card.show_card(None)
        else:
            self.card.show_card(self.cards.get(name), "its card is looked up …")
        self.touch()
        self.refresh()

    def showEvent(self, event: QShowEvent) -> None:  # noqa: N802 - Qt's name
        """Look the decoders up, once."""
        super().showEvent(event)
        if not self.cards and not self._listing.is_busy:
            self._listing.send("bci_app.decoder_cards:cards")

    def hideEvent(self, event: QHideEvent) -> None:  # noqa: N802 - Qt's name
        """Let nothing run that nobody sees."""
        super().hideEvent(event)
        self._listing.call_back()
        self._checking.call_back()

    def redraw(self) -> None:
        """Say how often the decisions agree with the truth."""
        agreement = self._summary.agreement()
        abstained = self._summary.n_windows - self._summary.n_decisions
        words = [f"{self._summary.n_decisions} decisions, {abstained} abstentions"] if self._summary.n_windows else []
        if agreement.judged:
            share = agreement.agreeing / agreement.judged
            words.append(f"{percent(share)} of {agreement.judged} agree with the truth the source tells")
        elif self._summary.n_windows:
            words.append("the source tells no truth to compare with")
        if self._is_other():
            words.append("◆ the session runs with another decoder: Use now, or Use and start")
        self.agreement.setText("; ".join(words))

    def check_fit(self) -> None:
        """See in a process of its own whether the decoder fits the source, before anything starts."""
        if not self.draft.is_ready:
            self._say("▲ Choose a source first.", "warning")
            return
        self._say("Comparing …", "accent")
        source = self.draft.values.get("source")
        running = self._session
        known = running.spec if running is not None and dict(running.settings).get("source") == source else None
        self._checking.send("bci_app.decoder_cards:fit", dict(self.draft.values), known)

    def start(self) -> None:
        """Run the session with this decoder; its calibration begins at once."""
        try:
            self.start_session.emit(self.draft.settings())
        except BciError as exc:
            self._say(f"✖ {exc}", "bad")

    def use_now(self) -> None:
        """Let this decoder take over in the session that runs."""
        name = self.box.currentData()
        if name == NOTHING:
            self._say("▲ A decoder can take over, none cannot: Use and start.", "warning")
        else:
            self.command.emit(UseDecoder(name))
            self._say("Made ready beside the one that decides …", "accent")

    def add_folder(self, folder: str) -> None:
        """Choose a checkpoint of one's own."""
        self._ask_for(folder)
        self._choose(f"decoder {Path(folder).name}", name=folder)

    def _build(self) -> None:
        self.box, self.mode, self.rest = QComboBox(), QComboBox(), QDoubleSpinBox()
        self.box.setAccessibleName("Decoder")
        self.box.setToolTip("Decoders that come with the program, those that need no training, and your own")
        self.box.addItem(NOTHING, NOTHING)
        self.box.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.box.setMinimumContentsLength(18)
        self.box.activated.connect(self._on_box)
        for mode, words in (("inline", "every window"), ("background", "the newest window, in the background")):
            self.mode.addItem(words, mode)
        self.mode.setAccessibleName("Which windows are decided on")
        self.mode.setToolTip("Background is for slow decoders: it drops windows, and counts them")
        self.mode.activated.connect(lambda _row: self._choose("mode of decoding", mode=self.mode.currentData()))
        self.rest.setRange(-1, 600)
        self.rest.setDecimals(0)
        self.rest.setSuffix(" s")
        self.rest.setSpecialValueText("as the decoder wants")
        self.rest.setKeyboardTracking(False)
        self.rest.setAccessibleName("Rest at the start")
        self.rest.setToolTip("How long the person rests at the start, so that the decoder learns their rest")
        self.rest.valueChanged.connect(self._on_rest)
        self.folder = QPushButton("Own &checkpoint …")
        self.folder.setToolTip("A folder with card.json and weights.safetensors")
        self.folder.clicked.connect(self._ask_folder)
        self.check_button = QPushButton("Does it fi&t?")
        self.check_button.setToolTip("Compare what the decoder needs with what source and montage deliver")
        self.check_button.clicked.connect(self.check_fit)
        self.start_button = QPushButton("Use and st&art")
        self.start_button.setProperty("role", "primary")
        self.start_button.setToolTip("Run the session with this decoder; calibration on rest begins at once")
        self.start_button.clicked.connect(self.start)
        self.now_button = QPushButton("Use &now")
        self.now_button.setToolTip("Let this decoder take over in the session that runs, without an interruption")
        self.now_button.clicked.connect(self.use_now)
        self.now_button.setEnabled(False)
        self.words, self.agreement = QLabel("", wordWrap=True), QLabel("", wordWrap=True)
        self.words.setTextFormat(Qt.TextFormat.PlainText)
        self.agreement.setProperty("role", "muted")
        self.card = CardView()
        both = QSplitter(Qt.Orientation.Horizontal)
        both.setChildrenCollapsible(False)
        both.addWidget(self._left())
        both.addWidget(self._right())
        both.setSizes([420, 620])
        both.setStretchFactor(0, 2)
        both.setStretchFactor(1, 3)
        layouts.column(self, 0, (0, 0, 0, 0)).addWidget(both)

    def _left(self) -> QWidget:
        left = QWidget()
        form = QFormLayout(horizontalSpacing=14, verticalSpacing=5)
        form.addRow(layouts.muted("Decoder"), self.box)
        form.addRow(layouts.muted("Rest at the start"), self.rest)
        form.addRow(layouts.muted("Decides on"), self.mode)
        buttons = FlowLayout((0, 0, 0, 0), 6)
        for button in (self.start_button, self.now_button, self.check_button, self.folder):
            buttons.addWidget(button)
        inside = QWidget()
        cards = layouts.column(inside, margins=(0, 0, 0, 0))
        cards.addWidget(self.card)
        cards.addStretch(1)
        column = layouts.column(left)
        column.addLayout(form)
        column.addLayout(buttons)
        column.addWidget(self.words)
        column.addWidget(scrolled(inside), 1)
        return left

    def _right(self) -> QWidget:
        right = QWidget()
        right.setObjectName("large")
        column = layouts.column(right, margins=(0, 8, 0, 8))
        column.addWidget(self.decision, 1)
        below = layouts.row(margins=(12, 0, 12, 0))
        below.addWidget(self.agreement)
        column.addLayout(below)
        return right

    def _take_cards(self, cards: list[DecoderCard] | DecoderCard) -> None:
        for card in cards if isinstance(cards, list) else [cards]:
            self.cards[card.name] = card
            if self.box.findData(card.name) < 0:
                self.box.insertItem(self.box.count() - 1, Path(card.name).name.replace("_", " "), card.name)
        self.on_draft()

    def _ask_for(self, name: str) -> None:
        """Offer a decoder that is not in the list, and look its card up."""
        self.box.insertItem(self.box.count() - 1, Path(name).name.replace("_", " "), name)
        if Path(name).is_dir() and self.isVisible():
            self._listing.send("bci_app.decoder_cards:card_of", name)

    def _ask_folder(self) -> None:
        folder = QFileDialog.getExistingDirectory(self, "Choose the folder of a checkpoint")
        if folder:
            self.add_folder(folder)

    def _on_box(self, _row: int) -> None:
        name = self.box.currentData()
        if name == NOTHING:
            self.draft.choose("no decoder", decoder=None)
        else:
            self._choose(f"decoder {name}", name=name)

    def _on_rest(self, seconds: float) -> None:
        calibration = {**((self._table() or {}).get("calibration") or {}), "rest_s": seconds if seconds >= 0 else None}
        self._choose("rest at the start", calibration={k: v for k, v in calibration.items() if v is not None})

    def _choose(self, text: str, **values: Any) -> None:
        before = self._table() or {}
        if values.get("name", before.get("name")) != before.get("name"):
            before = {key: value for key, value in before.items() if key not in ("settings", "hop_s")}
        self.draft.choose(text, decoder={**before, **values})
        self._say("", "")

    def _table(self) -> dict[str, Any] | None:
        values = self.draft.values
        return dict(values["decoder"]) if values.get("decoder") else (None if "decoder" in values else {})

    def _is_other(self) -> bool:
        if self._session is None or not self._session.settings:
            return False
        running, wanted = dict(self._session.settings).get("decoder"), self._table()
        deciding = DecoderSettings.model_validate(running).last_name() if running else None
        return deciding != (None if wanted is None else wanted.get("name", "workload"))

    def _count(self, event: Event) -> None:
        self._summary.accept(event)

    def _show_fit(self, fit: Fit) -> None:
        if fit.faults:
            self._say("\n".join(("✖ It does not fit:", *fit.faults)), "bad")
        elif fit.remarks:
            self._say("\n".join(("▲ It fits, but mind:", *fit.remarks)), "warning")
        else:
            self._say("● It fits what source and montage deliver.", "good")

    def _set_silently(self, widget: QComboBox | QDoubleSpinBox, value: float) -> None:
        widget.blockSignals(True)
        if isinstance(widget, QComboBox):
            widget.setCurrentIndex(int(value))
        else:
            widget.setValue(value)
        widget.blockSignals(False)

    def _say(self, text: str, tone: theme.Tone) -> None:
        self.words.setText(text)
        theme.set_tone(self.words, tone)


def build(settings: Settings) -> DecodeStep:
    """Make the step."""
    return DecodeStep()
