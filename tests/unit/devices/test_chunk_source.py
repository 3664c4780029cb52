"""A recording in memory as a source: the laws of sources, and pieces that join to what they were cut from."""

from __future__ import annotations

import numpy as np
import pytest

from devices.chunk_source import ChunkSource
from pipelines.errors import ConfigError, ConnectFailed, StreamEnded
from pipelines.signal import Channel, Chunk, Marker, StreamSpec, make_chunk

SPEC = StreamSpec(10.0, (Channel("Cz"), Channel("Pz")), "in memory")


def chunks() -> tuple[Chunk, Chunk]:
    rows = np.arange(70, dtype=np.float32).reshape(35, 2)
    first = make_chunk(rows[:20], np.arange(20) / 10, 0, markers=(Marker(0.0, "go"),))
    return first, make_chunk(rows[20:], np.arange(25, 40) / 10, 25, gap_before=5)


def played(source: ChunkSource) -> list[Chunk]:
    found = []
    while True:
        try:
            chunk = source.read(0.1)
        except StreamEnded:
            return found
        assert chunk is not None
        found.append(chunk)


@pytest.mark.parametrize("size", [None, 1, 7, 20, 100])
def test_pieces_follow_one_another_and_declare_the_gap(size: int | None) -> None:
    with ChunkSource(SPEC, chunks(), size) as source:
        assert source.open() == SPEC
        pieces = played(source)
    end = 0
    for piece in pieces:
        assert piece.n_samples <= (size or 10)
        assert piece.first_index == end + piece.gap_before
        end = piece.end_index
    assert [piece.gap_before for piece in pieces if piece.gap_before] == [5]
    assert [marker.label for piece in pieces for marker in piece.markers] == ["go"]
    np.testing.assert_array_equal(
        np.concatenate([piece.samples for piece in pieces]), np.concatenate([chunk.samples for chunk in chunks()])
    )
    np.testing.assert_array_equal(
        np.concatenate([piece.times_s for piece in pieces]), np.concatenate([chunk.times_s for chunk in chunks()])
    )


def test_opened_again_it_begins_again() -> None:
    source = ChunkSource(SPEC, chunks())
    for _ in range(2):
        source.open()
        assert len(played(source)) == 4
        source.close()
        source.close()
        with pytest.raises(ConnectFailed, match="open"):
            source.read(0.1)


def test_it_is_neither_live_nor_takes_markers() -> None:
    source = ChunkSource(SPEC, ())
    assert not source.is_live
    assert not source.insert_marker("go")
    source.open()
    with pytest.raises(StreamEnded):
        source.read(0.1)


def test_empty_pieces_are_refused() -> None:
    with pytest.raises(ConfigError, match="chunk_samples = 0"):
        ChunkSource(SPEC, chunks(), 0)
