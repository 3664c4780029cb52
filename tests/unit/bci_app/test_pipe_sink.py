"""The engine's end of the pipe to the window."""

from __future__ import annotations

import multiprocessing
from collections.abc import Iterator
from contextlib import closing

import numpy as np
import pytest

from bci_app.events import ChunkEvent, Event, NoticeEvent, Session, SessionEvent
from bci_app.pipe_sink import MAX_WAITING_CHUNKS, PipeSink
from pipelines.signal import Channel, StreamSpec, make_chunk

SESSION = Session("s", StreamSpec(100.0, (Channel("Cz"),)))


def chunk(number: int) -> ChunkEvent:
    return ChunkEvent(make_chunk(np.full((1, 1), number, dtype=np.float32), np.array([number / 100]), number))


@pytest.fixture
def pipe() -> Iterator[tuple[multiprocessing.connection.Connection, PipeSink]]:
    ours, theirs = multiprocessing.Pipe()
    with closing(ours), closing(theirs):
        yield ours, PipeSink(theirs)


def heard(connection: multiprocessing.connection.Connection) -> list[Event]:
    events: list[Event] = []
    while connection.poll(0):
        events += connection.recv()
    return events


def test_everything_arrives_once_and_in_order(pipe: tuple[multiprocessing.connection.Connection, PipeSink]) -> None:
    connection, sink = pipe
    sink.open(SESSION)
    for number in range(50):
        sink.accept(chunk(number))
    sink.close()
    first, *chunks = heard(connection)
    assert isinstance(first, SessionEvent)
    assert [event.chunk.first_index for event in chunks if isinstance(event, ChunkEvent)] == list(range(50))


def test_what_comes_first_does_not_wait_for_more(pipe: tuple[multiprocessing.connection.Connection, PipeSink]) -> None:
    connection, sink = pipe
    sink.open(SESSION)
    assert connection.poll(5.0)
    (only,) = connection.recv()
    assert isinstance(only, SessionEvent)
    sink.accept(chunk(0))
    assert connection.poll(5.0)
    assert len(connection.recv()) == 1
    sink.close()


def test_a_window_that_was_busy_is_told_what_it_missed(
    pipe: tuple[multiprocessing.connection.Connection, PipeSink],
) -> None:
    connection, sink = pipe
    for number in range(MAX_WAITING_CHUNKS + 7):
        sink.accept(chunk(number))
    sink.open(SESSION)
    assert connection.poll(5.0)
    events = heard(connection)
    sink.close()
    assert [event.text for event in events if isinstance(event, NoticeEvent)] == [
        "the window was busy: 7 chunks were not displayed"
    ]
    assert events[0].chunk.first_index == 7  # type: ignore[union-attr]
