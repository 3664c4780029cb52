"""The alpha level: any montage, rate and unit."""

from __future__ import annotations

import numpy as np
import pytest

from models.decoder import Decoder
from pipelines.errors import ModelError, SpecMismatch
from pipelines.plugins import make
from pipelines.signal import Channel, StreamSpec, Window


def stream(rate_hz: float, names: list[str], unit: str = "unknown") -> StreamSpec:
    return StreamSpec(rate_hz, tuple(Channel(name, unit=unit) for name in names), "bare")


def rest(rate_hz: float, gains: list[float], alpha: float, seed: int, count: int = 12) -> list[Window]:
    """Windows of 2 s: noise of deviation 1 in each channel, and alpha of an amplitude times the channel's gain."""
    n = round(2 * rate_hz)
    rng = np.random.default_rng(seed)
    t = np.arange(n) / rate_hz
    made = []
    for k in range(count):
        rows = rng.standard_normal((n, len(gains)))
        rows += alpha * np.outer(np.sin(2 * np.pi * 10.3 * t + rng.uniform(0, 6)), gains)
        made.append(Window(rows.astype(np.float32), k + t, k * n, np.zeros(n, np.uint8), window_index=k))
    return made


def scaled(windows: list[Window], factor: float) -> list[Window]:
    return [
        Window((w.samples * factor).astype(np.float32), w.times_s, w.first_index, w.flags, window_index=w.window_index)
        for w in windows
    ]


def ready(spec: StreamSpec, windows: list[Window]) -> Decoder:
    decoder: Decoder = make("decoders", {"kind": "alpha"})
    decoder.prepare(spec)
    decoder.calibrate(windows, None)
    return decoder


@pytest.mark.parametrize("rate_hz", [64.0, 125.0, 250.0, 256.0, 500.0, 1000.0])
@pytest.mark.parametrize("n_channels", [1, 4, 8])
def test_any_rate_and_number_of_unnamed_channels(rate_hz: float, n_channels: int) -> None:
    spec, gains = stream(rate_hz, [f"ch{i}" for i in range(n_channels)]), [1.0] * n_channels
    decoder = ready(spec, rest(rate_hz, gains, 1.0, 1))
    assert {decoder.decode(w).label for w in rest(rate_hz, gains, 3.0, 2)} == {"high alpha"}
    assert {decoder.decode(w).label for w in rest(rate_hz, gains, 0.0, 3)} == {"low alpha"}


@pytest.mark.parametrize("factor", [1e-9, 1e-6, 1e-3, 1e3])
def test_unit_does_not_matter(factor: float) -> None:
    spec, gains = stream(250.0, ["a", "b", "c"]), [1.0, 0.5, 0.2]
    windows, probe = rest(250.0, gains, 1.0, 1), rest(250.0, gains, 1.5, 2)
    expected = [ready(spec, windows).decode(w).probabilities for w in probe]
    found = [ready(spec, scaled(windows, factor)).decode(w).probabilities for w in scaled(probe, factor)]
    np.testing.assert_allclose(found, expected, atol=1e-5)


def test_rest_is_as_often_low_as_high_and_probabilities_are_shares_of_it() -> None:
    spec, gains = stream(250.0, ["a", "b"]), [1.0, 1.0]
    decoder = ready(spec, rest(250.0, gains, 0.2, 1, 60))
    p = np.array([decoder.decode(w).probabilities[1] for w in rest(250.0, gains, 0.2, 2, 200)])
    for share in (0.25, 0.5, 0.75):
        assert np.mean(p < share) == pytest.approx(share, abs=0.15)


def test_named_posterior_channels_are_preferred() -> None:
    names = ["EEG Fp1", "EEG FP2-Ref", "Fz", "EEG o1", "PO8", "P3"]
    front, back = [1.0, 1.0, 1.0, 0.0, 0.0, 0.0], [0.0, 0.0, 0.0, 1.0, 1.0, 1.0]
    decoder = ready(stream(250.0, names), rest(250.0, back, 1.0, 1))
    assert {decoder.decode(w).label for w in rest(250.0, back, 4.0, 2)} == {"high alpha"}
    assert {decoder.decode(w).label for w in rest(250.0, front, 4.0, 2)} == {"low alpha"}


def test_dead_channels_are_left_out() -> None:
    spec, gains = stream(250.0, [f"ch{i}" for i in range(8)]), [1.0] * 8
    dead = np.array([0, 1, 0, 0, 0, 0, 0, 0], dtype=np.float32)

    def killed(windows: list[Window]) -> list[Window]:
        return [Window(w.samples * dead, w.times_s, w.first_index, w.flags) for w in windows]

    decoder = ready(spec, killed(rest(250.0, gains, 1.0, 1)))
    assert {decoder.decode(w).label for w in killed(rest(250.0, gains, 3.0, 2))} == {"high alpha"}
    assert {decoder.decode(w).label for w in killed(rest(250.0, gains, 0.0, 2))} == {"low alpha"}


def test_nothing_but_flat_channels_is_no_answer() -> None:
    spec = stream(250.0, ["a", "b"])
    windows = rest(250.0, [1.0, 1.0], 1.0, 1)
    decision = ready(spec, windows).decode(scaled(windows, 0.0)[0])
    assert decision.abstained
    assert decision.reason == "all channels are flat"
    assert decision.probabilities == (0.5, 0.5)
    with pytest.raises(ModelError, match="got 0 out of 12"):
        ready(spec, scaled(windows, 0.0))


def test_stream_without_eeg_is_refused_with_all_that_is_wrong() -> None:
    decoder: Decoder = make("decoders", {"kind": "alpha"})
    with pytest.raises(SpecMismatch, match=r"no EEG channel; rate is 52 Hz, needed 60 Hz or more"):
        decoder.prepare(StreamSpec(52.0, (Channel("x", kind="misc"), Channel("y", kind="misc")), "gyro"))
