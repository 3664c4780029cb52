"""Take XDF files apart byte by byte, independently of pyxdf, and make the sessions and chunks that fill them."""

from __future__ import annotations

import io
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyxdf

from bci_app.events import Session
from pipelines.signal import Channel, Chunk, StreamSpec, make_chunk

SAMPLES, CLOCK_OFFSET = 3, 4


@dataclass(frozen=True)
class Piece:
    """One whole chunk of a file: bytes ``start:end``, where its content begins, and how many samples it holds."""

    tag: int
    start: int
    content: int
    end: int
    stream_id: int = 0
    n_samples: int = 0


def read_length(data: bytes, at: int) -> tuple[int, int] | None:
    """Return a variable-length integer and the position after it; None if it is torn or none."""
    if at >= len(data) or data[at] not in (1, 4, 8) or at + 1 + data[at] > len(data):
        return None
    end = at + 1 + data[at]
    return int.from_bytes(data[at + 1 : end], "little"), end


def pieces(data: bytes) -> Iterator[Piece]:
    """Yield all whole chunks from the start; end at the first torn one."""
    assert data[:4] == b"XDF:"
    at = 4
    while (length := read_length(data, at)) is not None:
        size, begin = length
        end = begin + size
        if end > len(data):
            return
        (tag,) = struct.unpack_from("<H", data, begin)
        stream_id, n = 0, 0
        if tag in (2, 3, 4, 6):
            (stream_id,) = struct.unpack_from("<I", data, begin + 2)
        if tag == SAMPLES:
            count = read_length(data, begin + 6)
            assert count is not None
            n = count[0]
        yield Piece(tag, at, begin + 2, end, stream_id, n)
        at = end


def whole(data: bytes) -> bytes:
    """Return the file without a torn chunk at its end."""
    end = 4
    for piece in pieces(data):
        end = piece.end
    return data[:end]


def load(file: Path | bytes, **options: Any) -> dict[str, dict[str, Any]]:
    """Return pyxdf's streams by name."""
    streams, _ = pyxdf.load_xdf(io.BytesIO(file) if isinstance(file, bytes) else file, **options)
    return {stream["info"]["name"][0]: stream for stream in streams}


AS_WRITTEN = {"synchronize_clocks": False, "dejitter_timestamps": False}

RATE_HZ = 250.0
CHANNELS = (Channel("Fp1"), Channel("Cz"), Channel("VEOG", "eog"), Channel("aux", "misc", "unknown"))


def a_session(**changes: Any) -> Session:
    values: dict[str, Any] = {
        "name": "night",
        "spec": StreamSpec(RATE_HZ, CHANNELS, "headset", "linked ears"),
        "settings": {"name": "night", "decoder": {"name": "alpha"}},
        "versions": {"bci-app": "0.1.0"},
        "model_id": "alpha-1",
        "classes": ("rest", "work"),
        "window_s": 2.0,
        "hop_s": 0.5,
        "started_unix_s": 1.7e9,
    }
    return Session(**(values | changes))


def a_chunk(first_index: int, n: int = 25, *, start_s: float = 1000.0, **more: Any) -> Chunk:
    """Return samples that are known from their index alone."""
    indices = np.arange(first_index, first_index + n)
    return make_chunk(values_of(indices), start_s + indices / RATE_HZ, first_index, **more)


def values_of(indices: np.ndarray) -> np.ndarray:
    return (np.sin(np.outer(indices, [0.1, 0.23, 0.31, 0.57])) * 50).astype(np.float32)
