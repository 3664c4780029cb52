"""Laws of every panel plug-in."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PySide6.QtCore import QCoreApplication, QEvent, QObject
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from bci_app.events import (
    AnswerEvent,
    ChannelQualityEvent,
    ChunkEvent,
    DecisionEvent,
    DecoderEvent,
    DiskEvent,
    EngineState,
    Event,
    LoopTiming,
    MarkerEvent,
    NoticeEvent,
    OutlineEvent,
    PlaybackEvent,
    QualityEvent,
    QuestionEvent,
    RecordingEvent,
    SectionTiming,
    Session,
    SessionEvent,
    StateEvent,
)
from devices.playback import Outline, PlaybackState
from devices.recording_data import Span
from models.unimind.answers import Answer, Evidence
from models.unimind.replies import Reply
from pipelines.channel_quality import ChannelQuality
from pipelines.decision import Decision
from pipelines.plugins import PluginSettings, load, make, names
from pipelines.signal import Channel, Marker, StreamSpec, make_chunk
from ui.engine_client import EngineClient
from ui.panel import Panel

PANELS = names("panels")
SPEC = StreamSpec(250.0, (Channel("Cz"), Channel("Pz")), "contract")

ANSWER = Answer(
    *("eyes", "Are they?", ("open", "closed"), (0.25, 0.75), False, "closed", "head"),
    Evidence((0.75, 0.25), (0.5, 0.5), (0.9, 0.1), (0.4, 0.6), 9),
    "unimind-1",
)


def chunk(first: int, count: int = 25, gap: int = 0) -> ChunkEvent:
    samples = np.random.default_rng(first).normal(0, 20, (count, 2)).astype(np.float32)
    return ChunkEvent(make_chunk(samples, 100 + (first + np.arange(count)) / 250, first, gap_before=gap))


def decision(index: int, abstained: bool = False) -> DecisionEvent:
    odds = (0.5, 0.5) if abstained else (0.3, 0.7)
    return DecisionEvent(
        Decision(index, 100.0 + index, 102.0 + index, ("rest", "task"), odds, "m", abstained, "artifacts" * abstained)
    )


EVENTS: tuple[Event, ...] = (
    SessionEvent(Session("contract", SPEC, classes=("rest", "task"), model_id="m")),
    *(StateEvent(state, f"about {state.value}") for state in EngineState),
    OutlineEvent(Outline("a.xdf", 9.0, (Marker(1.0, "rest"),), (Span(1.0, 3.0, "decision/task"),), ((4.0, 5.0),))),
    PlaybackEvent(PlaybackState(0.0, 9.0, 1.0, paused=False, loop=False, origin_s=100.0, index_offset=0, jumps=0), 0.0),
    *(chunk(25 * n) for n in range(4)),
    chunk(400, gap=300),
    MarkerEvent(Marker(100.1, "rest", "ground_truth")),
    MarkerEvent(Marker(100.2, "<b>&", "operator")),
    decision(0),
    decision(1, abstained=True),
    DecoderEvent("folder", "other", ("a", "b", "c"), 1.0, 0.25, 500, 102.0),
    QualityEvent(("Cz",), 100.0),
    QualityEvent((), 100.0),
    ChannelQualityEvent((ChannelQuality("Cz", "flat", 0.0, 0.0, 0.0, 0.5),), 100.0),
    NoticeEvent("warning", "300 samples were lost"),
    NoticeEvent("error", "<i>disk</i> full"),
    RecordingEvent("absent.xdf", True),
    RecordingEvent("absent.xdf", False),
    RecordingEvent("absent.xdf", False, "<u>disk</u> full"),
    DiskEvent("absent.xdf", "low", 900.0, 12.0, 3.5),
    LoopTiming((SectionTiming("decode", 1.0, 2.0, 3.0, 4),), 0.01, 2, 300, 1000, 100.0),
    AnswerEvent(Reply("eyes", 1, 100.5, 102.5, ("Cz", "Pz"), ("Pz",), ANSWER, 0.4), 108.1),
    AnswerEvent(Reply("eyes", 2, 101.0, 103.0, ("Cz", "Pz"), took_s=2.5, late=True), 108.2),
    QuestionEvent("", (), 108.4),
    QuestionEvent("eyes", ("eyes", "mental_workload"), 108.3),
    AnswerEvent(Reply("eyes", 3, 101.5, 103.5, ("Cz", "Pz"), (), ANSWER, 2.4, True), 108.5),
)


class Paints(QObject):
    """Counts how often a widget, or anything in it, is asked to paint."""

    def __init__(self) -> None:
        super().__init__()
        self.count: dict[QObject, int] = {}

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Paint:
            self.count[watched] = self.count.get(watched, 0) + 1
        return False


@pytest.fixture
def client(qapp: QApplication) -> Iterator[EngineClient]:
    client = EngineClient()
    yield client
    client.deleteLater()


def built(name: str, client: EngineClient, qtbot: QtBot) -> Panel:
    panel: Panel = make("panels", {"kind": name})
    qtbot.addWidget(panel)
    panel.attach(client)
    panel.resize(500, 400)
    panel.show()
    return panel


def tell(client: EngineClient, events: tuple[Event, ...] | list[Event]) -> None:
    for event in events:
        client.deliver(event)
    client.refresh.emit()


@pytest.mark.parametrize("name", PANELS)
def test_it_builds_with_defaults_and_has_a_title(name: str, client: EngineClient, qtbot: QtBot) -> None:
    assert issubclass(load("panels", name).Settings, PluginSettings)
    assert built(name, client, qtbot).title


@pytest.mark.parametrize("name", PANELS)
def test_a_burst_of_events_costs_one_redraw_and_one_repaint(name: str, client: EngineClient, qtbot: QtBot) -> None:
    panel = built(name, client, qtbot)
    tell(client, EVENTS)
    QCoreApplication.processEvents()
    before = panel.redraws
    paints = Paints()
    QApplication.instance().installEventFilter(paints)
    tell(client, [event for n in range(200) for event in (chunk(1000 + 25 * n), decision(n), *EVENTS[-12:])])
    QCoreApplication.processEvents()
    QApplication.instance().removeEventFilter(paints)
    assert panel.redraws == before + 1
    assert max(paints.count.values(), default=0) <= 2  # Qt may paint a second time after a change of layout


@pytest.mark.parametrize("name", PANELS)
def test_nothing_new_costs_nothing(name: str, client: EngineClient, qtbot: QtBot) -> None:
    panel = built(name, client, qtbot)
    tell(client, EVENTS)
    before = panel.redraws
    for _ in range(10):
        client.refresh.emit()
    assert panel.redraws == before


@pytest.mark.parametrize("name", PANELS)
def test_a_hidden_panel_draws_nothing_and_catches_up_once_when_it_is_seen(
    name: str, client: EngineClient, qtbot: QtBot
) -> None:
    panel = built(name, client, qtbot)
    tell(client, EVENTS)
    panel.hide()
    before = panel.redraws
    for n in range(20):
        tell(client, [chunk(2000 + 25 * n), decision(n)])
    tell(client, EVENTS)
    assert panel.redraws == before
    panel.show()
    assert panel.redraws == before + 1


@pytest.mark.parametrize("name", PANELS)
def test_closing_leaks_no_widget(name: str, client: EngineClient, qtbot: QtBot) -> None:
    before = set(QApplication.allWidgets())
    panel: Panel = make("panels", {"kind": name})
    panel.attach(client)
    panel.show()
    tell(client, EVENTS)
    panel.close()
    panel.deleteLater()
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
    del panel
    assert set(QApplication.allWidgets()) <= before
    tell(client, EVENTS)


@pytest.mark.parametrize("name", PANELS)
@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(order=st.permutations(EVENTS), session_at=st.integers(0, 8))
def test_any_order_of_events_is_survived(
    name: str, client: EngineClient, qtbot: QtBot, order: list[Event], session_at: int
) -> None:
    panel = built(name, client, qtbot)
    tell(client, order[:session_at])
    for event in order:
        tell(client, [event])
    QCoreApplication.processEvents()
    panel.close()
