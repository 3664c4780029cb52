"""The paradigm step: who does not look at the cues is told of, and made to by one click."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from pytestqt.qtbot import QtBot

from bci_app.config import SessionSettings
from bci_app.events import EngineState, Session, StateEvent
from pipelines.plugins import make
from pipelines.signal import Channel, StreamSpec
from ui.steps.paradigm import NOT_CUED, ParadigmStep


@pytest.fixture
def step(qtbot: QtBot) -> Iterator[ParadigmStep]:
    step: ParadigmStep = make("steps", {"kind": "paradigm"})
    qtbot.addWidget(step)
    step.resize(1000, 700)
    step.show()
    yield step
    step.close()


def test_a_participant_with_a_course_of_its_own_is_made_to_follow_the_cues(step: ParadigmStep) -> None:
    source = {"kind": "synthetic", "paradigm": "workload"}
    step.draft.choose("source", source=source)
    step.on_session(Session("s", StreamSpec(250.0, (Channel("Cz"),)), settings={"source": source}))
    step.on_state(StateEvent(EngineState.RUNNING))
    step.redraw()
    assert NOT_CUED in step.words.text()
    asked: list[SessionSettings] = []
    step.start_session.connect(asked.append)
    step.obey.click()
    assert asked[0].model_dump()["source"]["paradigm"] == "cued"
    step.on_session(Session("s", StreamSpec(250.0, (Channel("Cz"),)), settings=asked[0].model_dump()))
    step.redraw()
    assert not step.obey.isVisible()
    step.draft.undo_stack.undo()
    assert step.draft.values["source"]["paradigm"] == "workload"
