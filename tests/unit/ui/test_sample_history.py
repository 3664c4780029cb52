from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from ui.sample_history import MAX_BYTES, SampleHistory


@settings(max_examples=80, deadline=None)
@given(
    capacity=st.integers(1, 40),
    first=st.integers(0, 1000),
    parts=st.lists(st.tuples(st.integers(0, 60), st.integers(0, 70)), min_size=1, max_size=8),
    wanted=st.integers(1, 80),
)
def test_it_holds_what_a_list_would_hold(capacity: int, first: int, parts: list[tuple[int, int]], wanted: int) -> None:
    history, index = SampleHistory(1, capacity), first
    truth: dict[int, float] = {}
    for gap, count in parts:
        index += gap if truth else 0
        values = np.arange(index, index + count, dtype=np.float32)[:, None]
        history.push(values, np.zeros(count, np.bool_), index)
        truth |= {index + i: float(values[i, 0]) for i in range(count)}
        index += count
    samples, lost, start = history.last(wanted)
    assert history.end_index == index
    assert len(samples) <= min(capacity, wanted)
    for row in range(len(samples)):
        assert lost[row] == (start + row not in truth)
        if not lost[row]:
            assert samples[row, 0] == truth[start + row]


def test_an_older_end_can_be_asked_for() -> None:
    history = SampleHistory(1, 100)
    history.push(np.arange(50, dtype=np.float32)[:, None], np.zeros(50, np.bool_), 0)
    samples, _, first = history.last(10, end_index=30)
    assert first == 20
    assert samples[:, 0].tolist() == list(range(20, 30))


def test_memory_is_bounded() -> None:
    history = SampleHistory(1000, 10**9)
    history.push(np.zeros((40_000, 1000), np.float32), np.zeros(40_000, np.bool_), 0)
    assert history.last(10**9)[0].nbytes <= MAX_BYTES
