"""BrainFlow for real: its synthetic board, a file played back, and a board streamed over loopback multicast."""

from __future__ import annotations

import socket
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from devices.brainflow_guide import COUNTER_MODULUS, NEEDS, explain_exit, needs_of
from devices.clock import now_s
from devices.sources.brainflow_board import BrainFlowSource, Settings, board_named, build, list_boards
from pipelines.errors import ConfigError, ConnectFailed, StreamEnded, StreamLost
from pipelines.signal import Chunk

GROUP = "225.1.1.1"


def read_samples(source: BrainFlowSource, n_samples: int, patience_s: float = 15.0) -> list[Chunk]:
    chunks: list[Chunk] = []
    give_up_s = now_s() + patience_s
    while sum(chunk.n_samples for chunk in chunks) < n_samples:
        assert now_s() < give_up_s, "too little arrived"
        chunk = source.read(0.2)
        chunks += [chunk] if chunk is not None else []
    return chunks


def labels_until(source: BrainFlowSource, wanted: str) -> list[str]:
    labels: list[str] = []
    give_up_s = now_s() + 10
    while wanted not in labels and now_s() < give_up_s:
        chunk = source.read(0.2)
        labels += [marker.label for marker in chunk.markers] if chunk is not None else []
    return labels


@pytest.fixture
def synthetic() -> Iterator[BrainFlowSource]:
    with build(Settings()) as source:
        yield source


@pytest.fixture
def recorded(tmp_path: Path) -> Path:
    """A file that BrainFlow wrote itself: 1.5 s of its synthetic board."""
    path = tmp_path / "recorded.csv"
    with build(Settings(streamer=f"file://{path}:w")) as source:
        source.open()
        read_samples(source, 375)
    return path


def test_the_synthetic_board_announces_its_electrodes_in_microvolts(synthetic: BrainFlowSource) -> None:
    spec = synthetic.open()
    assert spec.rate_hz == 250
    assert spec.names[:4] == ("Fz", "C3", "Cz", "C4")
    assert {(channel.kind, channel.unit) for channel in spec.channels} == {("eeg", "uV")}
    assert spec.source_id == "brainflow-synthetic_board"
    assert synthetic.is_live


def test_samples_arrive_with_times_of_now(synthetic: BrainFlowSource) -> None:
    before_s = now_s()
    synthetic.open()
    chunks = read_samples(synthetic, 200)
    times_s = np.concatenate([chunk.times_s for chunk in chunks])
    assert before_s - 0.1 < times_s[0]
    assert times_s[-1] <= now_s()
    assert sum(chunk.gap_before for chunk in chunks) == 0
    # The board's fifth sine has 50 uV times the root of two around an offset of 50 uV.
    samples = np.concatenate([chunk.samples for chunk in chunks])
    assert 20 < samples[:, 4].mean() < 80
    assert 30 < samples[:, 4].std() < 70


def test_markers_come_back_through_the_board(synthetic: BrainFlowSource) -> None:
    assert not synthetic.insert_marker("too early")
    synthetic.open()
    read_samples(synthetic, 70)
    before_s = now_s()
    assert synthetic.insert_marker("stimulus on")
    assert synthetic.insert_marker("7")
    labels = labels_until(synthetic, "7")
    assert labels == ["stimulus on", "7"]
    assert now_s() - before_s < 10


def test_channels_can_be_renamed_and_boards_numbered() -> None:
    names = tuple(f"E{i}" for i in range(16))
    with build(Settings(board=-1, channels=names)) as source:
        assert source.open().names == names
    with build(Settings(channels=("only one",))) as source, pytest.raises(ConfigError, match="16 channels, not 1"):
        source.open()


def test_a_file_is_played_back_sample_for_sample_and_then_ends(recorded: Path) -> None:
    rows = np.loadtxt(recorded, delimiter="\t", ndmin=2)
    with build(
        Settings(board="playback_file", master_board="synthetic", file=str(recorded), lost_after_s=1.0)
    ) as source:
        source.open()
        chunks = read_samples(source, len(rows))
        np.testing.assert_allclose(np.concatenate([c.samples for c in chunks]), rows[:, 1:17], rtol=1e-6, atol=1e-5)
        with pytest.raises(StreamEnded, match=r"recorded\.csv has been played to its end"):  # noqa: PT012
            for _ in range(50):
                source.read(0.2)


def test_a_hole_in_the_package_numbers_of_a_file_becomes_a_declared_gap(recorded: Path) -> None:
    lines = recorded.read_text().splitlines(keepends=True)
    recorded.write_text("".join(lines[:150] + lines[170:]))
    with build(Settings(board="PLAYBACK_FILE_BOARD", master_board=-1, file=str(recorded))) as source:
        source.open()
        chunks = read_samples(source, len(lines) - 20)
    assert [(c.first_index, c.gap_before) for c in chunks if c.gap_before] == [(170, 20)]
    assert chunks[-1].end_index == len(lines)


def test_a_very_short_file_is_delivered_whole(recorded: Path) -> None:
    lines = recorded.read_text().splitlines(keepends=True)
    recorded.write_text("".join(lines[:20]))
    with build(Settings(board="PLAYBACK_FILE_BOARD", master_board=-1, file=str(recorded))) as source:
        source.open()
        assert sum(chunk.n_samples for chunk in read_samples(source, 20)) == 20


def test_a_played_file_can_loop_and_keep_its_own_times(recorded: Path) -> None:
    settings: dict[str, Any] = {
        "board": "PLAYBACK_FILE_BOARD",
        "master_board": "SYNTHETIC_BOARD",
        "file": str(recorded),
    }
    n_rows = len(recorded.read_text().splitlines())
    with build(Settings(**settings, config=("loopback_true",))) as source:
        source.open()
        times_s = np.concatenate([c.times_s for c in read_samples(source, n_rows + 100)])
        assert (np.diff(times_s) >= 0).all()
    with build(Settings(**settings, config=("old_timestamps",))) as source:
        assert not source.is_live
        source.open()
        times_s = np.concatenate([c.times_s for c in read_samples(source, 100)])
        written_s = np.loadtxt(recorded, delimiter="\t", usecols=30)[: len(times_s)]
        np.testing.assert_allclose(np.diff(times_s), np.diff(written_s), atol=1e-5)


def multicast_obstacle(port: int) -> str:
    """Try to send one packet to a multicast group of this machine; return what stands in the way."""
    receiver = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    sender = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    with receiver, sender:
        receiver.settimeout(2.0)
        try:
            receiver.bind(("", port))
            member = socket.inet_aton(GROUP) + socket.inet_aton("0.0.0.0")
            receiver.setsockopt(socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP, member)
            sender.sendto(b"hello", (GROUP, port))
            receiver.recv(16)
        except OSError as exc:
            return f"no loopback multicast here: {exc}"
    return ""


def free_udp_port() -> int:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.bind(("", 0))
        return int(probe.getsockname()[1])


@pytest.fixture
def multicast_port() -> int:
    port = free_udp_port()
    obstacle = multicast_obstacle(port)
    if obstacle:
        pytest.skip(obstacle)
    return port


def test_a_board_streamed_over_multicast_is_received_and_its_loss_noticed(multicast_port: int) -> None:
    receiver = build(
        Settings(
            board="streaming", master_board="synthetic", ip_address=GROUP, ip_port=multicast_port, lost_after_s=1.0
        )
    )
    with build(Settings(streamer=f"streaming_board://{GROUP}:{multicast_port}")) as master, receiver:
        master.open()
        spec = receiver.open()
        assert spec.names == master.open().names
        chunks = read_samples(receiver, 300)
        assert chunks[-1].end_index >= 300
        # A receiver cannot reach the sender's board, but its own stream takes markers.
        assert receiver.insert_marker("here")
        assert "here" in labels_until(receiver, "here")
        master.close()
        with pytest.raises(StreamLost, match="sent nothing for"):  # noqa: PT012
            for _ in range(50):
                receiver.read(0.2)


def test_a_gone_session_is_a_lost_stream(synthetic: BrainFlowSource) -> None:
    synthetic.open()
    read_samples(synthetic, 70)
    assert synthetic._shim is not None
    synthetic._shim.release_session()  # as a driver does that gives up
    with pytest.raises(StreamLost, match="no longer open"):  # noqa: PT012
        for _ in range(50):
            synthetic.read(0.2)


def test_the_same_board_cannot_be_opened_twice(synthetic: BrainFlowSource) -> None:
    synthetic.open()
    with build(Settings()) as other, pytest.raises(ConnectFailed, match="already open in this program"):
        other.open()
    read_samples(synthetic, 70)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"board": "CYTON_BOARD"}, "CYTON_BOARD needs: serial_port"),
        ({"board": "cyton", "serial_port": "/dev/no-such-port"}, "could not be opened.*dialout"),
        ({"board": "PLAYBACK_FILE_BOARD", "master_board": -1, "file": "/no/such.csv"}, "needs: master_board, file"),
        ({"board": "STREAMING_BOARD", "master_board": -1}, "needs: master_board, ip_address, ip_port"),
        ({"board": "SYNTHETIC_BOARD", "preset": "ancillary"}, "SYNTHETIC_BOARD has no preset 'ancillary'"),
        ({"board": "EMOTIBIT_BOARD"}, "no EEG, EMG, ECG or EOG channels"),
        ({"streamer": "pigeon://north"}, "a setting is missing or wrong"),
    ],
)
def test_failures_to_connect_say_what_to_do(settings: dict[str, Any], message: str) -> None:
    with build(Settings(**settings)) as source, pytest.raises(ConnectFailed, match=message):
        source.open()


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"board": "CITON_BOARD"}, "did you mean CYTON_BOARD"),
        ({"board": "zzz"}, "bci-app devices"),
        ({"board": 9999}, "no such board"),
        ({"board": "NO_BOARD"}, "no such board"),
        ({"board": "PLAYBACK_FILE_BOARD"}, "needs master_board"),
        ({"board": "STREAMING_BOARD", "master_board": "nothing"}, "no such board"),
    ],
)
def test_impossible_boards_are_refused(settings: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        build(Settings(**settings))


def test_boards_are_found_by_name_in_any_spelling_and_by_number() -> None:
    assert board_named("cyton_daisy") == board_named("CYTON_DAISY_BOARD") == board_named(2) == board_named(" 2 ")


def test_the_list_of_boards_says_what_each_needs() -> None:
    boards = {board.name: board for board in list_boards()}
    assert len(boards) > 40
    assert (boards["CYTON_BOARD"].board_id, boards["CYTON_BOARD"].n_eeg, boards["CYTON_BOARD"].rate_hz) == (0, 8, 250)
    assert boards["CYTON_BOARD"].needs == "serial_port"
    assert boards["SYNTHETIC_BOARD"].n_eeg == 16
    assert "PLAYBACK_FILE_BOARD" in boards
    assert all(board.needs for board in boards.values())


def test_the_guide_speaks_of_boards_that_exist() -> None:
    names = {board.name for board in list_boards()}
    assert set(COUNTER_MODULUS) <= names
    assert set(NEEDS) - names <= {"NEUROPAWN_KNIGHT_BOARD_IMU", "SHIMMER3_BOARD", "IRONBCI_32_BOARD"}


def test_unknown_boards_and_codes_still_get_words() -> None:
    assert "Supported Boards" in needs_of("BOARD_OF_TOMORROW")
    assert "maker's driver" in needs_of("ANT_NEURO_EE_225_BOARD")
    assert explain_exit("X_BOARD", 99, "WHAT:99") == "X_BOARD: BrainFlow reported an error [BrainFlow: WHAT:99]"


def test_reading_waits_instead_of_spinning(synthetic: BrainFlowSource) -> None:
    synthetic.open()
    read_samples(synthetic, 70)
    started_s, reads = time.monotonic(), 0
    while time.monotonic() - started_s < 0.5:
        assert synthetic.read(1.0) is not None
        reads += 1
    assert reads <= 140  # one per sample at the most


def test_impedances_come_along_where_the_board_measures_them() -> None:
    with build(Settings(impedance=True)) as source:
        spec = source.open()
        assert [(c.name, c.kind, c.unit) for c in spec.channels[16:]] == [
            (f"{name} impedance", "impedance", "Ohm") for name in spec.names[:2]
        ]
        assert read_samples(source, 100)[0].samples.shape[1] == 18
    for board in ("cyton", "ANT_NEURO_EE_411_BOARD"):
        with pytest.raises(ConnectFailed, match="delivers no impedances"):
            build(Settings(board=board, impedance=True)).open()
