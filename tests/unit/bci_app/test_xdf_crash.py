"""A recording that ends by force: cut at any byte, killed, or out of space."""

from __future__ import annotations

import json
import os
import random
import signal
import struct
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest

from bci_app.events import ChunkEvent, MarkerEvent
from bci_app.sinks.xdf_recorder import Settings, XdfRecorder
from bci_app.xdf_encoding import XdfStream
from bci_app.xdf_writer import XdfWriter
from pipelines.signal import Marker
from tests.unit.bci_app.xdf_files import (
    AS_WRITTEN,
    CLOCK_OFFSET,
    SAMPLES,
    Piece,
    a_chunk,
    a_session,
    load,
    pieces,
    values_of,
    whole,
)

ROOT = Path(__file__).resolve().parents[3]


def cut_through(at: int, parts: list[Piece]) -> Piece | None:
    """Return the chunk that a cut before byte ``at`` tears."""
    return next((piece for piece in parts if piece.start < at < piece.end), None)


def check_cut(data: bytes, parts: list[Piece], at: int, name: str, stream_id: int, truth: np.ndarray) -> None:
    """Whatever whole chunks lie before the cut must be read."""
    n_whole = sum(p.n_samples for p in parts if p.end <= at and p.tag == SAMPLES and p.stream_id == stream_id)
    salvaged = load(whole(data[:at]), **AS_WRITTEN)[name]["time_series"]
    np.testing.assert_array_equal(salvaged, truth[:n_whole])
    torn = cut_through(at, parts)
    try:
        plain = load(data[:at], **AS_WRITTEN)[name]["time_series"]
    except struct.error:
        # pyxdf does not expect a file to end inside a tag or a clock offset; nothing a writer can do about.
        assert torn is not None
        assert torn.content - 2 <= at < torn.content or torn.tag == CLOCK_OFFSET
        return
    np.testing.assert_array_equal(plain[:n_whole], truth[:n_whole])
    # pyxdf makes up the end of a sample that is cut in its last value; it takes nothing else from a torn chunk.
    assert len(plain) == n_whole or (
        torn is not None and torn.tag == SAMPLES and len(plain) == n_whole + torn.n_samples
    )


def test_cut_at_every_byte_of_the_last_8_kb(tmp_path: Path) -> None:
    now = 100.0
    writer = XdfWriter.create(
        [tmp_path / "a.xdf"],
        [XdfStream("eeg", "EEG", 4, "float32", 250.0), XdfStream("texts", "Markers", 1, "string")],
        clock=lambda: now,
    )
    for k in range(24):
        indices = np.arange(15 * k, 15 * k + 15)
        writer.append(("eeg", now + indices / 250.0, values_of(indices)), ("texts", [now], [[f"chunk {k}"]]))
        now += 0.6
    writer.close()
    data = writer.path.read_bytes()
    parts = list(pieces(data))
    assert parts[-1].end == len(data) > 8192 + 1000
    assert {piece.tag for piece in parts if piece.end > len(data) - 8192} == {3, 4, 5, 6}
    for at in range(len(data) - 8192, len(data) + 1):
        check_cut(data, parts, at, "eeg", 1, values_of(np.arange(360)))


def test_cut_anywhere_in_the_last_64_kb_of_a_real_recording(tmp_path: Path) -> None:
    recorder = XdfRecorder(Settings(folder=str(tmp_path), min_free_mb=0, warn_free_mb=0))
    recorder.open(a_session())
    path = recorder.path
    assert path is not None
    for k in range(150):
        recorder.accept(ChunkEvent(a_chunk(25 * k)))
        if k % 10 == 0:
            recorder.accept(MarkerEvent(Marker(1000.0 + k / 10, f"cue {k}")))
    recorder.close()
    data = path.read_bytes()
    parts = list(pieces(data))
    assert len(data) > 65536 + 8192
    drawn = random.Random(7).sample(range(len(data) - 65536, len(data)), 250)
    for at in drawn:
        check_cut(data, parts, at, "headset", 1, values_of(np.arange(3750)))


WRITE_FOREVER = """
import sys
from itertools import count
from bci_app.events import ChunkEvent
from bci_app.sinks.xdf_recorder import Settings, XdfRecorder
from tests.unit.bci_app.xdf_files import a_chunk, a_session
recorder = XdfRecorder(Settings(folder=sys.argv[1], min_free_mb=0, warn_free_mb=0))
recorder.open(a_session())
for k in count():
    recorder.accept(ChunkEvent(a_chunk(25 * k)))
    print(25 * (k + 1), flush=True)
"""


@contextmanager
def python(code: str, *arguments: str) -> Iterator[subprocess.Popen[str]]:
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"}
    command = [sys.executable, "-c", code, *arguments]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT, env=environment) as process:
        try:
            yield process
        finally:
            process.kill()


@pytest.mark.skipif(os.name == "nt", reason="there is no SIGKILL")
@pytest.mark.parametrize("after", [40, 333, 2500])
def test_after_kill_9_nothing_that_was_accepted_is_missing(tmp_path: Path, after: int) -> None:
    with python(WRITE_FOREVER, str(tmp_path)) as process:
        assert process.stdout is not None
        for _ in range(after):
            accepted = int(process.stdout.readline())
        time.sleep(random.Random(after).uniform(0, 0.003))
        process.send_signal(signal.SIGKILL)
        accepted = max([accepted, *(int(line) for line in process.stdout.read().splitlines(True) if line[-1] == "\n")])
    (path,) = tmp_path.glob("*.xdf")
    read = load(path)["headset"]
    assert len(read["time_series"]) >= accepted
    np.testing.assert_array_equal(read["time_series"], values_of(np.arange(len(read["time_series"]))))
    assert "footer" not in read


def test_a_write_killed_in_its_middle_leaves_no_torn_chunk(tmp_path: Path) -> None:
    """The first byte comes last: any part of the rest on disk, and the file still reads to the chunk before."""
    writer = XdfWriter.create([tmp_path / "a.xdf"], [XdfStream("eeg", "EEG", 4, "float32", 250.0)])
    indices = np.arange(30)
    writer.append(("eeg", indices / 250.0, values_of(indices)))
    before = writer.path.read_bytes()
    writer.append(("eeg", indices / 250.0, values_of(indices)))
    added = writer.path.read_bytes()[len(before) :]
    writer.close()
    for n in range(1, len(added) + 1, 7):
        torn = before + b"\0" + added[1:n]
        np.testing.assert_array_equal(load(torn, **AS_WRITTEN)["eeg"]["time_series"], values_of(indices))


FILL_UP = """
import json, os, resource, signal, sys
from bci_app.events import ChunkEvent, NoticeEvent
from bci_app.sinks.xdf_recorder import Settings, XdfRecorder
from tests.unit.bci_app.xdf_files import a_chunk, a_session
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[2]), resource.RLIM_INFINITY))
if "stuck" in sys.argv:
    def ftruncate(*_):
        raise OSError(5, "Input/output error")
    os.ftruncate = ftruncate
recorder = XdfRecorder(Settings(folder=sys.argv[1], min_free_mb=0, warn_free_mb=0))
notices = []
recorder.on_event = lambda e: notices.append((e.level, e.text)) if isinstance(e, NoticeEvent) else None
ended = None
try:
    recorder.open(a_session())
    for k in range(1000):
        recorder.accept(ChunkEvent(a_chunk(25 * k)))
        if recorder.path is None and ended is None:
            ended = 25 * k
    resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
    recorder.start()
    recorder.accept(ChunkEvent(a_chunk(25000)))
    recorder.close()
except Exception as exc:
    notices.append((type(exc).__name__, str(exc)))
print(json.dumps({"notices": notices, "ended": ended}))
"""


@pytest.mark.skipif(os.name == "nt", reason="there are no resource limits")
@pytest.mark.parametrize(
    ("limit", "how"),
    [(60_000, ""), (60_001, ""), (131_072, ""), (131_199, ""), *((80_000 + 100 * k, "stuck") for k in range(6))],
)
def test_a_full_disk_ends_the_recording_and_keeps_what_is_there(tmp_path: Path, limit: int, how: str) -> None:
    with python(FILL_UP, str(tmp_path), str(limit), how) as process:
        assert process.stdout is not None
        said = json.loads(process.stdout.read())
    full, later = sorted(tmp_path.glob("*.xdf"), key=lambda path: -path.stat().st_size)
    levels = [level for level, _ in said["notices"]]
    assert levels == ["info", "error", "info", "info"]
    assert str(full) in said["notices"][1][1]
    assert "File too large" in said["notices"][1][1]
    assert "all else goes on" in said["notices"][1][1]
    read = load(full)["headset"]["time_series"]
    assert len(read) == said["ended"] > 500
    np.testing.assert_array_equal(read, values_of(np.arange(len(read))))
    data = full.read_bytes()
    if how == "stuck":
        # The remains of the failed write could not be cut off: a length of zero stands before them, nothing behind.
        assert len(data) == limit
        assert data[len(whole(data))] == 0
        assert "footer" not in load(full)["headset"]
    else:
        assert whole(data) == data
    # Once there is room again, another recording of the same session can be made.
    np.testing.assert_array_equal(load(later)["headset"]["time_series"], values_of(np.arange(25000, 25025)))


@pytest.mark.skipif(os.name == "nt", reason="there are no resource limits")
def test_a_disk_too_full_for_the_headers_leaves_no_file(tmp_path: Path) -> None:
    with python(FILL_UP, str(tmp_path), "1000") as process:
        assert process.stdout is not None
        said = json.loads(process.stdout.read())
    ((kind, text),) = said["notices"]
    assert kind == "RecordingError"
    assert "File too large" in text
    assert list(tmp_path.iterdir()) == []
