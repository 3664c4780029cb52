"""Laws of every stage, shipped or installed: settings are the defaults, hypothesis draws the chunking."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from pipelines import plugins
from pipelines.signal import Channel, Chunk, Flag, StreamSpec, make_chunk

NAMES = "Fp1 Fp2 F3 F4 F7 F8 T7 T8 C3 C4 P7 P8 P3 P4 O1 O2 Fz Cz Pz".split()
SPEC = StreamSpec(250.0, tuple(Channel(n) for n in NAMES), "law")
KINDS = plugins.names("stages")
N = 900


def signal(seed: int = 0) -> np.ndarray:
    rng = np.random.default_rng(seed)
    common = np.cumsum(rng.standard_normal((N, 1)), axis=0)
    return (2e4 + common + 10 * rng.standard_normal((N, SPEC.n_channels))).astype(np.float32)


def chunks(samples: np.ndarray, cuts: list[int], gap_at: int = 0, gap: int = 0) -> list[Chunk]:
    """Cut samples; ``gap`` samples are missing before row ``gap_at``, which then begins a chunk."""
    borders = sorted({0, len(samples), *(c for c in cuts if c < len(samples)), *([gap_at] if gap else [])})
    made = []
    for start, stop in pairwise(borders):
        lost_so_far = gap if gap and start >= gap_at else 0
        times = (np.arange(start, stop) + lost_so_far) / SPEC.rate_hz
        made.append(
            make_chunk(
                samples[start:stop], times, start + lost_so_far, gap_before=gap if gap and start == gap_at else 0
            )
        )
    return made


def run(kind: str, pieces: list[Chunk]) -> tuple[StreamSpec, Chunk, list[tuple[int, int]]]:
    stage = plugins.make("stages", {"kind": kind})
    spec = stage.prepare(SPEC)
    samples, times, flags, gaps, indices = [], [], [], [], []
    for piece in pieces:
        out = stage.process(piece)
        assert out.samples.dtype == np.float32
        assert out.samples.shape == (out.times_s.size, spec.n_channels)
        samples.append(out.samples.copy())
        times.append(out.times_s.copy())
        flags.append(out.flags.copy())
        if out.n_samples:
            indices.append(out.first_index + np.arange(out.n_samples))
        if out.gap_before:
            gaps.append((out.first_index, out.gap_before))
    whole = Chunk(np.vstack(samples), np.concatenate(times), 0, np.concatenate(flags))
    index = np.concatenate(indices)
    steps = np.diff(index)
    assert (steps >= 1).all()
    # A gap just before the end may be told before the first sample behind it has come out of the filter.
    seen = [lost for at, lost in gaps if at <= index[-1]]
    assert int((steps - 1).sum()) == sum(seen)
    assert len(gaps) - len(seen) <= 1
    return spec, whole, gaps


def same(a: Chunk, b: Chunk) -> None:
    np.testing.assert_array_equal(a.samples, b.samples)
    np.testing.assert_array_equal(a.times_s, b.times_s)
    np.testing.assert_array_equal(a.flags, b.flags)


cuts = st.lists(st.integers(1, N - 1), max_size=12)


@pytest.mark.parametrize("kind", KINDS)
@settings(max_examples=15, deadline=None)
@example(cuts=[], nan_at=0, gap=75, gap_at=899)
@given(cuts=cuts, nan_at=st.integers(0, N - 20), gap=st.integers(0, 600), gap_at=st.integers(1, N - 1))
def test_any_chunking_gives_the_same_bits(kind: str, cuts: list[int], nan_at: int, gap: int, gap_at: int) -> None:
    x = signal()
    x[nan_at : nan_at + 15, 3] = np.nan
    _, whole, gaps = run(kind, chunks(x, [], gap_at, gap))
    _, split, split_gaps = run(kind, chunks(x, cuts, gap_at, gap))
    same(whole, split)
    assert gaps == split_gaps


@pytest.mark.parametrize("kind", KINDS)
def test_single_samples_give_the_same_bits(kind: str) -> None:
    _, whole, _ = run(kind, chunks(signal(), []))
    _, split, _ = run(kind, chunks(signal(), list(range(N))))
    same(whole, split)


@pytest.mark.parametrize("kind", KINDS)
def test_an_empty_chunk_passes(kind: str) -> None:
    stage = plugins.make("stages", {"kind": kind})
    spec = stage.prepare(SPEC)
    out = stage.process(make_chunk(np.zeros((0, SPEC.n_channels), np.float32), np.zeros(0), 0))
    assert out.n_samples == 0
    assert spec.n_channels > 0
    _, whole, _ = run(kind, chunks(signal(), []))
    first, second = chunks(signal(), [400])
    _, split, _ = run(kind, [first, make_chunk(first.samples[:0], first.times_s[:0], 400), second])
    same(whole, split)


@pytest.mark.parametrize("kind", KINDS)
def test_the_input_is_not_written_to(kind: str) -> None:
    x = signal()
    before = x.copy()
    run(kind, chunks(x, [100]))
    np.testing.assert_array_equal(x, before)


@pytest.mark.parametrize("kind", KINDS)
def test_prepare_twice_equals_once(kind: str) -> None:
    stage = plugins.make("stages", {"kind": kind})
    assert stage.prepare(SPEC) == stage.prepare(SPEC)
    first = stage.process(chunks(signal(), [])[0]).samples.copy()
    stage.prepare(SPEC)
    np.testing.assert_array_equal(stage.process(chunks(signal(), [])[0]).samples, first)
    assert stage.delay_s >= 0


@pytest.mark.parametrize("kind", KINDS)
def test_a_nan_never_outlives_its_fault(kind: str) -> None:
    x = signal()
    x[200:260, 5] = np.nan
    x[200:260, 6] = np.inf
    _, out, _ = run(kind, chunks(x, []))
    finite = np.isfinite(out.samples).all(axis=1)
    bad_s = out.times_s[~finite]
    assert ((bad_s >= 200 / 250) & (bad_s < 260 / 250)).all()
    _, clean, _ = run(kind, chunks(signal(), []))
    assert np.isfinite(clean.samples).all()


@pytest.mark.parametrize("kind", ["bandpass", "notch", "nonfinite", "resample"])
def test_what_was_replaced_is_flagged(kind: str) -> None:
    x = signal()
    x[200:260, 5] = np.nan
    _, out, _ = run(kind, chunks(x, [230]))
    assert np.isfinite(out.samples).all()
    assert (out.flags & Flag.NONFINITE).any()
    assert not (out.flags[out.times_s < 0.79] & Flag.NONFINITE).any()
    assert not (out.flags[out.times_s > 1.05] & Flag.NONFINITE).any()
