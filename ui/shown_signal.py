"""What of the raw signal the traces show: filtered for the eye, raw, or as the decoder gets it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from pipelines.plugins import make
from pipelines.signal import Chunk, Flag, StreamSpec, make_chunk
from pipelines.stage import Pipeline
from ui.display_filter import DisplayFilter

FILTERED, RAW, DECODER = "filtered", "raw", "decoder's view"
VIEWS = (FILTERED, RAW, DECODER)


@dataclass(frozen=True, slots=True)
class Shown:
    """Samples (n_samples, n_channels), which of them are lost, and the index of the first in the shown stream."""

    samples: NDArray[np.float32]
    lost: NDArray[np.bool_]
    first_index: int


class ShownSignal(Protocol):
    """Turns raw samples into those shown; its stream may have another rate and other channels."""

    spec: StreamSpec

    def process(self, samples: NDArray[np.float32], lost: NDArray[np.bool_], first_index: int) -> Shown:
        """Return what is shown of raw samples (n_samples, n_channels) behind the last ones, perhaps after a gap."""
        ...


class FilteredSignal:
    """The display filters; without an edge it is the raw signal."""

    def __init__(self, spec: StreamSpec, high_pass_hz: float = 0, low_pass_hz: float = 0, notch_hz: float = 0) -> None:
        self.spec = spec
        self._filter = DisplayFilter(spec, high_pass_hz, low_pass_hz, notch_hz)
        self._next: int | None = None

    def process(self, samples: NDArray[np.float32], lost: NDArray[np.bool_], first_index: int) -> Shown:
        """Filter; a gap interrupts."""
        if first_index != self._next:
            self._filter.interrupt()
        self._next = first_index + len(samples)
        return Shown(self._filter.process(samples, lost, first_index), lost, first_index)


class DecoderSignal:
    """The session's own stages.

    Raises
    ------
    BciError
        If the stages do not fit the stream.
    """

    def __init__(self, spec: StreamSpec, stages: Sequence[Mapping[str, Any]]) -> None:
        self._pipeline = Pipeline([make("stages", table, "stages of the session") for table in stages])
        self.spec = self._pipeline.prepare(spec)
        self._rate_hz = spec.rate_hz
        self._next: int | None = None

    def process(self, samples: NDArray[np.float32], lost: NDArray[np.bool_], first_index: int) -> Shown:
        """Run the stages, as the engine does."""
        gap = 0 if self._next is None else max(0, first_index - self._next)
        self._next = first_index + len(samples)
        times_s = (first_index + np.arange(len(samples))) / self._rate_hz
        flags = np.where(lost, np.uint8(Flag.LOST), np.uint8(0))
        chunk = self._pipeline.process(make_chunk(samples, times_s, first_index, flags=flags, gap_before=gap))
        # The samples are the last stage's own until its next call.
        return Shown(np.array(chunk.samples), (chunk.flags & Flag.LOST) != 0, chunk.first_index)

    def follow(self, chunk: Chunk) -> Chunk:
        """Return what the stages make of a chunk; the samples are the last stage's own until the next call."""
        return self._pipeline.process(chunk)
