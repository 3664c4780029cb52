"""The engine in a real child process: everything it says arrives, up to its last word."""

from __future__ import annotations

import os
import signal
import threading
import time
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from bci_app.assembly import build
from bci_app.config import validate
from bci_app.engine_process import EngineProcess
from bci_app.events import Event, LoopTiming, NoticeEvent, RecordingEvent, SessionEvent, StateEvent
from bci_app.summary import Summary
from tests.unit.bci_app.recorder_parts import ROOMY
from tests.unit.bci_app.xdf_files import load

PATIENCE_S = 60.0


def settings(folder: Path, **more: Any) -> dict[str, Any]:
    values = {
        "source": {"kind": "synthetic", "paradigm": "eyes", "first_rest_s": 5, "block_s": 5},
        "decoder": None,
        "stages": [],
        "sinks": [{"kind": "xdf_recorder", "folder": str(folder), "file_name": "{session}.xdf", **ROOMY}],
        **more,
    }
    return validate(values, "test").model_dump(mode="json")


def polled_until(process: EngineProcess, wanted: type[Event]) -> list[Event]:
    events: list[Event] = []
    give_up = time.monotonic() + PATIENCE_S
    while not any(isinstance(event, wanted) for event in events) and time.monotonic() < give_up:
        events += process.poll()
        time.sleep(0.01)
    return events


def facts(events: list[Event]) -> list[tuple[str, bool, str]]:
    return [(e.path, e.active, e.fault) for e in events if isinstance(e, RecordingEvent)]


def test_stopping_returns_the_last_words_and_the_recording_is_whole(tmp_path: Path) -> None:
    process = EngineProcess(settings(tmp_path))
    process.start()
    before = polled_until(process, LoopTiming)
    last = process.stop()
    path = tmp_path / "session.xdf"
    assert facts(before) == [(str(path), True, "")]
    assert facts(last) == [(str(path), False, "")]
    notices = [event.text for event in last if isinstance(event, NoticeEvent)]
    assert any(text.startswith("recorded ") and str(path) in text for text in notices)
    assert not process.is_alive()
    assert process.exit_message() == ""
    assert process.stop() == []
    told = [event.samples for event in (*before, *last) if isinstance(event, LoopTiming)]
    (raw,) = [stream for name, stream in load(path).items() if not name.startswith("bci_app-")]
    assert len(raw["time_series"]) == told[-1]


def test_an_engine_that_ended_by_itself_leaves_its_last_words_in_the_pipe(tmp_path: Path) -> None:
    process = EngineProcess(settings(tmp_path, duration_s=0.5))
    process.start()
    process._process.join(PATIENCE_S)
    assert not process.is_alive()
    events = [*process.poll(), *process.stop()]
    assert facts(events) == [(str(tmp_path / "session.xdf"), active, "") for active in (True, False)]
    assert isinstance(events[0], StateEvent)
    assert isinstance(next(event for event in events[1:]), SessionEvent)


@pytest.mark.skipif(os.name == "nt", reason="a process cannot be halted there")
def test_an_engine_that_hangs_is_terminated_and_that_is_told(tmp_path: Path) -> None:
    process = EngineProcess(settings(tmp_path))
    process.start()
    polled_until(process, LoopTiming)
    assert process._process.pid is not None
    os.kill(process._process.pid, signal.SIGSTOP)
    last = process.stop(timeout_s=0.5)
    assert [e.text for e in last if isinstance(e, NoticeEvent) and "was terminated" in e.text]
    assert not process.is_alive()
    assert process.exit_message() == ""


def test_the_summary_of_the_window_s_process_is_that_of_a_run_without_one(tmp_path: Path) -> None:
    alpha = {"decoder": {"name": "alpha", "calibration": {"rest_s": 5.0}}, "stages": None, "duration_s": 40.0}
    values = settings(tmp_path, **alpha)
    values["source"]["speed"] = "max"
    here, there = Summary(), Summary()
    build(validate(values, "test"), [here]).run(threading.Event())
    process = EngineProcess(values)
    process.start()
    while process.is_alive():
        for event in process.poll():
            there.accept(event)
        time.sleep(0.01)
    for event in (*process.poll(), *process.stop()):
        there.accept(event)
    tables = []
    for summary in (here, there):
        console = Console(width=120)
        with console.capture() as captured:
            console.print(summary.table())
        tables.append(captured.get())
    assert tables[0] == tables[1].replace("session_2.xdf", "session.xdf  ")
    assert here.agreement().judged > 0
