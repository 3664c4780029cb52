"""The laws of ``devices.source.Source``, on every source that is shipped."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from devices.source import Source
from pipelines.errors import BciError, StreamEnded
from pipelines.plugins import make, names
from pipelines.signal import Chunk, StreamSpec
from tests.contract.source_examples import ENDLESS, EXAMPLES

ENOUGH_SAMPLES = 300
PATIENCE_S = 20.0


@pytest.fixture(params=sorted(EXAMPLES))
def table(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[dict[str, Any]]:
    with EXAMPLES[request.param](tmp_path) as settings:
        yield settings


@pytest.fixture
def source(table: dict[str, Any]) -> Iterator[Source]:
    with make("sources", table) as built:
        yield built


def read_some(source: Source, n_samples: int = ENOUGH_SAMPLES) -> list[Chunk]:
    """Read until enough has come, or the source has ended."""
    chunks: list[Chunk] = []
    give_up_s = time.monotonic() + PATIENCE_S
    while sum(chunk.n_samples for chunk in chunks) < n_samples:
        assert time.monotonic() < give_up_s, "the source delivered too little"
        try:
            chunk = source.read(0.5)
        except StreamEnded:
            break
        if chunk is not None:
            chunks.append(chunk)
    assert chunks, "the source ended before it delivered anything"
    return chunks


def check_chunks(chunks: list[Chunk], spec: StreamSpec) -> None:
    end = 0
    last_s = -np.inf
    for chunk in chunks:
        assert chunk.samples.dtype == np.float32
        assert chunk.samples.shape == (chunk.n_samples, spec.n_channels)
        assert chunk.times_s.dtype == np.float64
        assert chunk.flags.shape == chunk.times_s.shape == (chunk.n_samples,)
        assert not chunk.samples.flags.writeable
        assert chunk.first_index == end + chunk.gap_before, "samples are missing that no gap declares"
        end = chunk.end_index
        if chunk.n_samples:
            assert np.isfinite(chunk.times_s).all()
            assert chunk.times_s[0] >= last_s
            assert (np.diff(chunk.times_s) >= 0).all()
            last_s = float(chunk.times_s[-1])


def test_every_shipped_source_has_an_example() -> None:
    kinds = {name.split()[0] for name in EXAMPLES}
    assert kinds >= set(names("sources"))


def test_delivers_what_it_announces_without_undeclared_holes_and_in_order_of_time(source: Source) -> None:
    spec = source.open()
    check_chunks(read_some(source), spec)


def test_open_again_after_close_starts_anew_with_the_same_announcement(source: Source) -> None:
    spec = source.open()
    read_some(source, 50)
    source.close()
    assert source.open() == spec
    check_chunks(read_some(source, 50), spec)


def test_usable_again_after_with(source: Source) -> None:
    with source:
        spec = source.open()
        read_some(source, 50)
    with source:
        assert source.open() == spec
        check_chunks(read_some(source, 50), spec)


def test_closing_twice_or_before_opening_is_harmless(source: Source) -> None:
    source.close()
    source.open()
    source.close()
    source.close()


def test_reading_before_opening_says_so(source: Source) -> None:
    with pytest.raises(BciError, match="open"):
        source.read(0.0)


def test_reading_after_closing_says_so(source: Source) -> None:
    source.open()
    source.close()
    with pytest.raises(BciError, match="open"):
        source.read(0.0)


def test_a_marker_is_either_taken_or_refused_plainly(source: Source) -> None:
    source.open()
    assert source.insert_marker("button") in (True, False)


@pytest.mark.parametrize("name", sorted(set(EXAMPLES) - ENDLESS))
def test_a_source_that_has_ended_stays_ended(name: str, tmp_path: Path) -> None:
    with EXAMPLES[name](tmp_path) as settings, make("sources", settings) as source:
        source.open()
        give_up_s = time.monotonic() + PATIENCE_S
        with pytest.raises(StreamEnded):  # noqa: PT012 - the end comes after an unknown number of reads
            while time.monotonic() < give_up_s:
                source.read(0.1)
        with pytest.raises(StreamEnded):
            source.read(0.0)
