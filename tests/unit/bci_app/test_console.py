from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from bci_app.events import (
    ChunkEvent,
    DecisionEvent,
    EngineState,
    LoopTiming,
    MarkerEvent,
    NoticeEvent,
    QualityEvent,
    StateEvent,
)
from bci_app.sinks.console import ConsoleLines, Settings, printable
from pipelines.decision import Decision
from pipelines.signal import Marker
from tests.unit.bci_app.xdf_files import a_chunk, a_session

ROOT = Path(__file__).resolve().parents[3]
EVENTS = (
    StateEvent(EngineState.RUNNING),
    ChunkEvent(a_chunk(0)),
    DecisionEvent(Decision(3, 1.0, 3.0, ("rest", "work"), (0.1, 0.9), "m-1")),
    DecisionEvent(Decision(4, 2.0, 4.0, ("rest", "work"), (0.5, 0.5), "m-1", True, "samples were lost")),
    DecisionEvent(
        Decision(5, 3.0, 5.0, ("rest", "work"), (0.4, 0.6), "m-1", False, "", 0.0, ("rest", "work"), 1.5, "amplitude")
    ),
    StateEvent(EngineState.STALE, "no samples for 2 s"),
    QualityEvent(("Fp1", "Cz"), 7.0),
    QualityEvent((), 8.0),
    MarkerEvent(Marker(6.5, "left [red]", "cues")),
    NoticeEvent("info", "recording to a.xdf"),
    NoticeEvent("warning", "disk low"),
    NoticeEvent("error", "disk full"),
    LoopTiming((), 0.01, 1, 2, 3, 9.0),
)
LINES = [
    "headset: 4 channels at 250 Hz, decoder alpha-1",
    "state: running",
    "window 3: work (rest 0.10, work 0.90)",
    "window 4: no decision: samples were lost",
    "window 5: work (rest 0.40, work 0.60) [could be rest or work; unlike the training signals: amplitude]",
    "state: stale: no samples for 2 s",
    "bad channels: Fp1, Cz",
    "bad channels: none",
    "marker: left [red] (cues)",
    "info: recording to a.xdf",
    "warning: disk low",
    "error: disk full",
]


def said(capsys: pytest.CaptureFixture[str], **settings: Any) -> list[str]:
    """Return the lines without the time of day that each begins with."""
    sink = ConsoleLines(Settings(**settings))
    sink.open(a_session())
    for event in EVENTS:
        sink.accept(event)
    sink.close()
    sink.close()
    captured = capsys.readouterr()
    here, elsewhere = captured if settings.get("stream") != "stderr" else reversed(captured)
    assert elsewhere == ""
    lines = here.splitlines()
    assert all(re.match(r"\d\d:\d\d:\d\d ", line) for line in lines)
    return [line[9:] for line in lines]


def test_one_line_an_event(capsys: pytest.CaptureFixture[str]) -> None:
    assert said(capsys) == LINES


def test_decisions_can_be_left_out(capsys: pytest.CaptureFixture[str]) -> None:
    assert said(capsys, decisions=False) == [line for line in LINES if not line.startswith("window")]


def test_quiet_leaves_what_went_wrong(capsys: pytest.CaptureFixture[str]) -> None:
    assert said(capsys, quiet=True) == ["warning: disk low", "error: disk full"]


def test_standard_error_can_be_chosen(capsys: pytest.CaptureFixture[str]) -> None:
    assert said(capsys, stream="stderr") == LINES


def test_labels_cannot_steer_the_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    sink = ConsoleLines(Settings())
    sink.accept(MarkerEvent(Marker(1.0, "\x1b[2J\u202egnp.exe\r\nfake line [bold]x[/]", "µ 日本")))
    out = capsys.readouterr().out
    assert out[9:] == "marker: \\x1b[2J\\u202egnp.exe\\r\\nfake line [bold]x[/] (µ 日本)\n"
    assert printable("plain µ") == "plain µ"


CLOSED_PIPE = """
import sys
from bci_app.events import EngineState, StateEvent
from bci_app.sinks.console import ConsoleLines, Settings
from pipelines.errors import RecordingError
from tests.unit.bci_app.xdf_files import a_session
sink = ConsoleLines(Settings())
sink.open(a_session())
sys.stdin.readline()
try:
    while True:
        sink.accept(StateEvent(EngineState.RUNNING))
except RecordingError as exc:
    print(exc, file=sys.stderr)
sink.close()
"""


@pytest.mark.skipif(os.name == "nt", reason="pipes break in another way")
def test_a_reader_that_goes_away_does_not_end_the_session() -> None:
    process = subprocess.Popen(
        [sys.executable, "-c", CLOSED_PIPE],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )
    with process:
        assert process.stdout is not None
        assert process.stdin is not None
        assert process.stderr is not None
        assert process.stdout.readline()
        process.stdout.close()
        process.stdin.write("go\n")
        process.stdin.flush()
        assert process.stderr.read() == "the console's output was closed by its reader\n"
    assert process.returncode == 0
