"""The LSL source against real streams on loopback."""

from __future__ import annotations

import signal
import subprocess
import sys
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from itertools import pairwise

import numpy as np
import pylsl
import pytest

from devices.lsl_scope import library_info
from devices.sources.lsl_stream import LslStream, Settings, build, list_streams
from pipelines.errors import (
    BciError,
    ChannelMismatch,
    ConnectFailed,
    RateMismatch,
    SignalError,
    StreamLost,
)
from pipelines.signal import Channel, Chunk
from tests.live.lsl_helpers import ROOT, StreamPlan, make_marker_outlet, make_outlet, send, sender

PATIENCE_S = 30.0


@contextmanager
def opened(plan: StreamPlan, **settings: object) -> Iterator[LslStream]:
    with build(Settings(source_id=plan.source_id, type=plan.type, resolve_timeout_s=PATIENCE_S, **settings)) as source:
        source.open()
        yield source


def read_until(source: LslStream, done: Callable[[list[Chunk]], bool]) -> list[Chunk]:
    chunks: list[Chunk] = []
    give_up = time.monotonic() + PATIENCE_S
    while not done(chunks):
        assert time.monotonic() < give_up, f"only {len(chunks)} chunks came"
        chunk = source.read(0.2)
        if chunk is not None:
            chunks.append(chunk)
    return chunks


def n_samples(chunks: list[Chunk]) -> int:
    return sum(chunk.n_samples for chunk in chunks)


def read_until_error(source: LslStream) -> BciError:
    with pytest.raises(BciError) as caught:
        read_until(source, lambda chunks: False)
    return caught.value


def assert_lawful(chunks: list[Chunk]) -> None:
    times = np.concatenate([chunk.times_s for chunk in chunks])
    assert (np.diff(times) >= 0).all()
    for before, after in pairwise(chunks):
        assert after.first_index == before.end_index + after.gap_before


class TestOpening:
    def test_channels_units_and_reference_come_from_the_description(self) -> None:
        plan = StreamPlan(
            n_channels=5,
            labels=("Fp1", "Cz", "EOG", "X", "TRIG"),
            units=("V", "-6", "mV", "g", ""),
            kinds=("EEG", "EEG", "EOG", "ACC", "Trigger"),
            reference="M1",
        )
        outlet = make_outlet(plan)
        with build(Settings(source_id=plan.source_id)) as source:
            spec = source.open()
        del outlet
        assert spec.channels == (
            Channel("Fp1", "eeg", "uV"),
            Channel("Cz", "eeg", "uV"),
            Channel("EOG", "eog", "uV"),
            Channel("X", "misc", "unknown"),
            Channel("TRIG", "stim", "unknown"),
        )
        assert (spec.rate_hz, spec.reference, spec.source_id) == (250.0, "M1", plan.source_id)
        assert source.is_live
        assert not source.insert_marker("x")

    @pytest.mark.parametrize(("format_", "type_"), [("float32", np.float32), ("double64", np.float64)])
    def test_volts_become_microvolts_and_nan_stays_nan(self, format_: str, type_: type) -> None:
        plan = StreamPlan(n_channels=3, units=("V", "mV", "uV"), format=format_)
        outlet = make_outlet(plan)
        sent = np.array([[1e-5, 1e-2, 10.0], [np.nan, 2e-2, -np.inf], [3e-5, 3e-2, 30.0]], dtype=type_)
        with opened(plan) as source:
            outlet.push_chunk(sent)
            samples = np.concatenate([c.samples for c in read_until(source, lambda c: n_samples(c) >= 3)])
        np.testing.assert_allclose(samples, sent * [1e6, 1e3, 1.0], rtol=1e-6)
        assert samples.dtype == np.float32

    def test_integers_with_a_stated_unit(self) -> None:
        plan = StreamPlan(n_channels=2, units=("", ""), format="int16")
        outlet = make_outlet(plan)
        with opened(plan) as source:
            assert source.open().channels[0].unit == "unknown"
        with build(Settings(source_id=plan.source_id, unit="mV")) as source:
            assert source.open().channels[0].unit == "uV"
            outlet.push_chunk(np.array([[1, -2], [3, 32767]], dtype=np.int16))
            samples = np.concatenate([c.samples for c in read_until(source, lambda c: n_samples(c) >= 2)])
        np.testing.assert_array_equal(samples, [[1000, -2000], [3000, 32767000]])

    def test_two_streams_of_one_name_are_not_guessed_between(self) -> None:
        name = f"twins-{uuid.uuid4().hex}"
        plans = [StreamPlan(name=name), StreamPlan(name=name)]
        outlets = [make_outlet(plan) for plan in plans]
        source = build(Settings(name=name))
        with pytest.raises(ConnectFailed, match="2 LSL streams fit") as caught:
            source.open()
        assert all(plan.source_id in str(caught.value) for plan in plans)
        with build(Settings(name=name, source_id=plans[1].source_id)) as chosen:
            assert chosen.open().source_id == plans[1].source_id
        del outlets

    def test_nothing_found_lists_what_is_there(self) -> None:
        plan = StreamPlan(name=f"present-{uuid.uuid4().hex}")
        outlet = make_outlet(plan)
        source = build(Settings(name='O\'Brien "7"', resolve_timeout_s=0.3))
        with pytest.raises(ConnectFailed, match="no LSL stream with name") as caught:
            source.open()
        assert plan.name in str(caught.value)
        assert "Only this machine was searched" in str(caught.value)
        del outlet

    @pytest.mark.parametrize(
        ("changes", "error", "says"),
        [
            ({"format": "string", "rate_hz": 0.0, "n_channels": 1}, SignalError, "marker_stream"),
            ({"rate_hz": 0.0}, RateMismatch, "irregular"),
            ({"n_channels": 5000, "labels": ()}, ChannelMismatch, "at most 4096"),
        ],
    )
    def test_what_is_no_signal_is_refused(self, changes: dict[str, object], error: type[BciError], says: str) -> None:
        plan = StreamPlan().but(**changes)
        outlet = make_outlet(plan)
        with build(Settings(source_id=plan.source_id)) as source, pytest.raises(error, match=says):
            source.open()
        del outlet

    def test_a_huge_description_is_refused(self) -> None:
        plan = StreamPlan(n_channels=1, labels=("x" * 5_000_000,))
        outlet = make_outlet(plan)
        with build(Settings(source_id=plan.source_id)) as source, pytest.raises(SignalError, match="description of"):
            source.open()
        del outlet

    def test_without_being_open(self) -> None:
        source = build(Settings())
        source.close()
        source.close()
        with pytest.raises(StreamLost, match="not open"):
            source.read(0.0)

    def test_list_and_library(self) -> None:
        plan = StreamPlan()
        outlet = make_outlet(plan)
        (row,) = [row for row in list_streams(1.0) if row.source_id == plan.source_id]
        assert (row.name, row.type, row.n_channels, row.rate_hz, row.format) == (plan.name, "EEG", 4, 250.0, "float32")
        assert row.age_s is not None
        assert row.age_s > 0
        assert library_info().startswith("liblsl 1.")
        del outlet


class TestFlow:
    @pytest.mark.parametrize("dejitter", [False, True])
    def test_every_sample_arrives_in_order_with_its_time(self, dejitter: bool) -> None:
        plan = StreamPlan(rate_hz=500.0)
        outlet = make_outlet(plan)
        with opened(plan, dejitter=dejitter) as source:
            pusher = threading.Thread(target=send, args=(plan, outlet, 2.0))
            pusher.start()
            chunks = read_until(source, lambda c: n_samples(c) >= 1000)
            pusher.join()
        assert_lawful(chunks)
        assert all(chunk.gap_before == 0 and not chunk.flags.any() for chunk in chunks)
        np.testing.assert_array_equal(np.concatenate([c.samples for c in chunks])[:, 0], np.arange(1000))
        times = np.concatenate([c.times_s for c in chunks])
        np.testing.assert_allclose(np.diff(times), 1 / 500, atol=1e-3)

    def test_a_source_can_be_opened_again(self) -> None:
        plan = StreamPlan()
        outlet = make_outlet(plan)
        source = build(Settings(source_id=plan.source_id))
        for _ in range(2):
            with source:
                source.open()
                outlet.push_chunk(np.zeros((3, 4)))
                assert read_until(source, lambda c: n_samples(c) >= 3)[0].first_index == 0

    def test_nothing_came(self) -> None:
        plan = StreamPlan()
        outlet = make_outlet(plan)
        with opened(plan, check_after_s=0.1) as source:
            # Silent, but still the same stream: no error however long it lasts.
            until = time.monotonic() + 1.5
            while time.monotonic() < until:
                assert source.read(0.1) is None
            outlet.push_chunk(np.zeros((3, 4)))
            assert n_samples(read_until(source, lambda c: n_samples(c) >= 3)) == 3


class TestMarkers:
    def test_they_come_with_the_samples_of_their_moment(self) -> None:
        plan = StreamPlan()
        outlet = make_outlet(plan)
        name = f"markers-{uuid.uuid4().hex}"
        with opened(plan, marker_stream=name) as source:
            # The marker stream appears after the signal was opened.
            markers = make_marker_outlet(name)
            pusher = threading.Thread(target=send, args=(plan, outlet, 6.0))
            pusher.start()
            chunks = read_until(source, lambda c: markers.have_consumers())
            markers.push_sample(["first"])
            chunks += read_until(source, lambda c: any(x.markers for x in c))
            start = pylsl.local_clock()
            markers.push_sample(["ahead"], start + 0.3)
            markers.push_sample(["now \x1b[31m<b>é"], start)
            markers.push_sample(["late"], start - 0.8)
            chunks += read_until(source, lambda c: n_samples(c) >= 500)
            pusher.join()
        found = {m.label: (m, c) for c in chunks for m in c.markers}
        assert set(found) == {"first", "ahead", "now [31mbé", "late"}
        for label, offset_s in (("ahead", 0.3), ("now [31mbé", 0.0), ("late", -0.8)):
            assert found[label][0].time_s == pytest.approx(start + offset_s, abs=0.05)
            assert found[label][0].stream == name
        for label in ("ahead", "now [31mbé"):
            marker, chunk = found[label]
            assert chunk.times_s[0] - 0.1 <= marker.time_s <= chunk.times_s[-1]
        assert_lawful(chunks)

    def test_none_is_lost_while_the_signal_is_silent(self) -> None:
        plan = StreamPlan()
        outlet = make_outlet(plan)
        name = f"markers-{uuid.uuid4().hex}"
        markers = make_marker_outlet(name)
        with opened(plan, marker_stream=name) as source:
            while not markers.have_consumers():
                source.read(0.05)
            start = pylsl.local_clock()
            for i in range(700):
                markers.push_sample([f"m{i}"], start + 1e-3 * i)
            chunks = read_until(source, lambda c: sum(len(x.markers) for x in c) >= 700)
        assert [m.label for c in chunks for m in c.markers] == [f"m{i}" for i in range(700)]
        assert n_samples(chunks) == 0
        del outlet

    def test_two_that_fit_are_not_guessed_between(self, caplog: pytest.LogCaptureFixture) -> None:
        plan = StreamPlan()
        outlet = make_outlet(plan)
        name = f"markers-{uuid.uuid4().hex}"
        first, second = make_marker_outlet(name), make_marker_outlet(name)
        with opened(plan, marker_stream=name) as source:
            until = time.monotonic() + PATIENCE_S
            while "no marker stream is read yet" not in caplog.text and time.monotonic() < until:
                source.read(0.05)
            assert "2 LSL streams fit" in caplog.text
            assert not first.have_consumers()
            assert not second.have_consumers()
        del outlet


@pytest.mark.skipif(find_spec("mne_lsl") is None, reason="the extra 'bench' is not installed")
def test_an_independent_sender_with_its_units_and_annotations() -> None:
    source_id = uuid.uuid4().hex
    peer = subprocess.Popen([sys.executable, "-m", "tests.live.mne_lsl_peer", source_id], cwd=ROOT)
    try:
        settings = Settings(
            source_id=source_id, resolve_timeout_s=60.0, marker_stream=f"{source_id}-player-annotations"
        )
        with build(settings) as source:
            spec = source.open()
            chunks = read_until(source, lambda c: sum(len(x.markers) for x in c) >= 4)
    finally:
        peer.kill()
        peer.wait()
    assert spec.channels == (Channel("Fp1"), Channel("Cz"), Channel("EOG1", "eog"))
    signal_chunks = [c for c in chunks if c.n_samples]
    np.testing.assert_allclose(signal_chunks[0].samples[0], [1.0, 2.0, 3.0], rtol=1e-6)
    markers = [m for c in chunks for m in c.markers]
    assert {m.label for m in markers} == {"left", "right"}
    assert_lawful(chunks)


class TestDrops:
    def test_killed_and_restarted_is_a_declared_gap(self) -> None:
        plan = StreamPlan()
        with sender(plan) as first, opened(plan) as source:
            chunks = read_until(source, lambda c: n_samples(c) >= 250)
            first.kill()
            first.wait()
            time.sleep(1.0)
            with sender(plan.but(first_value=1_000_000)):
                chunks += read_until(source, lambda c: bool(c) and c[-1].samples[-1, 0] >= 1_000_250)
        assert_lawful(chunks)
        gaps = [(i, c) for i, c in enumerate(chunks) if c.gap_before]
        assert len(gaps) == 1
        position, after = gaps[0]
        hole_s = after.times_s[0] - chunks[position - 1].times_s[-1]
        assert hole_s > 1.0
        assert after.gap_before == pytest.approx(hole_s * 250 - 1, abs=3)
        assert after.samples[0, 0] >= 1_000_000

    def test_stopped_and_continued_loses_nothing(self) -> None:
        plan = StreamPlan()
        with sender(plan) as process, opened(plan, check_after_s=0.3) as source:
            chunks = read_until(source, lambda c: n_samples(c) >= 100)
            process.send_signal(signal.SIGSTOP)
            until = time.monotonic() + 1.5
            while time.monotonic() < until:
                chunk = source.read(0.1)
                chunks += [] if chunk is None else [chunk]
            process.send_signal(signal.SIGCONT)
            already = n_samples(chunks)
            chunks += read_until(source, lambda c: n_samples(c) + already >= 800)
        assert_lawful(chunks)
        values = np.concatenate([c.samples for c in chunks])[:, 0]
        np.testing.assert_array_equal(np.diff(values), 1)
        assert not any(c.gap_before for c in chunks)

    @pytest.mark.parametrize(
        ("changes", "error", "says"),
        [
            ({"n_channels": 3}, ChannelMismatch, "3 channels instead of 4"),
            ({"rate_hz": 500.0}, RateMismatch, "500 Hz instead of 250 Hz"),
            ({"format": "double64"}, SignalError, "'float64' instead of 'float32'"),
            ({"labels": ("E1", "E2", "E4", "E3")}, ChannelMismatch, "E4 instead of E3"),
        ],
        ids=["channels", "rate", "format", "labels"],
    )
    def test_restarted_as_something_else_is_an_error(
        self, changes: dict[str, object], error: type[BciError], says: str
    ) -> None:
        plan = StreamPlan()
        with sender(plan) as first, opened(plan) as source:
            read_until(source, lambda c: n_samples(c) >= 50)
            first.kill()
            first.wait()
            with sender(plan.but(first_value=1_000_000).but(**changes)):
                last = [c.samples.max() for c in read_before_error(source, error, says) if c.n_samples]
        # Nothing of the other stream was delivered.
        assert max(last, default=0.0) < 1_000_000

    def test_without_a_source_id_it_is_lost_and_can_be_opened_anew(self) -> None:
        plan = StreamPlan(source_id="", name=f"anonymous-{uuid.uuid4().hex}")
        source = build(Settings(name=plan.name))
        with source:
            with sender(plan):
                source.open()
                read_until(source, lambda c: n_samples(c) >= 50)
            assert isinstance(read_until_error(source), StreamLost)
            with sender(plan):
                source.open()
                read_until(source, lambda c: n_samples(c) >= 50)


def read_before_error(source: LslStream, error: type[BciError], says: str) -> list[Chunk]:
    chunks: list[Chunk] = []

    def keep(so_far: list[Chunk]) -> bool:
        chunks[:] = so_far
        return False

    with pytest.raises(error, match=says):
        read_until(source, keep)
    return chunks
