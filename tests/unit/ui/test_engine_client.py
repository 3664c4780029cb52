"""The client with an engine that is told what to say, and with the real child process."""

from __future__ import annotations

import gc
import multiprocessing
import time
from collections.abc import Callable, Iterator
from itertools import pairwise
from typing import Any

import pytest
from pytestqt.qtbot import QtBot

from bci_app.commands import InsertMarker
from bci_app.config import validate
from bci_app.events import EngineState, Event, NoticeEvent, RecordingEvent, StateEvent
from tests.unit.ui.scripted_engine import ScriptedEngine
from ui.engine_client import TOPICS, EngineClient, WindowStalls


@pytest.fixture
def engines() -> list[ScriptedEngine]:
    return []


@pytest.fixture
def client(qtbot: QtBot, engines: list[ScriptedEngine]) -> Iterator[EngineClient]:
    def make(settings: Any) -> ScriptedEngine:
        engines.append(ScriptedEngine(settings))
        return engines[-1]

    client = EngineClient(make)
    yield client
    client.stop()


def listen(client: EngineClient) -> list[tuple[str, object]]:
    heard: list[tuple[str, object]] = []
    for topic in TOPICS:
        getattr(client, topic).connect(lambda value, topic=topic: heard.append((topic, value)))
    client.refresh.connect(lambda: heard.append(("refresh", None)))
    return heard


def test_the_collector_leaves_alone_what_was_there_before_a_session(client: EngineClient) -> None:
    client.start({"name": "x"})
    assert gc.get_freeze_count() > 1000
    client.stop()
    assert gc.get_freeze_count() == 0


def test_every_event_comes_out_once_in_order_and_a_burst_ends_in_one_refresh(
    client: EngineClient, engines: list[ScriptedEngine], qtbot: QtBot, synthetic_events: Callable[..., list[Event]]
) -> None:
    client.start({"name": "x"})
    heard = listen(client)
    events = synthetic_events(3.0, chunk_samples=5)
    engines[0].say(*events)
    with qtbot.waitSignal(client.refresh, timeout=5000):
        pass
    topics = [topic for topic, _ in heard]
    assert topics.count("chunk") == 150
    assert topics[0] == "session"
    assert topics.count("refresh") == 1
    assert len(topics) == len(events) + 1
    assert engines[0].settings == {"name": "x"}


def test_commands_reach_the_engine(client: EngineClient, engines: list[ScriptedEngine]) -> None:
    client.start({})
    client.send(InsertMarker("eyes closed"))
    assert engines[0].commands == [InsertMarker("eyes closed")]


def test_a_command_without_an_engine_is_answered(client: EngineClient, qtbot: QtBot) -> None:
    with qtbot.waitSignal(client.notice) as answer:
        client.send(InsertMarker("x"))
    assert "start a session first" in answer.args[0].text


def test_a_dead_engine_becomes_failed_with_its_last_words(
    client: EngineClient, engines: list[ScriptedEngine], qtbot: QtBot
) -> None:
    client.start({})
    heard = listen(client)
    engines[0].say(NoticeEvent("error", "disk full"))
    engines[0].die("the engine ended unexpectedly (exit code -9)")
    with qtbot.waitSignal(client.running, timeout=5000, check_params_cb=lambda running: not running):
        pass
    assert heard[0] == ("notice", NoticeEvent("error", "disk full"))
    states = [value for topic, value in heard if topic == "state"]
    assert [(s.state, s.message) for s in states] == [
        (EngineState.FAILED, "the engine ended unexpectedly (exit code -9)")
    ]
    assert engines[0].stopped
    assert not client.is_running


def test_a_good_end_becomes_idle(client: EngineClient, engines: list[ScriptedEngine], qtbot: QtBot) -> None:
    client.start({})
    engines[0].die()
    with qtbot.waitSignal(client.state, timeout=5000) as told:
        pass
    assert told.args[0].state is EngineState.IDLE


def test_a_failure_already_told_is_not_told_twice(
    client: EngineClient, engines: list[ScriptedEngine], qtbot: QtBot
) -> None:
    client.start({})
    heard = listen(client)
    engines[0].say(StateEvent(EngineState.FAILED, "no such board"))
    engines[0].die("no such board")
    with qtbot.waitSignal(client.running, timeout=5000, check_params_cb=lambda running: not running):
        pass
    assert [topic for topic, _ in heard].count("state") == 1


def test_starting_again_ends_the_first_engine(client: EngineClient, engines: list[ScriptedEngine]) -> None:
    client.start({"n": 1})
    client.start({"n": 2})
    assert [engine.stopped for engine in engines] == [True, False]


def test_the_last_words_of_a_stopped_engine_come_before_its_end(
    client: EngineClient, engines: list[ScriptedEngine]
) -> None:
    client.start({})
    heard = listen(client)
    engines[0].say(RecordingEvent("a.xdf", False), NoticeEvent("info", "recorded 3 s"))
    client.stop()
    assert [topic for topic, _ in heard] == ["state", "refresh", "recording", "notice", "state", "refresh"]
    assert heard[-2][1].state is EngineState.IDLE


def test_an_engine_that_fails_while_it_is_stopped_is_told(client: EngineClient, engines: list[ScriptedEngine]) -> None:
    client.start({})
    heard = listen(client)
    engines[0].die("the engine ended unexpectedly (exit code -11)")
    client.stop()
    last = next(value for topic, value in reversed(heard) if topic == "state")
    assert (last.state, last.message) == (EngineState.FAILED, "the engine ended unexpectedly (exit code -11)")


@pytest.mark.parametrize(("message", "times"), [("", 1), ("no such board", 0)])
def test_only_a_good_end_of_its_own_completes_a_session(
    client: EngineClient, engines: list[ScriptedEngine], qtbot: QtBot, message: str, times: int
) -> None:
    completed: list[bool] = []
    client.completed.connect(lambda: completed.append(client.is_running))
    client.start({})
    client.stop()
    assert completed == []
    client.start({})
    engines[1].die(message)
    qtbot.waitUntil(lambda: not client.is_running)
    assert completed == [False] * times


def test_every_event_is_also_told_whole(client: EngineClient, synthetic_events: Callable[..., list[Event]]) -> None:
    whole: list[Event] = []
    client.any_event.connect(whole.append)
    events = synthetic_events(1.0)
    for event in events:
        client.deliver(event)
    assert whole == events


def test_a_listener_may_stop_the_engine(client: EngineClient, engines: list[ScriptedEngine], qtbot: QtBot) -> None:
    client.start({})
    client.notice.connect(lambda _: client.stop())
    engines[0].say(NoticeEvent("info", "a"), NoticeEvent("info", "b"))
    with qtbot.waitSignal(client.running, timeout=5000, check_params_cb=lambda running: not running):
        pass
    assert engines[0].stopped


def test_a_standstill_of_the_window_is_counted(
    client: EngineClient, engines: list[ScriptedEngine], qtbot: QtBot
) -> None:
    told: list[WindowStalls] = []
    client.stalls.connect(told.append)
    client.start({})
    qtbot.wait(60)
    before = len(told)
    client.notice.connect(lambda _: time.sleep(0.2))
    engines[0].say(NoticeEvent("info", "slow"))
    qtbot.waitUntil(lambda: len(told) > before and told[-1].worst_ms >= 150, timeout=5000)
    assert told[-1].count == len(told)


SESSION = {"source": {"kind": "synthetic", "first_rest_s": 1, "block_s": 1}, "decoder": None, "stages": []}


def real_settings() -> dict[str, Any]:
    return validate(SESSION, "test").model_dump(mode="json")


def test_the_real_engine_delivers_samples_takes_commands_and_ends(qtbot: QtBot) -> None:
    client = EngineClient()
    heard = listen(client)
    client.start(real_settings())
    qtbot.waitUntil(lambda: [topic for topic, _ in heard].count("chunk") >= 20, timeout=60_000)
    client.send(InsertMarker("hello"))
    qtbot.waitUntil(lambda: any(topic == "marker" and value.label == "hello" for topic, value in heard), timeout=20_000)
    client.stop()
    assert not multiprocessing.active_children()
    assert [value.state for topic, value in heard if topic == "state"][-1] is EngineState.IDLE
    chunks = [value for topic, value in heard if topic == "chunk"]
    assert all(a.end_index == b.first_index for a, b in pairwise(chunks))


def test_a_killed_engine_is_shown_and_another_can_be_started(qtbot: QtBot) -> None:
    client = EngineClient()
    heard = listen(client)
    client.start(real_settings())
    qtbot.waitUntil(lambda: any(topic == "chunk" for topic, _ in heard), timeout=60_000)
    for child in multiprocessing.active_children():
        child.kill()
    qtbot.waitUntil(lambda: not client.is_running, timeout=20_000)
    last = next(value for topic, value in reversed(heard) if topic == "state")
    assert last.state is EngineState.FAILED
    assert "-9" in last.message
    heard.clear()
    client.start(real_settings())
    qtbot.waitUntil(lambda: any(topic == "chunk" for topic, _ in heard), timeout=60_000)
    client.stop()


def test_settings_that_the_engine_refuses_are_explained(qtbot: QtBot) -> None:
    client = EngineClient()
    heard = listen(client)
    client.start({"name": "x", "source": {"kind": "synthetic", "rate_hz": -1}})
    qtbot.waitUntil(lambda: not client.is_running, timeout=60_000)
    last = next(value for topic, value in reversed(heard) if topic == "state")
    assert last.state is EngineState.FAILED
    assert "rate_hz" in last.message
