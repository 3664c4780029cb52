"""Encode the chunks of an XDF 1.0 file (https://github.com/sccn/xdf/wiki/Specifications). Bytes only, no files.

A chunk is ``[length of the length: 1, 4 or 8][length][tag: uint16][content]``, little-endian; the length counts the tag
and the content.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any, Literal
from xml.etree import ElementTree as ET

import numpy as np
from numpy.typing import ArrayLike, NDArray

from pipelines.errors import RecordingError

MAGIC = b"XDF:"
FILE_HEADER, STREAM_HEADER, SAMPLES, CLOCK_OFFSET, BOUNDARY, STREAM_FOOTER = range(1, 7)
BOUNDARY_UUID = bytes.fromhex("43a546dccbf5410fb30ed5467383cbe4")
"""Readers look for these bytes to find the next whole chunk behind a damaged one."""

Format = Literal["float32", "double64", "int32", "int64", "string"]
DTYPES: dict[str, np.dtype[Any]] = {
    "float32": np.dtype("<f4"),
    "double64": np.dtype("<f8"),
    "int32": np.dtype("<i4"),
    "int64": np.dtype("<i8"),
}
_NOT_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


@dataclass(frozen=True, slots=True)
class XdfStream:
    """One stream of a file.

    Parameters
    ----------
    name, type
        As LSL has them, for example ``"EEG"``.
    channel_count
        Values in a sample, at least 1.
    format
        Type of the values.
    rate_hz
        Nominal sampling rate; 0 where samples come irregularly.
    source_id
        Stable name of what delivered the stream.
    desc
        Further description: nested mappings become elements, sequences repeat an element.
    """

    name: str
    type: str
    channel_count: int
    format: Format
    rate_hz: float = 0.0
    source_id: str = ""
    desc: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.channel_count < 1:
            raise RecordingError(f"XDF stream {self.name!r}: channel_count must be 1 or more, got {self.channel_count}")
        if self.format not in DTYPES and self.format != "string":
            raise RecordingError(f"XDF stream {self.name!r}: unknown format {self.format!r}")


def variable_length(value: int) -> bytes:
    """Return an unsigned integer behind the number of its bytes: 1, 4 or 8."""
    if value < 1 << 8:
        return struct.pack("<BB", 1, value)
    return struct.pack("<BI", 4, value) if value < 1 << 32 else struct.pack("<BQ", 8, value)


def chunk(tag: int, *content: bytes) -> bytes:
    """Return a whole chunk; the content may come in parts."""
    length = sum(map(len, content)) + 2
    return b"".join((variable_length(length), struct.pack("<H", tag), *content))


def boundary() -> bytes:
    """Return a boundary chunk."""
    return chunk(BOUNDARY, BOUNDARY_UUID)


def clock_offset(stream_id: int, time_s: float, offset_s: float) -> bytes:
    """Return a clock offset chunk: to be added to the stream's stamps around ``time_s`` (both s)."""
    return chunk(CLOCK_OFFSET, struct.pack("<Idd", stream_id, time_s, offset_s))


def file_header(datetime: str) -> bytes:
    """Return the magic bytes and the file header chunk; ``datetime`` is ISO 8601."""
    return MAGIC + chunk(FILE_HEADER, _xml({"version": "1.0", "datetime": datetime}))


def stream_header(stream_id: int, stream: XdfStream, created_at_s: float) -> bytes:
    """Return a stream header chunk; ``created_at_s`` is on the clock of the stamps."""
    info = {
        "name": stream.name,
        "type": stream.type,
        "channel_count": stream.channel_count,
        "nominal_srate": float(stream.rate_hz),
        "channel_format": stream.format,
        "source_id": stream.source_id,
        "version": "1.1",
        "created_at": created_at_s,
        "desc": stream.desc,
    }
    return chunk(STREAM_HEADER, struct.pack("<I", stream_id) + _xml(info))


def stream_footer(
    stream_id: int, first_s: float, last_s: float, sample_count: int, offsets: Sequence[tuple[float, float]]
) -> bytes:
    """Return a stream footer chunk: stamps of the first and last sample, their number, (time, value) of all offsets."""
    info: dict[str, Any] = {
        "first_timestamp": first_s,
        "last_timestamp": last_s,
        "sample_count": sample_count,
        "measured_srate": (sample_count - 1) / (last_s - first_s) if last_s > first_s else 0.0,
        "clock_offsets": {"offset": [{"time": time_s, "value": value_s} for time_s, value_s in offsets]},
    }
    return chunk(STREAM_FOOTER, struct.pack("<I", stream_id) + _xml(info))


def numeric_samples(stream_id: int, stream: XdfStream, stamps_s: NDArray[np.float64], values: ArrayLike) -> bytes:
    """Return a samples chunk of numbers, every sample with its own stamp.

    Parameters
    ----------
    stamps_s
        Shape (n_samples,).
    values
        Shape (n_samples, channel_count); cast to the stream's format.

    Raises
    ------
    RecordingError
        If shapes do not fit the stream, or values do not fit its format.
    """
    dtype = DTYPES[stream.format]
    rows = np.asarray(values)
    if stamps_s.ndim != 1 or rows.shape != (stamps_s.size, stream.channel_count):
        raise RecordingError(
            f"XDF stream {stream.name!r}: values {rows.shape} and stamps {stamps_s.shape} do not fit "
            f"{stream.channel_count} channels"
        )
    if rows.dtype != dtype and not np.can_cast(rows.dtype, dtype, "same_kind"):
        raise RecordingError(f"XDF stream {stream.name!r}: {rows.dtype} values do not fit {stream.format}")
    packed = np.empty(stamps_s.size, dtype=_sample_dtype(stream.format, stream.channel_count))
    packed["size"] = 8
    packed["stamp"] = stamps_s
    packed["values"] = rows
    return chunk(SAMPLES, struct.pack("<I", stream_id), variable_length(stamps_s.size), packed.tobytes())


@cache
def _sample_dtype(kind: str, channel_count: int) -> np.dtype[Any]:
    return np.dtype([("size", "u1"), ("stamp", "<f8"), ("values", DTYPES[kind], (channel_count,))])


def text_samples(
    stream_id: int, stream: XdfStream, stamps_s: Sequence[float] | NDArray[np.float64], values: Sequence[Sequence[str]]
) -> bytes:
    """Return a samples chunk of texts, one row of ``channel_count`` texts for each stamp.

    Raises
    ------
    RecordingError
        If the number of rows or of texts in a row does not fit.
    """
    if len(stamps_s) != len(values) or any(len(row) != stream.channel_count for row in values):
        raise RecordingError(
            f"XDF stream {stream.name!r}: {len(values)} rows of texts and {len(stamps_s)} stamps do not fit "
            f"{stream.channel_count} channels"
        )
    parts = [struct.pack("<I", stream_id), variable_length(len(stamps_s))]
    for stamp, row in zip(stamps_s, values, strict=True):
        parts.append(struct.pack("<Bd", 8, stamp))
        for text in row:
            # Half a surrogate pair cannot be encoded; its escape sequence can.
            encoded = text.encode("utf-8", "backslashreplace")
            parts += (variable_length(len(encoded)), encoded)
    return chunk(SAMPLES, b"".join(parts))


def _xml(info: Mapping[str, Any]) -> bytes:
    return b'<?xml version="1.0"?>' + ET.tostring(_element("info", info), encoding="unicode").encode()


def _element(tag: str, value: Any) -> ET.Element:
    element = ET.Element(tag)
    if not isinstance(value, Mapping):
        # XML 1.0 has no way to write most control characters.
        element.text = _NOT_XML.sub("\ufffd", str(value))
        return element
    for name, child in value.items():
        several = child if isinstance(child, (list, tuple)) else [child]
        element.extend(_element(name, one) for one in several)
    return element
