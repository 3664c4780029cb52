"""What is asked of the signal, out of a closed list, and the answer with what it rests on."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QComboBox, QLabel

from bci_app.commands import Ask
from bci_app.events import DecoderEvent, EngineState, QuestionEvent, Session, StateEvent
from models.unimind.answers import Answer
from models.unimind.replies import Reply
from models.unimind.task_cards import cards
from pipelines.percent import percent
from pipelines.plugins import PluginSettings
from ui import layouts, theme
from ui.fitted_label import FittedLabel
from ui.panel import Panel
from ui.probability_bars import ProbabilityBars

NOTHING = "Ask nothing"
SHOWN = 3
"""Electrodes that are named."""
ENDED = (EngineState.IDLE, EngineState.STOPPING, EngineState.FAILED, EngineState.STALE, EngineState.RECONNECTING)


class Settings(PluginSettings):
    """Nothing can be set."""


class QuestionPanel(Panel):
    """The list holds what the decoder of the session answers; a late answer says so and never looks like a new one."""

    title = "Question"

    def __init__(self, settings: Settings) -> None:
        super().__init__()
        self._event = QuestionEvent("", ())
        self._reply: Reply | None = None
        self._listed: tuple[str, ...] | None = None
        self.choice = QComboBox()
        self.choice.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        layouts.name(self.choice, "Question", "What is asked from the next window on, out of a closed list")
        self.choice.activated.connect(self._ask)
        self.words = QLabel("", wordWrap=True, textFormat=Qt.TextFormat.PlainText)
        self.label = FittedLabel("")
        self.label.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.label.setProperty("role", "state")
        self.label.setMinimumHeight(44)
        self.label.setTextFormat(Qt.TextFormat.PlainText)
        self.bars = ProbabilityBars()
        self.evidence = QLabel("", wordWrap=True, textFormat=Qt.TextFormat.PlainText)
        self.claim = QLabel("", wordWrap=True, textFormat=Qt.TextFormat.PlainText)
        for muted in (self.evidence, self.claim):
            muted.setProperty("role", "muted")
        column = layouts.column(self)
        for widget in (self.choice, self.words, self.label, self.bars, self.evidence, self.claim):
            column.addWidget(widget)
        column.addStretch(1)
        self.redraw()

    def on_session(self, session: Session) -> None:
        """Forget the last session's answers."""
        self._event, self._reply = QuestionEvent("", ()), None
        self.touch()

    def on_decoder(self, event: DecoderEvent) -> None:
        """Forget what the decoder before answered."""
        self._reply = None
        self.touch()

    def on_state(self, event: StateEvent) -> None:
        """Take the answer away while none can be current."""
        if event.state in ENDED and self._reply is not None:
            self._reply = None
            self.touch()

    def on_question(self, event: QuestionEvent) -> None:
        """Take what is asked, and what may be."""
        if event.task != self._event.task:
            self._reply = None
        self._event = event
        self.touch()

    def on_answer(self, reply: Reply) -> None:
        """Take an answer to the question of now; one to a question of before is of no interest any more."""
        if reply.task == self._event.task:
            self._reply = reply
            self.touch()

    def redraw(self) -> None:
        """Bring all of it up to date."""
        self._show_choices()
        card = cards().get(self._event.task)
        self.words.setText(card.questions[0] if card else "")
        self.claim.setText(card.claim if card else "")
        reply, answer = self._reply, self._reply.answer if self._reply else None
        if not self._event.choices:
            self._say("No answers", "muted", "The decoder of this session answers no questions.")
        elif reply is None:
            self._say("Waiting …" if card else "", "muted", "")
        elif answer is None:
            self._say("Overdue" if reply.late else "No answer", "warning", reply.refused or reply.words())
        else:
            self._show(reply, answer)
        if answer is None:
            options = card.options if card else ()
            self.bars.show_values(options, (0.0,) * len(options), dim=True)

    def _show(self, reply: Reply, answer: Answer) -> None:
        row = max(range(len(answer.options)), key=answer.probabilities.__getitem__)
        tone = "muted" if answer.unsure or reply.late else f"class{row % len(theme.palette().classes)}"
        self._say(answer.text, tone, evidence_words(reply, answer))
        self.bars.show_values(answer.options, answer.probabilities, dim=answer.unsure or reply.late)

    def _say(self, text: str, tone: str, detail: str) -> None:
        self.label.setText(layouts.words(text))
        theme.set_tone(self.label, tone)
        self.evidence.setText(detail)

    def _show_choices(self) -> None:
        if self._listed != self._event.choices:
            self._listed = self._event.choices
            self.choice.clear()
            self.choice.addItem(NOTHING, "")
            for name in self._event.choices:
                self.choice.addItem(cards()[name].title if name in cards() else name, name)
            self.choice.setEnabled(bool(self._event.choices))
        self.choice.setCurrentIndex(max(0, self.choice.findData(self._event.task)))

    def _ask(self, index: int) -> None:
        self.command.emit(Ask(str(self.choice.itemData(index))))


def evidence_words(reply: Reply, answer: Answer) -> str:
    """Say when, how late, on which electrodes and by which queries; the signal's state where it is bad."""
    weights = sorted(zip(answer.evidence.electrodes, reply.channels, strict=False), reverse=True)[:SHOWN]
    spatial, temporal = (
        max(range(len(q)), key=q.__getitem__) for q in (answer.evidence.spatial, answer.evidence.temporal)
    )
    lines = [
        f"{reply.end_s - reply.start_s:.1f} s of signal, answered after {reply.took_s:.2f} s"
        + (": late" if reply.late else ""),
        "electrodes " + ", ".join(f"{name} {percent(weight)}" for weight, name in weights),
        f"queries {spatial + 1} (electrodes) and {temporal + 1} (seconds), by the {answer.by} of {answer.model_id}",
    ]
    if reply.bad_channels:
        lines.append(f"bad electrodes: {', '.join(reply.bad_channels)}")
    return "\n".join(lines)


def build(settings: Settings) -> QuestionPanel:
    """Make the panel."""
    return QuestionPanel(settings)
