"""Markers merged by time: in order, at their samples, none lost."""

from __future__ import annotations

import math
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from devices.lsl_chunks import Block, ChunkMaker
from devices.lsl_markers import MarkerQueue, label_of
from devices.lsl_timeline import Timeline
from pipelines.signal import Flag


def labels(queue: MarkerQueue, until_s: float, now_s: float) -> list[str]:
    return [marker.label for marker in queue.take(until_s, now_s)]


def test_a_marker_waits_for_its_samples() -> None:
    queue = MarkerQueue()
    queue.add(10.5, "b", "keys", 10.5)
    queue.add(10.2, "a", "keys", 10.5)
    assert labels(queue, 10.1, 10.6) == []
    assert labels(queue, 10.5, 10.7) == ["a", "b"]
    assert len(queue) == 0


def test_a_late_one_is_given_at_once() -> None:
    queue = MarkerQueue()
    queue.add(3.0, "late", "keys", 10.0)
    assert labels(queue, 10.0, 10.0) == ["late"]


def test_one_from_the_future_or_without_samples_waits_no_longer_than_the_limit() -> None:
    queue = MarkerQueue(hold_s=1.0)
    queue.add(1e9, "future", "keys", 10.0)
    queue.add(10.2, "silent", "keys", 10.2)
    assert labels(queue, -math.inf, 10.9) == []
    assert labels(queue, -math.inf, 11.1) == ["future"]
    assert labels(queue, -math.inf, 11.3) == ["silent"]


@pytest.mark.parametrize(
    ("values", "names", "label"),
    [
        ([b"caf\xc3\xa9"], ["description"], "café"),
        ([b"\xff<b>"], [], "\ufffd<b>"),
        ([b"left", b"7"], ["what", "code"], "left/7"),
        ([7], ["code"], "7"),
        ([0.5, 2.0], [], "0.5/2"),
        ([0.0, -1.0, 0.0], ["rest", "left", "right"], "left"),
        ([1.5, 0.0, 3.0], ["rest", "left", "right"], "rest/right"),
    ],
)
def test_values_of_any_kind_become_labels(values: list[object], names: list[str], label: str) -> None:
    assert label_of(values, names) == label


def test_labels_are_plain_and_not_endless() -> None:
    queue = MarkerQueue()
    queue.add(1.0, "a\x00\x1b<b>", "s", 1.0)
    queue.add(1.0, "x" * 5000, "s", 1.0)
    assert labels(queue, 1.0, 1.0) == ["ab", "x" * 1024]


def test_a_stamp_that_is_no_time_means_now() -> None:
    queue = MarkerQueue()
    queue.add(math.nan, "x", "s", 5.0)
    (marker,) = queue.take(5.0, 5.0)
    assert (marker.time_s, marker.stream) == (5.0, "s")
    queue.add(9.0, "y", "s", 5.0)
    queue.clear()
    assert queue.take(math.inf, 99.0) == ()


@settings(max_examples=60, deadline=None)
@given(
    markers=st.lists(st.tuples(st.floats(-2.0, 4.0), st.floats(0.0, 2.0)), max_size=30),
    steps=st.lists(st.floats(0.01, 0.5), min_size=1, max_size=20),
)
def test_none_is_lost_none_is_doubled_and_each_take_is_in_order(
    markers: list[tuple[float, float]], steps: list[float]
) -> None:
    queue = MarkerQueue()
    pending = sorted(enumerate(markers), key=lambda item: item[1][1])
    given_out, now = [], 0.0
    for step in [*steps, 10.0]:
        now += step
        while pending and pending[0][1][1] <= now:
            number, (time_s, arrival_s) = pending.pop(0)
            queue.add(time_s, str(number), "s", arrival_s)
        taken = queue.take(now - 0.05, now)
        assert all(a.time_s <= b.time_s for a, b in pairwise(taken))
        given_out += [int(marker.label) for marker in taken]
    assert sorted(given_out) == list(range(len(markers)))


def test_chunks_are_split_at_holes_with_their_markers_and_flags() -> None:
    queue = MarkerQueue()
    maker = ChunkMaker(1, Timeline(100.0, 0.25), queue)
    stamps = 50.0 + np.arange(30) / 100.0
    stamps[20:] += 2.0
    queue.add(50.05, "first", "s", 52.3)
    queue.add(52.25, "second", "s", 52.3)
    queue.add(53.0, "waits", "s", 52.3)
    maker.push(Block(np.arange(10, dtype=np.float32)[:, None], stamps[:10], 50.1), 0.0)
    maker.push(Block(np.arange(10, 30, dtype=np.float32)[:, None], stamps[10:], 52.3), 0.0)
    maker.push(Block(np.zeros((5, 1), np.float32), 10.0 + np.arange(5) / 100.0, 52.35), 0.0)
    chunks = []
    while (chunk := maker.pop()) is not None:
        chunks.append(chunk)
    assert [(c.first_index, c.gap_before, c.n_samples) for c in chunks] == [
        (0, 0, 10),
        (10, 0, 10),
        (220, 200, 10),
        (230, 0, 5),
    ]
    assert [[m.label for m in c.markers] for c in chunks] == [["first"], [], ["second"], []]
    assert chunks[2].flags.tolist() == [0] * 10
    assert chunks[3].flags.tolist() == [Flag.CLOCK_JUMP, 0, 0, 0, 0]
    empty = maker.without_samples(queue.take(math.inf, 52.4))
    assert empty is not None
    assert (empty.n_samples, empty.first_index, empty.markers[0].label) == (0, 235, "waits")
    assert maker.without_samples(()) is None
