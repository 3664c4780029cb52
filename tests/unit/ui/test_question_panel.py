"""The panel that asks: what can be chosen is what is answered; late answers never look like new ones."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from bci_app.commands import Ask
from bci_app.events import AnswerEvent, EngineState, Event, QuestionEvent, Session, SessionEvent, StateEvent
from models.unimind.answers import Answer, Evidence
from models.unimind.replies import Reply
from models.unimind.task_cards import cards
from pipelines.plugins import make
from pipelines.signal import Channel, StreamSpec
from ui.engine_client import EngineClient
from ui.panels.question import QuestionPanel

SESSION = SessionEvent(Session("test", StreamSpec(200.0, (Channel("O1"), Channel("O2")), "test")))
ASKED = QuestionEvent("eyes", ("eyes", "mental_workload"))


@pytest.fixture
def client(qapp: QApplication) -> Iterator[EngineClient]:
    client = EngineClient()
    yield client
    client.deleteLater()


@pytest.fixture
def panel(client: EngineClient, qtbot: QtBot) -> QuestionPanel:
    panel: QuestionPanel = make("panels", {"kind": "question"})
    qtbot.addWidget(panel)
    panel.attach(client)
    panel.show()
    return panel


def tell(client: EngineClient, *events: Event) -> None:
    for event in events:
        client.deliver(event)
    client.refresh.emit()


def reply(p: float = 0.75, *, late: bool = False, task: str = "eyes", bad: tuple[str, ...] = ()) -> AnswerEvent:
    evidence = Evidence((0.2, 0.8), (0.5, 0.5), (0.9, 0.1), (0.1, 0.9), 9)
    unsure = abs(2 * p - 1) < 0.1
    text = "not sure" if unsure else ("open", "closed")[int(p > 0.5)]
    answer = Answer(task, "?", ("open", "closed"), (1 - p, p), unsure, text, "head", evidence, "unimind-1")
    return AnswerEvent(Reply(task, 4, 10.0, 12.0, ("O1", "O2"), bad, answer, 0.25, late))


def test_only_what_the_session_answers_can_be_chosen(client: EngineClient, panel: QuestionPanel, qtbot: QtBot) -> None:
    tell(client, SESSION)
    assert not panel.choice.isEnabled()
    tell(client, ASKED)
    assert [panel.choice.itemData(i) for i in range(panel.choice.count())] == ["", "eyes", "mental_workload"]
    assert panel.choice.currentData() == "eyes"
    assert panel.words.text() == cards()["eyes"].questions[0]
    assert panel.claim.text() == cards()["eyes"].claim
    with qtbot.waitSignal(panel.command) as asked:
        panel.choice.activated.emit(2)
    assert asked.args == [Ask("mental_workload")]


def test_an_answer_is_shown_with_what_it_rests_on(client: EngineClient, panel: QuestionPanel) -> None:
    tell(client, SESSION, ASKED, reply(bad=("O1",)))
    assert panel.label.text() == "closed"
    assert panel.label.property("tone") == "class1"
    for words in ("O2 80 %", "queries 1", "2 (seconds)", "unimind-1", "bad electrodes: O1", "0.25 s"):
        assert words in panel.evidence.text()


def test_a_late_or_unsure_answer_stands_back(client: EngineClient, panel: QuestionPanel) -> None:
    tell(client, SESSION, ASKED, reply(late=True))
    assert panel.label.property("tone") == "muted"
    assert "late" in panel.evidence.text()
    tell(client, reply(0.52))
    assert panel.label.text() == "not sure"
    assert panel.label.property("tone") == "muted"
    tell(client, AnswerEvent(Reply("eyes", 5, 11.0, 13.0, ("O1", "O2"), took_s=3.0, late=True)))
    assert panel.label.text() == "Overdue"


def test_answers_to_another_question_and_of_another_time_go_away(client: EngineClient, panel: QuestionPanel) -> None:
    tell(client, SESSION, ASKED, reply(), QuestionEvent("mental_workload", ASKED.choices), reply())
    assert panel.label.text() == "Waiting …"
    tell(client, ASKED, reply())
    assert panel.label.text() == "closed"
    tell(client, StateEvent(EngineState.STALE))
    assert panel.label.text() == "Waiting …"
    tell(client, QuestionEvent("", ()))
    assert panel.label.text() == "No answers"
