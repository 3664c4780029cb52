"""Laws of every step plug-in, beside those of the panels it is one of."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from PySide6.QtCore import QCoreApplication, QEvent
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from bci_app.config import demo_session
from pipelines.plugins import PluginSettings, load, make, names
from tests.contract.test_panels import EVENTS, chunk, decision, tell
from ui.draft import Draft
from ui.engine_client import EngineClient
from ui.step import ORDER, Step

STEPS = names("steps")


@pytest.fixture
def client(qapp: QApplication) -> Iterator[EngineClient]:
    client = EngineClient()
    yield client
    client.deleteLater()


def built(name: str, client: EngineClient, qtbot: QtBot) -> Step:
    step: Step = make("steps", {"kind": name})
    qtbot.addWidget(step)
    step.attach(client)
    step.resize(900, 600)
    step.show()
    return step


@pytest.mark.parametrize("name", STEPS)
def test_it_has_a_place_in_the_path_and_says_what_is_done_there(name: str, client: EngineClient, qtbot: QtBot) -> None:
    assert issubclass(load("steps", name).Settings, PluginSettings)
    step = built(name, client, qtbot)
    assert step.title
    assert step.hint
    if name in ORDER:
        assert step.order == ORDER.index(name) + 1
    panels = names("panels")
    assert {name for place in step.shows for name in place.split("|")} <= set(panels)
    assert not step.centre or step.centre in panels


@pytest.mark.parametrize("name", STEPS)
def test_it_follows_the_draft_and_any_event_before_and_after(name: str, client: EngineClient, qtbot: QtBot) -> None:
    step, draft = built(name, client, qtbot), Draft()
    tell(client, EVENTS)
    step.join(draft)
    draft.replace("demo", demo_session())
    step.enter()
    tell(client, EVENTS)
    draft.undo_stack.undo()
    draft.choose("one table", source={"kind": "synthetic"})
    step.enter()
    QCoreApplication.processEvents()
    assert draft.values == {"source": {"kind": "synthetic"}}, "looking at a step changes nothing"
    draft.deleteLater()


@pytest.mark.parametrize("name", STEPS)
def test_a_burst_of_events_costs_one_redraw(name: str, client: EngineClient, qtbot: QtBot) -> None:
    step = built(name, client, qtbot)
    tell(client, EVENTS)
    before = step.redraws
    tell(client, [event for n in range(200) for event in (chunk(1000 + 25 * n), decision(n), *EVENTS[-8:])])
    assert step.redraws <= before + 1
    before = step.redraws
    for _ in range(10):
        client.refresh.emit()
    assert step.redraws == before


@pytest.mark.parametrize("name", STEPS)
def test_closing_leaks_no_widget(name: str, client: EngineClient, qtbot: QtBot) -> None:
    before = set(QApplication.allWidgets())
    step: Step = make("steps", {"kind": name})
    step.attach(client)
    step.show()
    tell(client, EVENTS)
    step.close()
    step.deleteLater()
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
    del step
    assert set(QApplication.allWidgets()) <= before
    tell(client, EVENTS)
