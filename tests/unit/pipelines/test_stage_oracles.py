"""Every stage against SciPy or MNE on the whole signal, our side being cut into chunks of 17 samples."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import mne
import numpy as np
import pytest
from scipy.signal import butter, cheby1, cheby2, iirnotch, sosfilt, sosfilt_zi, tf2sos, upfirdn

from pipelines.errors import ChannelMismatch, ConfigError
from pipelines.kernels.filters import BLOCK, sos_filter
from pipelines.kernels.sections import TILE
from pipelines.montage import positions, spline_weights
from pipelines.plugins import make
from pipelines.signal import Channel, Flag, StreamSpec, make_chunk
from pipelines.smoothing import Smoother, SmoothingSettings
from pipelines.stages.resample import design_taps
from pipelines.windows import Windower

RATE_HZ = 250.0
NAMES = ["Fp1", "Fp2", "F3", "F4", "C3", "C4", "P3", "P4", "O1", "O2", "Fz", "Cz", "Pz"]
SPEC = StreamSpec(RATE_HZ, tuple(Channel(n) for n in NAMES), "oracle")
X = (50 + np.cumsum(np.random.default_rng(1).standard_normal((1500, len(NAMES))), axis=0)).astype(np.float32)


def run(table: dict[str, Any], spec: StreamSpec = SPEC, x: np.ndarray = X) -> tuple[StreamSpec, np.ndarray]:
    stage = make("stages", table)
    delivered = stage.prepare(spec)
    borders = [*range(0, len(x), 17), len(x)]
    times = np.arange(len(x)) / spec.rate_hz
    outs = [stage.process(make_chunk(x[a:b], times[a:b], a)).samples.copy() for a, b in pairwise(borders)]
    return delivered, np.vstack(outs)


def reference(sos: np.ndarray, x: np.ndarray = X) -> np.ndarray:
    rows = x.astype(np.float64)
    return sosfilt(sos, rows, axis=0, zi=sosfilt_zi(sos)[:, :, None] * rows[0])[0]


def close(a: np.ndarray, b: np.ndarray) -> None:
    assert np.abs(a - b).max() <= 1e-5 * np.abs(X).max()


@pytest.mark.parametrize(
    ("table", "sos"),
    [
        ({"low_hz": 1, "high_hz": 40}, butter(4, [1, 40], "bandpass", fs=RATE_HZ, output="sos")),
        ({"low_hz": 2, "high_hz": None, "order": 2}, butter(2, 2, "highpass", fs=RATE_HZ, output="sos")),
        ({"low_hz": None, "high_hz": 30, "order": 3}, butter(3, 30, "lowpass", fs=RATE_HZ, output="sos")),
        ({"design": "chebyshev1"}, cheby1(4, 0.5, [1, 40], "bandpass", fs=RATE_HZ, output="sos")),
        ({"design": "chebyshev2"}, cheby2(4, 40, [1, 40], "bandpass", fs=RATE_HZ, output="sos")),
    ],
)
def test_bandpass_equals_scipy(table: dict[str, Any], sos: np.ndarray) -> None:
    close(run({"kind": "bandpass", **table})[1], reference(sos))


def test_notch_with_harmonics_equals_scipy() -> None:
    sos = np.vstack([tf2sos(*iirnotch(f, 30, fs=RATE_HZ)) for f in (50, 100)])
    close(run({"kind": "notch", "harmonics": 4})[1], reference(sos))


def test_the_kernel_equals_scipy_to_1e_9() -> None:
    sos = np.ascontiguousarray(butter(4, [1, 40], "bandpass", fs=RATE_HZ, output="sos"))
    x = (X / 1024).astype(np.float32)
    n = x.shape[1]
    state, block = np.zeros((2 * len(sos) + 1, TILE)), np.zeros((BLOCK, TILE))
    state[: 2 * len(sos), :n] = sosfilt_zi(sos).T.reshape(-1, 1) * x[0].astype(np.float64)
    out = np.zeros_like(x, dtype=np.float64)
    for start in range(0, len(x), 17):
        rows, marks = slice(start, start + 17), np.zeros(17, np.uint8)
        sos_filter(x[rows], out[rows], np.arange(n), sos, np.array([0, len(sos)]), state, block, marks, start, 0, 1)
    np.testing.assert_allclose(out, reference(sos, x), atol=1e-9, rtol=0)


@pytest.mark.parametrize(
    ("rate_in", "rate_out"), [(250, 200), (256, 200), (512, 200), (500, 200), (160, 200), (200, 500)]
)
def test_resampling_equals_upfirdn(rate_in: float, rate_out: float) -> None:
    spec = StreamSpec(rate_in, SPEC.channels)
    stage = make("stages", {"kind": "resample", "rate_hz": rate_out})
    stage.prepare(spec)
    delivered, out = run({"kind": "resample", "rate_hz": rate_out}, spec)
    divisor = np.gcd(int(rate_in), int(rate_out))
    up, down = int(rate_out) // divisor, int(rate_in) // divisor
    taps = design_taps(up, down, 10, 6.0).T.ravel()
    pad = 10 * down * taps.size
    padded = np.vstack([np.repeat(X[:1], pad, axis=0), X]).astype(np.float64)
    expected = upfirdn(taps, padded, up, down, axis=0)[pad * up // down :][: len(out)]
    close(out, expected)
    assert delivered.rate_hz == rate_out
    assert 0.02 < stage.delay_s < 0.07


def test_average_reference_equals_mne() -> None:
    raw = mne.io.RawArray(X.T.astype(np.float64), mne.create_info(NAMES, RATE_HZ, "eeg"), verbose="error")
    raw.set_eeg_reference("average", verbose="error")
    close(run({"kind": "rereference"})[1], raw.get_data().T)


def test_other_references() -> None:
    x = X.astype(np.float64)
    cz = x[:, [NAMES.index("Cz")]]
    close(run({"kind": "rereference", "mode": "single", "channels": ["CZ"]})[1], x - cz)
    linked = x[:, [NAMES.index("P3"), NAMES.index("P4")]].mean(axis=1, keepdims=True)
    close(run({"kind": "rereference", "mode": "linked", "channels": ["P3", "P4"]})[1], x - linked)
    spec, out = run({"kind": "rereference", "mode": "bipolar", "pairs": [["C3", "C4"], ["O1", "Pz"]]})
    assert spec.names == ("C3-C4", "O1-Pz")
    close(out[:, 0], x[:, 4] - x[:, 5])
    with pytest.raises(ChannelMismatch, match="Oz"):
        run({"kind": "rereference", "mode": "single", "channels": ["Oz"]})
    with pytest.raises(ConfigError, match="needs 2"):
        run({"kind": "rereference", "mode": "linked", "channels": ["P3"]})


def test_select_renames_orders_and_says_what_is_missing() -> None:
    spec = StreamSpec(RATE_HZ, tuple(Channel(n) for n in ("EEG T3-Ref", "Fc5.", "CZ")))
    delivered, out = run({"kind": "select", "channels": ["Cz", "T7"]}, spec, X[:, :3])
    assert delivered.names == ("Cz", "T7")
    np.testing.assert_array_equal(out, X[:, [2, 0]])
    with pytest.raises(ChannelMismatch, match=r"lacks Oz.*it has T7, FC5, Cz"):
        run({"kind": "select", "channels": ["Oz"]}, spec, X[:, :3])


def test_spherical_splines_equal_mne() -> None:
    info = mne.create_info(NAMES, RATE_HZ, "eeg")
    montage = mne.channels.make_dig_montage(dict(zip(NAMES, positions(NAMES), strict=True)), coord_frame="head")
    raw = mne.io.RawArray(X.T.astype(np.float64), info, verbose="error").set_montage(montage)
    raw.info["bads"] = ["C3"]
    raw.interpolate_bads(origin=(0.0, 0.0, 0.0), method={"eeg": "spline"}, verbose="error")
    good = [n for n in NAMES if n != "C3"]
    weights = spline_weights(positions(good), positions(["C3"]))
    ours = X[:, [NAMES.index(n) for n in good]].astype(np.float64) @ weights[0]
    np.testing.assert_allclose(ours, raw.get_data(picks=["C3"])[0], rtol=1e-6, atol=1e-6)


@pytest.mark.parametrize("fault", ["flat", "railed", "noisy"])
def test_bad_channels_are_found_and_released(fault: str) -> None:
    rng = np.random.default_rng(0)
    common = rng.standard_normal((5000, 1)) * 10
    x = (common + rng.standard_normal((5000, len(NAMES)))).astype(np.float32)
    spoilt = {"flat": 0.0, "railed": 187500.0, "noisy": rng.standard_normal(2000) * 500}[fault]
    x[1000:3000, 4] = spoilt
    stage = make("stages", {"kind": "bad_channels"})
    stage.prepare(SPEC)
    seen = []
    for start in range(0, 5000, 250):
        chunk = make_chunk(x[start : start + 250], np.arange(start, start + 250) / RATE_HZ, start)
        seen.append((stage.process(chunk).bad_channels, stage))
    names = [bad for bad, _ in seen]
    assert names[4] == frozenset()
    assert names[6] == {"C3"}
    assert names[-1] == frozenset()


def test_windows_lie_on_the_absolute_grid_and_show_what_was_lost() -> None:
    windower = Windower(SPEC, 100, 50)
    seen = []
    for first, stop in ((0, 130), (170, 400), (1000, 1200)):
        gap = 0 if not seen else first
        chunk = make_chunk(X[first:stop], np.arange(first, stop) / RATE_HZ, first, gap_before=min(gap, 40))
        for window in windower.push(chunk):
            lost = (window.flags & Flag.LOST) > 0
            assert window.first_index == window.window_index * 50
            np.testing.assert_array_equal(
                window.samples[~lost], X[window.first_index : window.first_index + 100][~lost]
            )
            seen.append((window.window_index, int(lost.sum())))
    assert seen == [(0, 0), (2, 40), (3, 20), (4, 0), (5, 0), (6, 0), (19, 50), (20, 0), (21, 0), (22, 0)]


def test_smoothing() -> None:
    from pipelines.decision import Decision

    def say(p: float, index: int = 0) -> Decision:
        return Decision(index, 0.0, 1.0, ("a", "b"), (1 - p, p), "m")

    smoother = Smoother(SmoothingSettings(mode="exponential", half_life=1.0))
    assert smoother.push(say(1.0)).probabilities == (0.0, 1.0)
    assert smoother.push(say(0.0)).probabilities == (0.5, 0.5)
    voter = Smoother(SmoothingSettings(mode="k_of_n", k=3, n=5))
    labels = [voter.push(say(p)).label for p in (0.9, 0.9, 0.1, 0.1, 0.1, 0.1)]
    assert labels == ["b", "b", "b", "b", "a", "a"]
    refused = Decision(0, 0.0, 1.0, ("a", "b"), (0.5, 0.5), "m", abstained=True, reason="x")
    assert voter.push(refused) is refused
