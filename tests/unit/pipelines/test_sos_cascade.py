"""Filters in a row run as one: the same bits and flags as one after the other."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest

from pipelines.plugins import make
from pipelines.signal import Channel, Chunk, StreamSpec, make_chunk
from pipelines.stage import Pipeline, Stage

RATE_HZ = 250.0
TABLES = (
    {"kind": "bandpass"},
    {"kind": "notch", "harmonics": 2},
    {"kind": "bandpass", "low_hz": None, "high_hz": 45.0, "design": "chebyshev2"},
)


def filters() -> list[Stage]:
    return [make("stages", table) for table in TABLES]


def spec(n_channels: int, others: tuple[int, ...] = ()) -> StreamSpec:
    return StreamSpec(RATE_HZ, tuple(Channel(f"c{i}", "misc" if i in others else "eeg") for i in range(n_channels)))


def one_by_one(chunks: list[Chunk], stream: StreamSpec) -> Iterator[Chunk]:
    stages = filters()
    for stage in stages:
        stage.prepare(stream)
    for chunk in chunks:
        for stage in stages:
            chunk = stage.process(chunk)
        yield chunk


def chunks_of(x: np.ndarray, sizes: list[int]) -> list[Chunk]:
    edges = np.cumsum([0, *sizes])
    times = np.arange(len(x)) / RATE_HZ
    return [make_chunk(x[a:b], times[a:b], int(a)) for a, b in pairwise(edges)]


def assert_equal_to_one_by_one(chunks: list[Chunk], stream: StreamSpec) -> None:
    pipeline = Pipeline(filters())
    pipeline.prepare(stream)
    for chunk, expected in zip(chunks, one_by_one(chunks, stream), strict=True):
        found = pipeline.process(chunk)
        np.testing.assert_array_equal(found.samples, expected.samples)
        np.testing.assert_array_equal(found.flags, expected.flags)
        assert (found.first_index, found.gap_before) == (expected.first_index, expected.gap_before)


@pytest.mark.parametrize(
    ("n_channels", "others"), [(1, ()), (7, (2, 6)), (16, ()), (37, ()), (40, (0,)), (3, (0, 1, 2))]
)
def test_a_cascade_gives_the_bits_of_its_filters(n_channels: int, others: tuple[int, ...]) -> None:
    x = np.random.default_rng(n_channels).standard_normal((700, n_channels)).cumsum(axis=0).astype(np.float32)
    assert_equal_to_one_by_one(chunks_of(x, [1, 0, 9, 63, 64, 65, 200, 256, 42]), spec(n_channels, others))


def test_values_that_are_not_finite_are_held_and_flagged_alike() -> None:
    x = np.random.default_rng(1).standard_normal((600, 20)).astype(np.float32)
    x[:30, 3] = np.nan  # starts late
    x[100:110, 5], x[150, :], x[151, 19] = np.inf, np.nan, -np.inf
    assert_equal_to_one_by_one(chunks_of(x, [20, 80, 50, 1, 1, 248, 200]), spec(20))


def test_a_filter_that_overflows_is_caught_by_the_next() -> None:
    x = np.random.default_rng(2).standard_normal((300, 17)).astype(np.float32)
    x[200:260:2, 4], x[201:260:2, 4] = 3.4e38, -3.4e38
    assert_equal_to_one_by_one(chunks_of(x, [100, 100, 100]), spec(17))


def test_after_a_gap_all_filters_start_anew() -> None:
    x = np.random.default_rng(3).standard_normal((300, 18)).astype(np.float32) + 1e4
    chunks = chunks_of(x, [100, 100, 100])
    chunks[1:] = [replace(chunk, first_index=chunk.first_index + 50) for chunk in chunks[1:]]
    chunks[1] = replace(chunks[1], gap_before=50)
    assert_equal_to_one_by_one(chunks, spec(18))


def test_prepare_again_starts_anew() -> None:
    x = np.random.default_rng(4).standard_normal((200, 16)).astype(np.float32)
    pipeline = Pipeline(filters())
    runs = []
    for _ in range(2):
        pipeline.prepare(spec(16))
        runs.append(np.concatenate([pipeline.process(chunk).samples for chunk in chunks_of(x, [50, 150])]))
    np.testing.assert_array_equal(*runs)
    assert pipeline.delay_s == pytest.approx(sum(stage.delay_s for stage in pipeline.stages))


def test_rows_that_lie_apart_and_columns_in_disorder_are_filtered_too() -> None:
    x = np.random.default_rng(5).standard_normal((120, 64)).astype(np.float32)
    chunk = make_chunk(x, np.arange(120) / RATE_HZ, 0)
    for view in (x[:, ::2], np.asfortranarray(x[:, :32])):
        plain = make_chunk(view, chunk.times_s, 0)
        loose = replace(plain, samples=view)
        outputs = []
        for given in (plain, loose):
            pipeline = Pipeline(filters())
            pipeline.prepare(spec(32))
            pipeline.process(given)
            outputs.append(pipeline.process(replace(given, first_index=120)).samples.copy())
        np.testing.assert_array_equal(*outputs)
