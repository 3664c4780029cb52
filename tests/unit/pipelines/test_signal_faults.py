"""What stages, windows and the smoother do with signals and settings that are not as they should be."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from pydantic import ValidationError
from scipy.signal import butter, sosfilt, sosfilt_zi

from pipelines.errors import ChannelMismatch, SignalError, UnitMismatch
from pipelines.kernels.filters import BLOCK, sos_filter
from pipelines.kernels.sections import TILE
from pipelines.plugins import make
from pipelines.signal import Channel, Chunk, Flag, StreamSpec, make_chunk
from pipelines.smoothing import SmoothingSettings
from pipelines.windows import Windower

RATE_HZ = 250.0
NAMES = ("Fp1", "Fp2", "C3", "C4", "O1", "O2")
SPEC = StreamSpec(RATE_HZ, tuple(Channel(n) for n in NAMES), "faulty")
NOISE = np.random.default_rng(0).standard_normal((1000, len(NAMES))).astype(np.float32)


def chunk(rows: np.ndarray, first: int = 0, gap: int = 0) -> Chunk:
    return make_chunk(rows, (first + np.arange(len(rows))) / RATE_HZ, first, gap_before=gap)


def process(table: dict[str, Any], *chunks: Chunk, spec: StreamSpec = SPEC) -> tuple[np.ndarray, np.ndarray]:
    stage = make("stages", table)
    stage.prepare(spec)
    outs = [stage.process(c) for c in chunks[:-1]]
    copies = [(o.samples.copy(), o.flags.copy()) for o in outs]
    last = stage.process(chunks[-1])
    copies.append((last.samples, last.flags))
    return np.vstack([s for s, _ in copies]), np.concatenate([f for _, f in copies])


@pytest.mark.parametrize("offset", [0.0, 50_000.0, -187_000.0])
def test_an_offset_makes_no_transient(offset: float) -> None:
    out, _ = process({"kind": "bandpass"}, chunk(np.full((500, 6), offset, np.float32)))
    assert np.abs(out).max() < 1e-6 * max(abs(offset), 1.0)


def test_a_channel_that_begins_with_nan_starts_at_its_first_value() -> None:
    x = NOISE + np.float32(50_000)
    x[:100, 2] = np.nan
    out, flags = process({"kind": "bandpass"}, chunk(x[:37]), chunk(x[37:], 37))
    sos = butter(4, [1, 40], "bandpass", fs=RATE_HZ, output="sos")
    late = x[100:, 2].astype(np.float64)
    expected = sosfilt(sos, late, zi=sosfilt_zi(sos) * late[0])[0]
    np.testing.assert_allclose(out[100:, 2], expected, atol=1e-3)
    assert (out[:100, 2] == 0).all()
    assert ((flags & Flag.NONFINITE) > 0).tolist() == [t < 100 for t in range(len(x))]
    guarded = make("stages", {"kind": "nonfinite"})
    guarded.prepare(SPEC)
    behind, _ = process({"kind": "bandpass"}, guarded.process(chunk(x)))
    np.testing.assert_array_equal(behind, out)


def test_a_filter_starts_anew_after_a_gap() -> None:
    whole, _ = process({"kind": "bandpass"}, chunk(NOISE[:500]), chunk(NOISE[500:] + 1e4, 900, gap=400))
    alone, _ = process({"kind": "bandpass"}, chunk(NOISE[500:] + 1e4, 900))
    np.testing.assert_array_equal(whole[500:], alone)


def test_silence_leaves_no_subnormal_state() -> None:
    sos = butter(2, 20, "highpass", fs=RATE_HZ, output="sos")
    state, block = np.ones((2 + 1, TILE)), np.zeros((BLOCK, TILE))
    x, marks = np.zeros((1024, 6), np.float32), np.zeros(1024, np.uint8)
    for start in range(0, 10 * len(x), len(x)):
        sos_filter(x, x.copy(), np.arange(6), sos, np.array([0, 1]), state, block, marks, start, 0, 1)
        assert ((np.abs(state) > 1e-300) | (state == 0)).all()
    assert (state == 0).all()


@pytest.mark.parametrize(
    "table",
    [
        {"kind": "rereference", "mode": "single", "channels": ["O2"]},
        {"kind": "rereference", "mode": "bipolar", "pairs": [["Fp1", "Fp2"], ["C4", "O1"]]},
        {"kind": "select", "channels": ["C3", "Cz", "Fp1"], "missing": "interpolate"},
    ],
)
def test_a_nan_stays_where_it_has_a_weight(table: dict[str, Any]) -> None:
    stage = make("stages", table)
    delivered = stage.prepare(SPEC)
    x = NOISE.copy()
    x[10:20, NAMES.index("C3")] = np.nan
    out = stage.process(chunk(x)).samples
    touched = {name for name, bad in zip(delivered.names, np.isnan(out).any(axis=0), strict=True) if bad}
    assert touched == ({"C3", "Cz"} if table["kind"] == "select" else {"C3"} & set(delivered.names))
    assert np.isfinite(np.delete(out, slice(10, 20), axis=0)).all()


def test_a_dead_channel_of_nan_is_replaced_and_spoils_no_other() -> None:
    names = tuple("Fp1 Fp2 F3 F4 C3 C4 P3 P4 O1 O2".split())
    spec = StreamSpec(RATE_HZ, tuple(Channel(n) for n in names))
    x = np.repeat(10 * np.random.default_rng(1).standard_normal((1500, 1)), len(names), axis=1).astype(np.float32)
    x[:, 4] = np.nan
    out, _ = process({"kind": "bad_channels"}, chunk(x), spec=spec)
    np.testing.assert_allclose(out[750:], np.repeat(x[750:, :1], len(names), axis=1), atol=1e-3)


def test_artifact_flags_by_hand() -> None:
    x = np.zeros((1000, 6), np.float32)
    x[100:110, 4] = 200.0  # one channel, far back: amplitude
    x[300:310, :2] = 100.0  # the frontal pole: blink
    x[500:600, 3] = 80.0 * (-1.0) ** np.arange(100)  # fast activity: muscle
    _, flags = process({"kind": "artifact", "muscle_uv": 30.0}, chunk(x[:333]), chunk(x[333:], 333))
    amplitude, blink, muscle = ((flags & f) > 0 for f in (Flag.AMPLITUDE, Flag.BLINK, Flag.MUSCLE))
    assert np.flatnonzero(amplitude).tolist() == list(range(100, 110))
    assert np.flatnonzero(blink).tolist() == list(range(300, 310))
    assert muscle[510:600].all()
    assert not muscle[:100].any()
    assert not muscle[800:].any()


def test_a_nan_in_the_first_sample_does_not_blind_the_artifact_flags() -> None:
    x = NOISE.copy()
    x[0] = np.nan
    x[500:, 3] *= 200
    x[600:, :2] += 300
    x[600:, 0] = np.nan
    _, flags = process({"kind": "artifact"}, chunk(x))
    assert ((flags[510:] & Flag.MUSCLE) > 0).all()
    assert ((flags[600:] & Flag.BLINK) > 0).all()
    assert not (flags[:499] & Flag.MUSCLE).any()


def test_scale_to_microvolts_and_by_a_factor() -> None:
    units = ("V", "mV", "uV", "nV", "uV", "unknown")
    channels = [Channel(n, unit=u) for n, u in zip(NAMES, units, strict=True)]
    channels[5] = Channel("counter", "misc", "unknown")
    spec = StreamSpec(RATE_HZ, tuple(channels))
    out, _ = process({"kind": "scale"}, chunk(NOISE), spec=spec)
    np.testing.assert_allclose(out, NOISE * np.array([1e6, 1e3, 1, 1e-3, 1, 1]), rtol=1e-6)
    stage = make("stages", {"kind": "scale", "factor": 0.5, "unit": "uV"})
    assert {c.unit for c in stage.prepare(spec).channels if c.kind == "eeg"} == {"uV"}
    np.testing.assert_array_equal(stage.process(chunk(NOISE)).samples[:, :5], NOISE[:, :5] / 2)
    with pytest.raises(UnitMismatch, match="Fp1"):
        make("stages", {"kind": "scale"}).prepare(StreamSpec(RATE_HZ, (Channel("Fp1", unit="unknown"),)))


def test_select_refuses_two_channels_of_one_name() -> None:
    spec = StreamSpec(RATE_HZ, (Channel("T3"), Channel("T7"), Channel("Cz")))
    with pytest.raises(ChannelMismatch, match="several channels that are T7"):
        make("stages", {"kind": "select"}).prepare(spec)
    assert make("stages", {"kind": "select", "channels": ["Cz"]}).prepare(spec).names == ("Cz",)


@pytest.mark.parametrize("rate_hz", [200.0, 500.0, 125.0])
def test_resampled_times_never_decrease(rate_hz: float) -> None:
    stage = make("stages", {"kind": "resample", "rate_hz": rate_hz})
    stage.prepare(SPEC)
    bursts = np.repeat(np.arange(200) / 50, 5)  # five samples share one stamp
    pieces = [make_chunk(NOISE[a : a + 7], bursts[a : a + 7], a) for a in range(0, 1000, 7)]
    times = np.concatenate([stage.process(piece).times_s.copy() for piece in pieces])
    assert len(times) == int(1000 * rate_hz / RATE_HZ)
    assert (np.diff(times) >= 0).all()


@pytest.mark.parametrize("size", [1, 7, 1000])
def test_a_hop_longer_than_the_window(size: int) -> None:
    windower = Windower(SPEC, 10, 100)
    seen = []
    for start in range(0, 1000, size):
        for window in windower.push(chunk(NOISE[start : start + size], start)):
            first = window.first_index
            np.testing.assert_array_equal(window.samples, NOISE[first : first + 10])
            seen.append(window.window_index)
    assert seen == list(range(10))


def test_a_stream_that_steps_back_is_refused() -> None:
    windower = Windower(SPEC, 10, 5)
    list(windower.push(chunk(NOISE[:50])))
    with pytest.raises(SignalError, match=r"begins at sample 20, but sample 49"):
        list(windower.push(chunk(NOISE[20:60], 20)))


def test_votes_that_can_never_be_reached_are_refused() -> None:
    with pytest.raises(ValidationError, match="k must not exceed n"):
        SmoothingSettings(mode="k_of_n", k=6, n=5)
