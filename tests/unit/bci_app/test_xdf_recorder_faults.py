"""The recorder started, stopped and named; and what it does when it cannot go on: no fault is silent."""

from __future__ import annotations

import os
import re
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from bci_app.events import ChunkEvent, EngineState, RecordingEvent, StateEvent
from bci_app.sink import Recorder
from pipelines.errors import ConfigError, RecordingError
from pipelines.plugins import make
from pipelines.signal import make_chunk
from tests.unit.bci_app.recorder_parts import a_recorder, told
from tests.unit.bci_app.xdf_files import a_chunk, a_session, load, values_of


def test_a_second_recording_of_a_session_stands_alone(tmp_path: Path) -> None:
    recorder, notices = a_recorder(tmp_path, autostart=False, file_name="{session}.xdf")
    assert isinstance(recorder, Recorder)
    recorder.open(a_session())
    assert recorder.path is None
    recorder.accept(StateEvent(EngineState.RUNNING, "", 999.0))
    recorder.accept(ChunkEvent(a_chunk(0)))
    assert list(tmp_path.iterdir()) == []
    first = recorder.start()
    recorder.accept(ChunkEvent(a_chunk(25)))
    assert recorder.start() == first == recorder.path
    recorder.stop()
    recorder.stop()
    recorder.accept(ChunkEvent(a_chunk(50)))
    second = recorder.start(str(tmp_path / "elsewhere"))
    third_name = recorder.path
    recorder.accept(ChunkEvent(a_chunk(75)))
    recorder.close()
    recorder.close()
    assert recorder.path is None
    assert [first.name, second] == ["night.xdf", tmp_path / "elsewhere" / "night.xdf"]
    assert third_name == second
    for path, index in ((first, 25), (second, 75)):
        streams = load(path)
        np.testing.assert_array_equal(streams["headset"]["time_series"], values_of(np.arange(index, index + 25)))
        kinds = [(e["event"], e.get("first_index")) for e in told(streams)]
        assert kinds == [("session", None), ("state", None), ("recording_started", index)]
    assert [n.level for n in notices] == ["info", "warning", "info", "info", "info"]
    assert str(first) in notices[0].text
    assert "0.1 s" in notices[2].text


def test_files_are_numbered_and_runs_counted(tmp_path: Path) -> None:
    for name in ("night.xdf", "night_2.xdf", "night_3.xdf"):
        recorder, _ = a_recorder(tmp_path, file_name="{session}.xdf")
        recorder.open(a_session())
        assert recorder.path == tmp_path / name
        recorder.close()
    for run_number in ("03", "04"):
        recorder, _ = a_recorder(tmp_path, subject="P001", task="mi", run=3)
        recorder.open(a_session())
        name = f"sub-P001/ses-01/eeg/sub-P001_ses-01_task-mi_run-{run_number}_eeg.xdf"
        assert recorder.path == tmp_path / name
        recorder.close()


def test_the_default_name_holds_session_date_and_time(tmp_path: Path) -> None:
    recorder, _ = a_recorder(tmp_path)
    recorder.open(a_session(name="../../etc/x y"))
    path = recorder.path
    recorder.close()
    assert path is not None
    assert path.parent == tmp_path
    assert re.fullmatch(r"_\.\._etc_x_y_\d{4}-\d\d-\d\d_\d{6}\.xdf", path.name)


@pytest.mark.parametrize(
    ("setting", "what"),
    [
        ({"file_name": "../{session}.xdf"}, "inside"),
        ({"file_name": "a/../../b.xdf"}, "inside"),
        ({"file_name": "..\\b.xdf"}, "inside"),
        ({"file_name": "/tmp/b.xdf"}, "inside"),
        ({"file_name": "C:\\b.xdf"}, "inside"),
        ({"file_name": "a\nb.xdf"}, "inside"),
        ({"file_name": "{sesion}.xdf"}, "sesion"),
        ({"file_name": "{session.__class__}.xdf"}, "__class__"),
        ({"file_name": "{session!r}.xdf"}, "not a field"),
        ({"file_name": "{session.xdf"}, "template"),
        ({"file_name": "{session}.edf"}, r"\.xdf"),
        ({"subject": "../../x"}, "subject"),
        ({"subject": "Anna Maria"}, "subject"),
        ({"run": 0}, "run"),
        ({"warn_free_mb": 10, "min_free_mb": 20}, "warn_free_mb"),
        ({"sync_s": 0}, "sync_s"),
    ],
)
def test_settings_that_cannot_be_meant_are_refused(setting: dict[str, Any], what: str) -> None:
    with pytest.raises(ConfigError, match=what):
        make("sinks", {"kind": "xdf_recorder", **setting}, "session.toml")


@pytest.mark.parametrize("folder", ["..", "../other", "a/../../b", "a\\..\\b"])
def test_a_command_cannot_climb_out_of_the_folder(tmp_path: Path, folder: str) -> None:
    recorder, _ = a_recorder(tmp_path / "in", autostart=False)
    recorder.open(a_session())
    with pytest.raises(RecordingError, match=r"\.\."):
        recorder.start(folder)
    assert recorder.path is None
    assert list(tmp_path.iterdir()) == []


def test_nothing_can_be_recorded_before_the_session_is_open(tmp_path: Path) -> None:
    recorder, _ = a_recorder(tmp_path)
    recorder.accept(ChunkEvent(a_chunk(0)))
    recorder.stop()
    with pytest.raises(RecordingError, match="session"):
        recorder.start()
    assert list(tmp_path.iterdir()) == []


@contextmanager
def as_nobody() -> Iterator[None]:
    """Give up the rights of root, to whom no folder is read-only."""
    if os.geteuid() != 0:
        yield
        return
    os.seteuid(65534)
    try:
        yield
    finally:
        os.seteuid(0)


@pytest.mark.skipif(os.name == "nt", reason="folders have no mode")
def test_a_read_only_folder_is_named(tmp_path: Path) -> None:
    folder = tmp_path / "locked"
    folder.mkdir()
    folder.chmod(0o555)
    recorder, _ = a_recorder(folder)
    with as_nobody(), pytest.raises(RecordingError, match=r"locked.*Permission denied"):
        recorder.open(a_session())
    recorder.close()
    assert list(folder.iterdir()) == []


def test_a_chunk_that_does_not_fit_ends_the_recording_readably(tmp_path: Path) -> None:
    recorder, notices = a_recorder(tmp_path)
    recorder.open(a_session())
    path = recorder.path
    assert path is not None
    recorder.accept(ChunkEvent(a_chunk(0)))
    recorder.accept(ChunkEvent(make_chunk(np.zeros((5, 9)), np.arange(5.0), 25)))
    assert recorder.path is None
    recorder.accept(ChunkEvent(a_chunk(30)))
    assert notices[-1].level == "error"
    assert "(5, 9)" in notices[-1].text
    read = load(path)["headset"]
    assert len(read["time_series"]) == 25
    assert read["footer"]["info"]["sample_count"] == ["25"]


def test_a_disk_already_full_is_refused_at_the_start(tmp_path: Path) -> None:
    recorder, _ = a_recorder(tmp_path, min_free_mb=1e12, warn_free_mb=1e12)
    with pytest.raises(RecordingError, match=r"MB free, a recording needs min_free_mb"):
        recorder.open(a_session())
    assert list(tmp_path.iterdir()) == []


def test_the_guard_warns_once_while_space_is_low(tmp_path: Path) -> None:
    recorder, notices = a_recorder(tmp_path, warn_free_mb=1e12)
    recorder.open(a_session())
    assert [n.level for n in notices] == ["info", "warning"]
    assert re.search(r"fills up: \d+ MB free", notices[1].text)
    end = time.monotonic() + 2.2
    while time.monotonic() < end:
        recorder.accept(ChunkEvent(a_chunk(0)))
        time.sleep(0.1)
    assert recorder.path is not None
    assert len(notices) == 2
    recorder.close()


@pytest.mark.skipif(not hasattr(os, "posix_fallocate"), reason="space cannot be reserved here")
def test_the_guard_ends_the_recording_when_the_disk_fills_up(tmp_path: Path) -> None:
    free_mb = shutil.disk_usage(tmp_path).free / 1e6
    recorder, notices = a_recorder(tmp_path / "rec", min_free_mb=free_mb - 600, warn_free_mb=free_mb - 600)
    ends, keep = [], recorder.on_event
    recorder.on_event = lambda event: ends.append(event) if isinstance(event, RecordingEvent) else keep(event)
    recorder.open(a_session())
    path = recorder.path
    assert path is not None
    with (tmp_path / "ballast").open("wb") as ballast:
        os.posix_fallocate(ballast.fileno(), 0, 1_200_000_000)
        n = 0
        give_up = time.monotonic() + 30
        while recorder.path is not None and time.monotonic() < give_up:
            recorder.accept(ChunkEvent(a_chunk(n)))
            n += 25
            time.sleep(0.02)
    (tmp_path / "ballast").unlink()
    assert [notice.level for notice in notices] == ["info", "error", "info"]
    assert "is full" in notices[1].text
    assert "recorded" in notices[2].text
    assert [(event.path, event.active) for event in ends] == [(str(path), True), (str(path), False)]
    assert ends[1].fault in notices[1].text
    assert "is full" in ends[1].fault
    read = load(path)["headset"]
    assert len(read["time_series"]) == n
    assert read["footer"]["info"]["sample_count"] == [str(n)]


@pytest.mark.skipif(os.name == "nt", reason="Windows does not delete open files")
def test_a_deleted_recording_is_followed_by_another(tmp_path: Path) -> None:
    folder = tmp_path / "recordings"
    recorder, notices = a_recorder(folder, sync_s=0.05)
    recorder.open(a_session())
    recorder.accept(ChunkEvent(a_chunk(0)))
    shutil.rmtree(folder)
    give_up, index = time.monotonic() + 20, 0
    while not any("is lost" in notice.text for notice in notices) and time.monotonic() < give_up:
        time.sleep(0.02)
        index += 25
        recorder.accept(ChunkEvent(a_chunk(index)))
    recorder.accept(ChunkEvent(a_chunk(index + 25)))
    recorder.close()
    texts = [notice.text.split(" to ")[0] for notice in notices if "recorded" not in notice.text]
    assert texts[0] == "recording"
    assert texts[1].startswith("the recording is lost, another one begins:")
    assert texts[2:] == ["recording"]
    (file,) = folder.iterdir()
    streams = load(file)
    np.testing.assert_array_equal(streams["headset"]["time_series"], values_of(np.arange(index + 25, index + 50)))
