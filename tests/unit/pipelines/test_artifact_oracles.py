"""Artifact flags, scaling and bad channels against plain NumPy and SciPy on the whole signal, and on known artifacts.

Simulated blinks and muscle bursts are known exactly: the same person is played with and without them.
"""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path
from typing import Any

import mne
import numpy as np
import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy.signal import butter, lfilter, sosfilt, sosfilt_zi

from devices.sources.synthetic import Settings, build
from pipelines.plugins import make
from pipelines.signal import Channel, Flag, StreamSpec, make_chunk
from pipelines.stage import Pipeline

NAMES = ("Fp1", "Fp2", "F3", "F4", "C3", "C4", "P3", "P4", "O1", "O2")
HIGHPASS = {"kind": "bandpass", "low_hz": 0.5, "high_hz": None, "order": 2}


def troubled(rate_hz: float) -> NDArray[np.float32]:
    """Return noise with swings at the forehead, bursts and jumps, shape (n_samples, n_channels)."""
    rng = np.random.default_rng(3)
    n = round(12 * rate_hz)
    x = 8 * rng.standard_normal((n, len(NAMES)))
    x[:, :2] += 70 * np.sin(2 * np.pi * 0.7 * np.arange(n) / rate_hz)[:, None]
    x[n // 3 : n // 2, 4] += 60 * rng.standard_normal(n // 2 - n // 3)
    x[3 * n // 4 : 3 * n // 4 + 20, 9] += 300
    return x.astype(np.float32)


def flagged(spec: StreamSpec, x: NDArray[np.float32], borders: list[int], table: dict[str, Any]) -> NDArray[np.uint8]:
    stage = make("stages", {"kind": "artifact", **table})
    stage.prepare(spec)
    times = np.arange(len(x)) / spec.rate_hz
    return np.concatenate(
        [stage.process(make_chunk(x[a:b], times[a:b], a)).flags.copy() for a, b in pairwise([0, *borders, len(x)])]
    )


def expected_flags(
    x: NDArray[np.float32], rate_hz: float, amplitude_uv: float, blink_uv: float, muscle_uv: float
) -> NDArray[np.uint8]:
    rows = x.astype(np.float64)
    sos = butter(2, min(25.0, 0.4 * rate_hz), "highpass", fs=rate_hz, output="sos")
    fast = sosfilt(sos, rows, axis=0, zi=sosfilt_zi(sos)[:, :, None] * rows[0])[0]
    keep = np.exp(-1.0 / (0.2 * rate_hz))
    power = lfilter([1 - keep], [1, -keep], fast**2, axis=0)
    flags = np.zeros(len(x), np.uint8)
    flags[np.abs(rows).max(axis=1) > amplitude_uv] |= np.uint8(Flag.AMPLITUDE)
    flags[np.abs(rows[:, :2].mean(axis=1)) > blink_uv] |= np.uint8(Flag.BLINK)
    flags[np.sqrt(power).max(axis=1) > muscle_uv] |= np.uint8(Flag.MUSCLE)
    return flags


@pytest.mark.parametrize("rate_hz", [50.0, 250.0, 1000.0])
@given(data=st.data())
@hypothesis_settings(max_examples=10, deadline=None)
def test_artifact_flags_equal_scipy_however_the_signal_is_cut(rate_hz: float, data: st.DataObject) -> None:
    x = troubled(rate_hz)
    borders = sorted(data.draw(st.lists(st.integers(0, len(x)), max_size=8)))
    found = flagged(StreamSpec(rate_hz, tuple(Channel(n) for n in NAMES)), x, borders, {})
    wanted = expected_flags(x, rate_hz, 150.0, 60.0, 20.0)
    for flag in (Flag.AMPLITUDE, Flag.BLINK, Flag.MUSCLE):
        assert 0 < np.count_nonzero(wanted & flag) < len(x)
    np.testing.assert_array_equal(found, wanted)


@pytest.mark.parametrize("rate_hz", [160.0, 500.0, 1000.0])
def test_muscle_is_judged_alike_at_every_rate_and_alpha_is_not_taken_for_it(rate_hz: float) -> None:
    spec = StreamSpec(rate_hz, tuple(Channel(n) for n in NAMES))
    time_s = np.arange(round(10 * rate_hz)) / rate_hz
    for hz, rms_uv, is_muscle in ((10.0, 60.0, False), (45.0, 30.0, True), (45.0, 14.0, False)):
        x = np.zeros((len(time_s), len(NAMES)), np.float32)
        x[:, 8] = np.sqrt(2) * rms_uv * np.sin(2 * np.pi * hz * time_s)
        muscle = flagged(spec, x, [], {})[round(2 * rate_hz) :] & Flag.MUSCLE
        assert (muscle > 0).all() == is_muscle
        assert (muscle > 0).any() == is_muscle


@given(factor=st.floats(1e-6, 1e6), size=st.integers(1, 500))
@hypothesis_settings(max_examples=25, deadline=None)
def test_scale_multiplies_however_the_signal_is_cut(factor: float, size: int) -> None:
    units = ("V", "mV", "uV", "V", "uV", "mV", "uV", "uV", "V", "uV")
    spec = StreamSpec(250.0, tuple(Channel(n, unit=u) for n, u in zip(NAMES, units, strict=True)))
    x = np.random.default_rng(5).standard_normal((1000, len(NAMES))).astype(np.float32)
    microvolts = [{"V": 1e6, "mV": 1e3, "uV": 1.0}[unit] for unit in units]
    for table, factors in (({}, microvolts), ({"factor": factor}, [factor] * len(NAMES))):
        stage = make("stages", {"kind": "scale", **table})
        stage.prepare(spec)
        pieces = [make_chunk(x[a : a + size], np.arange(a, min(a + size, 1000)) / 250, a) for a in range(0, 1000, size)]
        out = np.vstack([stage.process(piece).samples.copy() for piece in pieces])
        np.testing.assert_allclose(out, x.astype(np.float64) * factors, rtol=1e-5)


def poor_channels(block: NDArray[np.float64]) -> list[bool]:
    """Judge every channel of a block by the documented rules, one after the other."""
    flat_or_railed = [bool(np.ptp(c) < 0.5 or np.abs(c).max() >= 187_000) for c in block.T]
    deviations = [float(c.std()) for c in block.T]
    median = np.median([s for s, poor in zip(deviations, flat_or_railed, strict=True) if not poor])
    verdict = []
    for i, column in enumerate(block.T):
        others = [j for j in range(block.shape[1]) if j != i and deviations[j] > 0 and deviations[i] > 0]
        likeness = max((abs(float(np.corrcoef(column, block[:, j])[0, 1])) for j in others), default=0.0)
        noisy = deviations[i] > 6 * median and deviations[i] > 60
        verdict.append(flat_or_railed[i] or noisy or likeness < 0.1)
    return verdict


@given(size=st.integers(1, 700), seed=st.integers(0, 5))
@hypothesis_settings(max_examples=15, deadline=None)
def test_bad_channels_equal_a_judgement_block_by_block(size: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    n_blocks, rate = 16, 250
    x = 10 * rng.standard_normal((n_blocks * rate, 1)) + 3 * rng.standard_normal((n_blocks * rate, len(NAMES)))
    for block in range(n_blocks):
        rows, column = slice(block * rate, (block + 1) * rate), int(rng.integers(3))
        spoil = rng.choice(["flat", "railed", "noisy", "alone", "none"], p=[0.2, 0.2, 0.2, 0.2, 0.2])
        noise = rng.standard_normal(rate)
        x[rows, column] = {
            "flat": 0 * noise,
            "railed": 0 * noise + 187_500,
            "noisy": 400 * noise,
            "alone": 9 * noise,
        }.get(str(spoil), x[rows, column])
    x = x.astype(np.float32)
    stage = make("stages", {"kind": "bad_channels", "interpolate": False})
    stage.prepare(StreamSpec(250.0, tuple(Channel(n) for n in NAMES)))
    poor = np.array([poor_channels(x[b * rate : (b + 1) * rate].astype(np.float64)) for b in range(n_blocks)])
    bad, after = np.zeros(len(NAMES), bool), []
    for b in range(n_blocks):
        for i in range(len(NAMES)):
            if b >= 1 and poor[b - 1 : b + 1, i].all():
                bad[i] = True
            elif b >= 2 and not poor[b - 2 : b + 1, i].any():
                bad[i] = False
        after.append({name for name, is_bad in zip(NAMES, bad, strict=True) if is_bad})
    for a in range(0, len(x), size):
        stop = min(a + size, len(x))
        found = stage.process(make_chunk(x[a:stop], np.arange(a, stop) / 250, a)).bad_channels
        assert found == (after[stop // rate - 1] if stop >= rate else set())


def shares(spec: StreamSpec, x: NDArray[np.floating], **table: float) -> dict[Flag, NDArray[np.bool_]]:
    """Return what is flagged behind a gentle high-pass and notches, by flag (n_samples,)."""
    notches = [{"kind": "notch", "freq_hz": hz} for hz in (50.0, 60.0)]
    tables = [{"kind": "select"}, *notches, HIGHPASS, {"kind": "artifact", **table}]
    pipeline = Pipeline([make("stages", t) for t in tables])
    pipeline.prepare(spec)
    flags = pipeline.process(make_chunk(x.astype(np.float32), np.arange(len(x)) / spec.rate_hz, 0)).flags
    return {flag: (flags & flag) > 0 for flag in (Flag.AMPLITUDE, Flag.BLINK, Flag.MUSCLE)}


def play(**settings: Any) -> tuple[StreamSpec, NDArray[np.float64]]:
    source = build(Settings(paradigm="rest", speed="max", duration_s=180.0, chunk_samples=45_000, **settings))
    spec, chunk = source.open(), source.read(0.0)
    assert chunk is not None
    return spec, chunk.samples.astype(np.float64)


def stretches(mask: NDArray[np.bool_]) -> list[tuple[int, int]]:
    edges = np.flatnonzero(np.diff(np.concatenate([[0], mask.astype(int), [0]])))
    return list(zip(edges[::2].tolist(), edges[1::2].tolist(), strict=True))


def widened(mask: NDArray[np.bool_], n_samples: int) -> NDArray[np.bool_]:
    return np.convolve(mask, np.ones(n_samples), "same") > 0


@pytest.mark.parametrize("seed", [0, 1])
def test_most_simulated_blinks_are_flagged_and_little_else(seed: int) -> None:
    spec, x = play(seed=seed)
    blink = x[:, 0] - play(seed=seed, blinks=False)[1][:, 0] > 20
    found = shares(spec, x)[Flag.BLINK]
    hits = [found[a:b].any() for a, b in stretches(blink)]
    assert len(hits) > 20
    assert np.mean(hits) > 0.7
    assert (found & ~widened(blink, 125)).mean() < 0.002


def test_simulated_muscle_bursts_are_flagged_and_little_else() -> None:
    """The bursts are mild (15 uV): a threshold of 10 uV finds those that are not the weakest."""
    spec, x = play(seed=0)
    difference = (x - play(seed=0, muscle=False)[1])[:, [spec.names.index(n) for n in ("T7", "T8")]]
    power = np.array([np.convolve(column**2, np.ones(50) / 50, "same") for column in difference.T])
    strength = np.sqrt(power.max(axis=0))
    found = shares(spec, x, muscle_uv=10.0)[Flag.MUSCLE]
    hits = [found[a : b + 25].any() for a, b in stretches(widened(strength > 14, 75))]
    assert len(hits) >= 3
    assert np.mean(hits) > 0.7
    assert (found & ~widened(strength > 5, 125)).mean() < 0.002


def recorded(path: Path) -> tuple[StreamSpec, NDArray[np.float64]]:
    """Return a recording in microvolts, without what is no single electrode."""
    raw = mne.io.read_raw_edf(path, preload=True, verbose="error")
    raw.pick([name for name in raw.ch_names if "-" not in name])
    spec = StreamSpec(float(raw.info["sfreq"]), tuple(Channel(name) for name in raw.ch_names))
    return spec, 1e6 * raw.get_data().T


@pytest.mark.shared
def test_cleaned_recordings_are_hardly_flagged_and_blinking_ones_in_part(shared_data: Path) -> None:
    clean = [shares(*recorded(shared_data / "eegmat" / f"Subject{n:02d}_1.edf")) for n in (0, 9, 18, 27)]
    assert all(np.mean([f[flag].mean() for f in clean]) < 0.01 for flag in clean[0])
    found = shares(*recorded(shared_data / "eegmmidb_s001" / "S001R01.edf"))
    assert 0.02 < found[Flag.BLINK].mean() < 0.35
    assert found[Flag.AMPLITUDE].mean() < 0.2
    assert found[Flag.MUSCLE].mean() < 0.5
