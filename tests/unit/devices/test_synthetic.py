from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from pydantic import ValidationError

from devices.clock import now_s
from devices.simulation.faults import RAIL_UV
from devices.sources.synthetic import TEN_TWENTY, Settings, build
from pipelines.errors import ConfigError, DeviceError, StreamEnded
from pipelines.signal import Chunk, Marker, StreamSpec

FEW = ("Fz", "C3", "C4", "O1")


def play(**settings: Any) -> tuple[list[Chunk], StreamSpec]:
    """Play to the end as fast as possible."""
    source = build(Settings(**{"speed": "max", "duration_s": 4.0, "channels": FEW, **settings}))
    spec = source.open()
    chunks: list[Chunk] = []
    while True:
        try:
            chunk = source.read(0.0)
        except StreamEnded:
            return chunks, spec
        assert chunk is not None
        chunks.append(chunk)


def signal(chunks: list[Chunk]) -> NDArray[np.float32]:
    return np.concatenate([chunk.samples for chunk in chunks])


def markers(chunks: list[Chunk]) -> list[Marker]:
    return [marker for chunk in chunks for marker in chunk.markers]


@pytest.fixture(scope="module")
def reference() -> NDArray[np.float32]:
    return signal(play(chunk_samples=1000)[0])


@given(chunk_samples=st.integers(1, 400))
@hypothesis_settings(max_examples=15, deadline=None)
def test_the_samples_do_not_depend_on_the_chunk_size(reference: NDArray[np.float32], chunk_samples: int) -> None:
    np.testing.assert_array_equal(signal(play(chunk_samples=chunk_samples)[0]), reference)


@given(timeouts_s=st.lists(st.floats(0, 0.003), min_size=1, max_size=5))
@hypothesis_settings(max_examples=5, deadline=None)
def test_the_samples_do_not_depend_on_pacing_and_timeouts(
    reference: NDArray[np.float32], timeouts_s: list[float]
) -> None:
    source = build(Settings(channels=FEW, speed=20.0, duration_s=2.0))
    source.open()
    chunks: list[Chunk] = []
    reads = 0
    while sum(chunk.n_samples for chunk in chunks) < 500:
        chunk = source.read(timeouts_s[reads % len(timeouts_s)])
        reads += 1
        chunks += [chunk] if chunk is not None else []
    np.testing.assert_array_equal(signal(chunks), reference[:500])


def test_opening_again_starts_the_same_participant_from_the_beginning(reference: NDArray[np.float32]) -> None:
    source = build(Settings(channels=FEW, speed="max", duration_s=4.0))
    for _ in range(2):
        source.open()
        chunk = source.read(0.0)
        assert chunk is not None
        assert chunk.first_index == 0
        np.testing.assert_array_equal(chunk.samples, reference[: chunk.n_samples])
        source.close()


def test_another_seed_is_another_participant(reference: NDArray[np.float32]) -> None:
    other = signal(play(seed=1)[0])
    assert abs(np.corrcoef(other[:, 0], reference[:, 0])[0, 1]) < 0.5


def test_what_disturbs_is_added_to_the_same_brain() -> None:
    quiet = {"blinks": False, "muscle": False, "line_noise": False, "drift": False}
    difference = signal(play(**{**quiet, "line_noise": True})[0]) - signal(play(**quiet)[0])
    spectrum = np.abs(np.fft.rfft(difference[:, 0]))
    assert np.argmax(spectrum) == 50 * 4  # four seconds: quarter hertz bins


def test_announces_the_montage_in_microvolts() -> None:
    spec = build(Settings()).open()
    assert spec.names == TEN_TWENTY
    assert spec.rate_hz == 250
    assert {(channel.kind, channel.unit) for channel in spec.channels} == {("eeg", "uV")}


@pytest.mark.parametrize("rate_hz", [64.0, 200.0, 256.0, 1000.0, 499.5])
def test_any_rate_has_the_same_spectrum(rate_hz: float) -> None:
    samples = signal(play(rate_hz=rate_hz, duration_s=60.0, line_noise=False, drift=False, blinks=False)[0])
    assert len(samples) == round(60 * rate_hz)
    n = round(2 * rate_hz)
    segments = samples[: len(samples) // n * n].reshape(-1, n, len(FEW)).astype(np.float64) * np.hanning(n)[:, None]
    density = (np.abs(np.fft.rfft(segments, axis=1)) ** 2).mean(axis=0) * 2 / (rate_hz * (np.hanning(n) ** 2).sum())
    frequency = np.fft.rfftfreq(n, 1 / rate_hz)
    inside = (frequency >= 2) & (frequency <= 25)
    rms_uv = np.sqrt(density[inside].sum(axis=0) * rate_hz / n)
    assert ((rms_uv > 4) & (rms_uv < 14)).all()


def test_channels_beside_one_another_are_more_alike_than_channels_far_apart() -> None:
    samples = signal(play(channels=("Fz", "FCz", "Oz"), duration_s=60.0, drift=False, blinks=False)[0])
    correlation = np.corrcoef(samples.T)
    assert correlation[0, 1] > 0.7
    assert correlation[0, 1] > correlation[0, 2] + 0.4


def test_ground_truth_marks_the_first_sample_of_every_state() -> None:
    chunks, _ = play(first_rest_s=2.0, block_s=0.5, duration_s=4.0, chunk_samples=33)
    found = markers(chunks)
    assert [marker.label for marker in found] == ["rest", "mental_arithmetic", "rest", "mental_arithmetic", "rest"]
    assert [marker.time_s for marker in found] == [0.0, 2.0, 2.5, 3.0, 3.5]
    assert {marker.stream for marker in found} == {"ground_truth"}
    for chunk in chunks:
        assert all(chunk.times_s[0] <= marker.time_s <= chunk.times_s[-1] for marker in chunk.markers)


@pytest.mark.parametrize(
    ("paradigm", "first", "states"),
    [
        ("workload", "rest", {"rest", "mental_arithmetic"}),
        ("eyes", "eyes_open", {"eyes_open", "eyes_closed"}),
        ("imagery", "rest", {"rest", "left_hand", "right_hand"}),
        ("ssvep", "rest", {"rest", "ssvep_13", "ssvep_17", "ssvep_21"}),
        ("rest", "rest", {"rest"}),
    ],
)
def test_each_paradigm_has_its_states(paradigm: str, first: str, states: set[str]) -> None:
    found = markers(play(paradigm=paradigm, first_rest_s=1.0, block_s=1.0, duration_s=17.0)[0])
    assert found[0].label == first
    assert {marker.label for marker in found} == states


def test_in_real_time_stamps_are_of_now_and_chunks_come_when_due() -> None:
    source = build(Settings(channels=FEW, chunk_samples=10))
    assert source.is_live
    before_s = now_s()
    source.open()
    assert source.read(0.0) is None
    for _ in range(5):
        chunk = source.read(1.0)
        assert chunk is not None
        assert before_s <= chunk.times_s[-1] <= now_s()
    assert not build(Settings(speed="max")).is_live
    assert not build(Settings(speed=2.0)).is_live


def test_a_drop_is_declared_and_what_follows_is_unchanged(reference: NDArray[np.float32]) -> None:
    chunks, _ = play(drop=(1.0, 0.5), first_rest_s=1.2)
    gaps = [chunk for chunk in chunks if chunk.gap_before]
    assert [(chunk.first_index, chunk.gap_before) for chunk in gaps] == [(375, 125)]
    assert all(after.first_index - after.gap_before == before.end_index for before, after in pairwise(chunks))
    assert chunks[-1].end_index == 1000
    # The marker of a state that began inside the gap is kept, with its own time.
    assert [(marker.label, marker.time_s) for marker in gaps[0].markers] == [("mental_arithmetic", 1.2)]
    plain = signal(play(first_rest_s=1.2)[0])
    np.testing.assert_array_equal(signal(chunks), np.delete(plain, np.s_[250:375], axis=0))


def test_a_drop_at_the_start_and_one_over_the_end() -> None:
    chunks, _ = play(drop=(0.0, 1.0))
    assert (chunks[0].first_index, chunks[0].gap_before) == (250, 250)
    chunks, _ = play(drop=(3.0, 100.0))
    assert chunks[-1].end_index == 750


def test_faulty_electrodes_fail_from_their_time_on_and_leave_the_others_alone(reference: NDArray[np.float32]) -> None:
    samples = signal(
        play(flat_channels=("Fz",), flat_from_s=1.0, railed_channels=("O1",), railed_from_s=2.0, chunk_samples=77)[0]
    )
    np.testing.assert_array_equal(samples[:250], reference[:250])
    np.testing.assert_array_equal(samples[250:, FEW.index("Fz")], 0)
    np.testing.assert_array_equal(samples[500:, FEW.index("O1")], RAIL_UV)
    np.testing.assert_array_equal(samples[:500, FEW.index("O1")], reference[:500, FEW.index("O1")])
    np.testing.assert_array_equal(samples[:, 1:3], reference[:, 1:3])


def test_a_nan_burst_begins_and_ends_when_asked(reference: NDArray[np.float32]) -> None:
    samples = signal(play(nan_burst=(1.0, 0.3))[0])
    assert np.isnan(samples[250:325]).all()
    np.testing.assert_array_equal(
        np.delete(samples, np.s_[250:325], axis=0), np.delete(reference, np.s_[250:325], axis=0)
    )


def test_an_endless_stream_does_not_end() -> None:
    source = build(Settings(channels=FEW, speed="max", chunk_samples=25_000))
    source.open()
    for _ in range(2):
        chunk = source.read(0.0)
        assert chunk is not None
        assert chunk.n_samples == 25_000


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"channels": ("Cz", "Nose")}, "Nose"),
        ({"flat_channels": ("Fpz",)}, "flat_channels: Fpz"),
        ({"railed_channels": ("X1",)}, "railed_channels: X1"),
        ({"paradigm": "ssvep", "frequencies_hz": ()}, "frequencies_hz"),
        ({"paradigm": "ssvep", "frequencies_hz": (80.0,)}, "80 Hz needs rate_hz above 320"),
    ],
)
def test_impossible_settings_are_refused_by_name(settings: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        build(Settings(**settings))


@pytest.mark.parametrize(
    "settings", [{"rate_hz": 10}, {"speed": 0}, {"speed": "fast"}, {"drop": (-1, 2)}, {"seed": -1}]
)
def test_settings_out_of_bounds_are_refused(settings: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        Settings(**settings)


def test_reading_before_opening_is_an_error() -> None:
    with pytest.raises(DeviceError, match="open"):
        build(Settings()).read(0.0)
