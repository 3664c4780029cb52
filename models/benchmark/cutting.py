"""Pass one recording through the live stages and cut windows out of its trials and its rest."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from models.benchmark.recipe import Recipe
from models.benchmark.windows import REST, TRIAL
from models.dataset import Labelled
from pipelines.signal import Chunk, Flag, StreamSpec
from pipelines.stage import Pipeline

PART_S = 10.0
"""Length of the parts in which a recording goes through the stages (s); any length gives the same bits."""
UNUSABLE = Flag.LOST | Flag.NONFINITE


@dataclass(frozen=True, slots=True)
class Passed:
    """What the stages delivered: samples (n, n_channels); number, time (s) and flags of each, (n,).

    ``ends`` are the numbers at which an unbroken stretch has ended.
    """

    samples: NDArray[np.float32]
    index: NDArray[np.int64]
    times_s: NDArray[np.float64]
    flags: NDArray[np.uint8]
    ends: NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Piece:
    """One window: samples (n_samples, n_channels), None if some were lost; where it comes from, and its label."""

    samples: NDArray[np.float32] | None
    start_s: float
    stop_s: float
    role: int
    trial: int
    label: str | float


def pass_through(pipeline: Pipeline, chunks: tuple[Chunk, ...], rate_hz: float, n_channels: int) -> Passed:
    """Pass chunks of ``rate_hz`` through prepared stages, in parts; ``n_channels`` come out."""
    part = max(1, round(PART_S * rate_hz))
    samples, index, times_s, flags = [np.empty((0, n_channels), np.float32)], [], [], []
    for chunk in chunks:
        for start in range(0, chunk.n_samples, part):
            out = pipeline.process(chunk.part(start, min(start + part, chunk.n_samples)))
            samples.append(out.samples.copy())
            index.append(out.first_index + np.arange(out.n_samples))
            times_s.append(np.array(out.times_s))
            flags.append(np.array(out.flags))
    numbers = np.concatenate([np.empty(0, np.int64), *index])
    return Passed(
        np.concatenate(samples),
        numbers,
        np.concatenate([np.empty(0), *times_s]),
        np.concatenate([np.empty(0, np.uint8), *flags]),
        np.append(numbers[:-1][np.diff(numbers) > 1], numbers[-1:]) + 1,
    )


def cut(recording: Labelled, recipe: Recipe, passed: Passed, spec: StreamSpec, delay_s: float) -> Iterator[Piece]:
    """Yield the windows of a recording in order of time.

    Parameters
    ----------
    passed, spec
        What the stages delivered, and what they said of it.
    delay_s
        The stages' delay: what happened at t is found at t + delay_s.
    """
    intervals = [
        (trial.start_s + recipe.from_s, trial.stop_s, TRIAL, number, trial.label)
        for number, trial in enumerate(recording.trials)
        if not recipe.classes or trial.label in recipe.classes
    ]
    intervals += [(start, stop, REST, number, np.nan) for number, (start, stop) in enumerate(recording.rest)]
    n, hop = samples_of(recipe.window_s, spec.rate_hz), samples_of(recipe.step_s, spec.rate_hz)
    pieces = []
    for start_s, stop_s, role, number, label in intervals:
        first = _index_at(passed, start_s + delay_s, spec.rate_hz)
        for k in range(_n_windows(stop_s - start_s, n, hop, spec.rate_hz)):
            window, early = None, 0
            if first is not None:
                early = _too_late(passed, first + k * hop, n, spec.rate_hz, delay_s)
                window = _rows(passed, first + k * hop - early, n)
            begin_s = start_s + (k * hop - early) / spec.rate_hz
            pieces.append(Piece(window, begin_s, begin_s + n / spec.rate_hz, role, number, label))
    yield from sorted(pieces, key=lambda piece: (piece.start_s, piece.role, piece.trial))


def samples_of(seconds: float, rate_hz: float) -> int:
    """Return a length in samples, at least one."""
    return max(1, round(seconds * rate_hz))


def content_sha256(chunks: tuple[Chunk, ...]) -> str:
    """Return a hash of what was recorded: where each channel rises.

    It is the same in any container and at any scale, so one session under two names is recognised.
    """
    digest = hashlib.sha256()
    for chunk in chunks:
        digest.update(np.packbits(chunk.samples[1:] > chunk.samples[:-1]).tobytes())
    return digest.hexdigest()


def _n_windows(length_s: float, n: int, hop: int, rate_hz: float) -> int:
    """How many windows end within an interval; half a sample is forgiven."""
    room = length_s * rate_hz + 0.5 - n
    return 0 if room < 0 else int(room // hop) + 1


def _index_at(passed: Passed, time_s: float, rate_hz: float) -> int | None:
    """Return the number of the sample nearest to a time, be it there or lost; None behind the end."""
    row = int(np.searchsorted(passed.times_s, time_s - 0.5 / rate_hz))
    if row == passed.times_s.size:
        return None
    return int(passed.index[row]) - round(float(passed.times_s[row] - time_s) * rate_hz)


def _too_late(passed: Passed, first: int, n: int, rate_hz: float, delay_s: float) -> int:
    """Return by how many samples a window must begin earlier, at most the delay, to end with the signal.

    Where a recording (or a clip of it) ends with the trial, what the stages would still have delivered is not there.
    """
    after = int(np.searchsorted(passed.ends, first, side="right"))
    over = first + n - int(passed.ends[after]) if after < passed.ends.size else 0
    return over if 0 < over <= np.ceil(delay_s * rate_hz) else 0


def _rows(passed: Passed, first: int, n: int) -> NDArray[np.float32] | None:
    """Return n samples from number ``first`` on; None unless all are there and were measured."""
    start = int(np.searchsorted(passed.index, first))
    stop = start + n
    if stop > passed.index.size or passed.index[start] != first or passed.index[stop - 1] != first + n - 1:
        return None
    return None if (passed.flags[start:stop] & UNUSABLE).any() else passed.samples[start:stop]
