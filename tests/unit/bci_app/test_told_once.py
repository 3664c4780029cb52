"""What goes wrong reaches the user: by every sink that shows things, on the terminal once, and never not at all."""

from __future__ import annotations

import logging
import os
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from bci_app.config import EngineSettings
from bci_app.engine import Engine
from bci_app.events import NoticeEvent, StateEvent
from bci_app.logging_setup import TOLD, configure_logging, warnings_as_notices
from bci_app.signal_path import SignalPath
from bci_app.supply import Supply
from devices.clock import now_s
from devices.source import SourceBase
from pipelines.errors import ConnectFailed, DeviceError, StreamEnded, StreamLost
from pipelines.signal import Chunk, StreamSpec
from pipelines.stage import Pipeline
from tests.unit.bci_app.engine_parts import Keeper, run
from tests.unit.bci_app.xdf_files import a_chunk, a_session

ROOT = Path(__file__).resolve().parents[3]
SESSION = """
name = "told"
duration_s = 4.0
[source]
kind = "synthetic"
speed = "max"
drop = [2.0, 1.0]
[decoder]
name = "alpha"
[[sinks]]
kind = "xdf_recorder"
folder = "{folder}"
warn_free_mb = 0.0
min_free_mb = 0.0
"""
CONSOLE = '[[sinks]]\nkind = "console"\n'


def daemon(file: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "bci_app", "daemon", str(file)]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, env={**os.environ})


@pytest.mark.parametrize(("sinks", "where"), [("", "stderr"), (CONSOLE, "stdout")], ids=["no console", "console"])
def test_the_daemon_tells_every_notice_once(tmp_path: Path, sinks: str, where: str) -> None:
    file = tmp_path / "session.toml"
    file.write_text(SESSION.format(folder=tmp_path) + sinks, encoding="utf-8")
    ended = daemon(file)
    assert ended.returncode == 0, ended.stderr
    for text in ("250 samples (1 s) were lost", "state: calibrating", "info: recorded 4.0 s"):
        assert (ended.stdout + ended.stderr).count(text) == 1
        assert text in getattr(ended, where)


def test_an_error_at_the_start_is_one_unbroken_line(tmp_path: Path) -> None:
    file = tmp_path / ("a-long-name-" * 10) / "session.toml"
    ended = daemon(file)
    assert ended.returncode == 1
    assert ended.stderr.splitlines() == [f"error ConfigError: {file}: cannot be read: No such file or directory"]


def test_warnings_of_devices_become_notices_and_are_not_printed_as_well(capsys: pytest.CaptureFixture[str]) -> None:
    root, before = logging.getLogger(), logging.getLogger().handlers[:]
    told: list[NoticeEvent] = []
    configure_logging()
    try:
        with warnings_as_notices(told.append):
            logging.getLogger("devices.cap").warning("the clock jumped by %d s", 3)
            logging.getLogger("bci_app.engine").error("a notice", extra=TOLD)
            logging.getLogger("bci_app.engine").error("the sink failed")
        logging.getLogger("devices.cap").warning("no session runs")
    finally:
        root.handlers[:] = before
    assert [(notice.level, notice.text) for notice in told] == [("warning", "the clock jumped by 3 s")]
    assert [line[9:] for line in capsys.readouterr().err.splitlines()] == [
        "error: the sink failed",
        "warning: no session runs",
    ]


def test_how_the_recording_ended_is_told_to_those_who_show(tmp_path: Path) -> None:
    from bci_app.sinks.xdf_recorder import Settings, XdfRecorder

    recorder = XdfRecorder(Settings(folder=str(tmp_path), warn_free_mb=0.0, min_free_mb=0.0))
    keeper = run({}, [recorder], duration_s=6.0)
    assert keeper.notices[-1].startswith("recorded 6.0 s")
    assert keeper.closed == 1


class Coming(SourceBase):
    """Lost after a chunk; opening fails for two reasons, then a chunk comes and it ends."""

    is_live = True

    def __init__(self) -> None:
        self.spec = a_session().spec
        self.script: list[object] = [
            a_chunk(0),
            StreamLost("the cable is out"),
            ConnectFailed("nobody answers"),
            ConnectFailed("nobody answers"),
            ConnectFailed("two answer"),
            self.spec,
            a_chunk(25, start_s=now_s() - 1000.0),
            StreamEnded("that was all"),
        ]

    def open(self) -> StreamSpec:
        return self._next()

    def read(self, timeout_s: float) -> Chunk | None:
        return self._next()

    def _next(self):  # type: ignore[no-untyped-def]
        step = self.script.pop(0)
        if isinstance(step, Exception):
            raise step
        return step


def an_engine(source: Coming, keeper: Keeper) -> Engine:
    settings = EngineSettings(reconnect_every_s=0.01)
    pipeline = Pipeline([])
    pipeline.prepare(source.spec)
    return Engine(Supply(source, source.spec, settings), SignalPath(pipeline), [keeper], a_session(), settings)


def test_every_new_reason_why_it_cannot_be_reopened_is_told_once() -> None:
    keeper, source = Keeper(), Coming()
    an_engine(source, keeper).run(threading.Event())
    states = [(event.state.value, event.message) for event in keeper.events if isinstance(event, StateEvent)]
    assert states[:4] == [
        ("running", ""),
        ("reconnecting", "the cable is out"),
        ("reconnecting", "nobody answers"),
        ("reconnecting", "two answer"),
    ]
    assert states[4][0] == "running"
    assert states[4][1].startswith("samples flow again after")
    assert keeper.notices[-1] == "that was all"


def test_a_source_that_breaks_ends_the_session_in_one_line() -> None:
    keeper, source = Keeper(), Coming()
    source.script = [a_chunk(0), ZeroDivisionError("division by zero")]
    with pytest.raises(DeviceError, match=r"the source failed: ZeroDivisionError: division by zero \(test_told_once"):
        an_engine(source, keeper).run(threading.Event())
    assert keeper.states[-1] == "failed"
    assert keeper.closed == 1
