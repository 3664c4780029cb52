"""The engine in a real child process: everything it says arrives, up to its last word."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from bci_app.assembly import build
from bci_app.config import validate
from bci_app.engine_process import EngineProcess
from bci_app.events import AnswerEvent, Event, LoopTiming, NoticeEvent, RecordingEvent, SessionEvent, StateEvent
from bci_app.summary import Summary
from tests.unit.bci_app.recorder_parts import ROOMY
from tests.unit.bci_app.xdf_files import load
from tests.unit.models.unimind_examples import teach

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


WINDOW = """
import sys, time
from bci_app.engine_process import EngineProcess
if __name__ == "__main__":
    source = {"kind": "lsl_stream", "name": "nobody offers this", "resolve_timeout_s": 120.0}
    process = EngineProcess({"source": source, "decoder": None})
    process.start()
    while not process.poll():
        time.sleep(0.01)
    print(process._process.pid, flush=True)
    if sys.argv[1] == "leaves":
        sys.exit(0)
    time.sleep(600)
"""


@pytest.mark.skipif(os.name == "nt", reason="a process cannot be looked for there")
@pytest.mark.parametrize("how", ["leaves", "is killed"])
def test_an_engine_that_still_starts_ends_with_its_window(tmp_path: Path, how: str) -> None:
    script = tmp_path / "window.py"
    script.write_text(WINDOW)
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    with subprocess.Popen([sys.executable, str(script), how], stdout=subprocess.PIPE, text=True, env=environment) as it:
        assert it.stdout is not None
        pid = int(it.stdout.readline())
        if how == "is killed":
            it.kill()
        it.wait(60)
    give_up = time.monotonic() + 30
    while Path(f"/proc/{pid}/cmdline").exists() and Path(f"/proc/{pid}/cmdline").read_bytes():
        assert time.monotonic() < give_up, "it waits for its source still"
        time.sleep(0.05)


def test_an_engine_that_still_starts_is_ended_at_once(tmp_path: Path) -> None:
    values = settings(tmp_path, source={"kind": "lsl_stream", "name": "nobody offers this", "resolve_timeout_s": 120.0})
    process = EngineProcess(values)
    process.start()
    polled_until(process, StateEvent)
    last = process.stop(timeout_s=30.0)
    assert not process.is_alive()
    assert not [event for event in last if isinstance(event, NoticeEvent)], "it was not terminated"
    assert process.exit_message() == ""


@pytest.mark.slow
def test_the_answers_of_a_question_come_from_a_child_of_the_engine(tmp_path: Path) -> None:
    checkpoint = teach(tmp_path / "taught")
    values = settings(tmp_path, source={"kind": "synthetic", "speed": 4.0}, stages=None)
    values["decoder"] = {
        "name": "unimind", "settings": {"checkpoint": str(checkpoint), "language": "none", "question": "eyes"},
    }  # fmt: skip
    process = EngineProcess(values)
    process.start()
    events = polled_until(process, AnswerEvent)
    process.stop()
    answers = [event.reply for event in events if isinstance(event, AnswerEvent)]
    assert answers
    assert answers[0].task == "eyes"
    assert not process.is_alive()
