"""The FieldTrip source against a real TCP server on loopback."""

from __future__ import annotations

import socket
import threading
import time

import numpy as np
import pytest

pytest.importorskip("mne_realtime", reason="the extra 'fieldtrip' is not installed")

from devices.clock import now_s
from devices.sources.fieldtrip_buffer import FieldTripBuffer, Settings, build
from pipelines.errors import BciError, ChannelMismatch, ConnectFailed, RateMismatch, SignalError, StreamLost
from pipelines.signal import Channel, Chunk
from tests.live.fieldtrip_server import FieldTripServer, feeding, fieldtrip_server


def source_of(server: FieldTripServer, **settings: object) -> FieldTripBuffer:
    return build(Settings(host="127.0.0.1", port=server.port, connect_timeout_s=1.0, **settings))


def read_samples(source: FieldTripBuffer, n: int) -> list[Chunk]:
    chunks: list[Chunk] = []
    give_up = time.monotonic() + 20
    while sum(c.n_samples for c in chunks) < n:
        assert time.monotonic() < give_up
        chunk = source.read(0.5)
        chunks += [] if chunk is None else [chunk]
    return chunks


def test_names_rate_and_unit() -> None:
    with fieldtrip_server(["Fp1", "Cz", ""], rate_hz=512.0) as server, source_of(server, unit="V") as source:
        spec = source.open()
    assert spec.channels == (Channel("Fp1"), Channel("Cz"), Channel("ch3"))
    assert spec.rate_hz == 512.0
    assert source.is_live


def test_a_buffer_that_names_nothing() -> None:
    with fieldtrip_server(["", ""]) as server, source_of(server) as source:
        assert source.open().channels == (Channel("ch1", "eeg", "unknown"), Channel("ch2", "eeg", "unknown"))


@pytest.mark.parametrize("dtype", ["int16", "int32", "float32", "float64"])
def test_samples_of_every_type_in_the_stated_unit(dtype: str) -> None:
    with fieldtrip_server(["A", "B"], dtype=dtype) as server, source_of(server, unit="mV") as source:
        server.put(np.zeros((7, 2)))
        source.open()
        assert source.read(0.02) is None
        server.put(np.array([[1, -2], [3, 4]]))
        (chunk,) = read_samples(source, 2)
    np.testing.assert_array_equal(chunk.samples, [[1e3, -2e3], [3e3, 4e3]])
    assert (chunk.first_index, chunk.gap_before) == (0, 0)


def test_a_steady_flow_has_even_times_close_to_now() -> None:
    with fieldtrip_server(["A"]) as server, source_of(server) as source, feeding(server):
        source.open()
        chunks = read_samples(source, 500)
        age_s = now_s() - chunks[-1].times_s[-1]
    values = np.concatenate([c.samples for c in chunks])[:, 0]
    np.testing.assert_array_equal(np.diff(values), 1)
    times = np.concatenate([c.times_s for c in chunks])
    assert (np.diff(times) >= 0).all()
    assert times[-1] - times[0] == pytest.approx(499 / 250, abs=0.1)
    assert -0.001 < age_s < 0.5


def test_what_the_ring_has_overwritten_is_a_declared_gap() -> None:
    with fieldtrip_server(["A"], keep=100) as server, source_of(server) as source:
        source.open()
        server.put(np.arange(50)[:, None])
        read_samples(source, 50)
        server.put(np.arange(50, 1050)[:, None])
        chunks = read_samples(source, 1)
        server.put(np.arange(1050, 1060)[:, None])
        chunks += read_samples(source, 10)
    first = chunks[0]
    assert first.gap_before > 0
    assert first.first_index == 50 + first.gap_before == first.samples[0, 0]
    assert chunks[-1].end_index == 1060
    assert all(c.samples[0, 0] == c.first_index for c in chunks)


def test_events_become_markers_at_their_sample() -> None:
    with fieldtrip_server(["A"]) as server, source_of(server) as source:
        source.open()
        server.put(np.zeros((50, 1)))
        server.put_event("stimulus", "left", 20)
        server.put_event("trigger", np.array([7], dtype=np.int32), 40)
        (chunk,) = read_samples(source, 50)
    assert [m.label for m in chunk.markers] == ["stimulus/left", "trigger/7"]
    assert [m.time_s for m in chunk.markers] == pytest.approx([chunk.times_s[20], chunk.times_s[40]], abs=1e-6)


def test_nobody_there() -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        source = build(Settings(host="127.0.0.1", port=unused.getsockname()[1], connect_timeout_s=0.5))
        with pytest.raises(ConnectFailed, match="Is the buffer running"):
            source.open()
    source.close()


def test_no_header_yet() -> None:
    with fieldtrip_server(["A"]) as server:
        server.has_header = False
        source = build(Settings(host="127.0.0.1", port=server.port, connect_timeout_s=0.3))
        with pytest.raises(ConnectFailed, match="no header"):
            source.open()


@pytest.mark.parametrize(
    ("settings", "error"),
    [({"rate_hz": 0.0}, RateMismatch), ({"rate_hz": float("nan")}, RateMismatch), ({"dtype": "char"}, SignalError)],
)
def test_what_is_no_signal_is_refused(settings: dict[str, object], error: type[BciError]) -> None:
    with fieldtrip_server(["A"], **settings) as server, source_of(server) as source, pytest.raises(error):
        source.open()


def test_no_channels_are_refused() -> None:
    with (
        fieldtrip_server([]) as server,
        source_of(server) as source,
        pytest.raises(ChannelMismatch, match="0 channels"),
    ):
        source.open()


def test_a_restarted_buffer_is_lost_and_can_be_opened_anew() -> None:
    with fieldtrip_server(["A"]) as server, source_of(server) as source:
        server.put(np.zeros((50, 1)))
        source.open()
        server.reset()
        with pytest.raises(StreamLost, match="restarted"):
            source.read(0.1)
        source.open()
        server.put(np.ones((5, 1)))
        assert read_samples(source, 5)[0].first_index == 0


def test_other_channels_in_the_middle_are_refused() -> None:
    with fieldtrip_server(["A", "B"]) as server, source_of(server) as source:
        source.open()
        server.rows = np.zeros((5, 3), dtype=np.float32)
        server.n_samples = 5
        with pytest.raises(ChannelMismatch, match="3 channels instead of the 2"):
            source.read(0.1)


def test_a_closed_connection_is_a_loss_and_no_endless_wait() -> None:
    with fieldtrip_server(["A"]) as server, source_of(server) as source:
        source.open()
        (connection,) = server.clients
        threading.Timer(0.2, connection.shutdown, (socket.SHUT_RDWR,)).start()
        with pytest.raises(StreamLost, match="closed the connection"):
            source.read(5.0)


def test_without_being_open() -> None:
    source = build(Settings())
    source.close()
    source.close()
    with pytest.raises(StreamLost, match="not open"):
        source.read(0.0)
