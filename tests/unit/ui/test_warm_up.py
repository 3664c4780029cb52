"""The window is seen before slow imports are done, and does then what was asked meanwhile."""

from __future__ import annotations

import os
import re
import subprocess
import sys

from pytestqt.qtbot import QtBot

from bci_app.config import demo_session
from tests.unit.ui.scripted_engine import ScriptedEngine
from ui import warm_up
from ui.engine_client import EngineClient
from ui.main_window import MainWindow


def test_panels_come_after_the_first_frame_and_a_session_waits_for_them(qtbot: QtBot) -> None:
    engines: list[ScriptedEngine] = []

    def make(settings: object) -> ScriptedEngine:
        engines.append(ScriptedEngine(settings))  # type: ignore[arg-type]
        return engines[-1]

    warm_up.begin()
    window = MainWindow(EngineClient(make))
    qtbot.addWidget(window)
    window.show()
    assert not window.is_whole
    assert not window.panels
    assert window.steps
    window.run(demo_session())
    assert not engines
    qtbot.waitUntil(lambda: bool(engines), timeout=60_000)
    assert window.is_whole
    assert {name for name, dock in window.docks.docks.items() if dock.isVisible()} == set(window.steps["source"].shows)
    assert not warm_up.is_under_way()
    window.close()


def test_the_program_says_how_long_its_first_frame_took() -> None:
    environment = {**os.environ, "QT_QPA_PLATFORM": "offscreen"}
    command = [sys.executable, "-m", "ui.app", "--first-frame"]
    answer = subprocess.run(command, env=environment, capture_output=True, text=True, check=True, timeout=120)
    assert re.fullmatch(r"first frame after .* s .*\nwhole after .* s, longest pause .* ms\n", answer.stdout)


LOADED_LATE = """
import importlib, pkgutil
import pipelines.kernels
from PySide6.QtWidgets import QApplication
from bci_app.events import Session
from pipelines.plugins import make
from pipelines.signal import make_chunk
from ui.rehearsal import rehearse

def loaded():
    found = [m.name for m in pkgutil.iter_modules(pipelines.kernels.__path__)]
    modules = [importlib.import_module(f"pipelines.kernels.{name}") for name in found]
    kernels = {k for m in modules for k in vars(m).values() if hasattr(k, "signatures")}
    return {(k.py_func.__name__, s) for k in kernels for s in k.signatures}

app = QApplication([])
rehearse()
before = loaded()
panels = [make("panels", {"kind": kind}) for kind in ("traces", "spectrum", "topography", "evoked")]
source = make("sources", {"kind": "synthetic", "speed": "max"})
with source:
    spec = source.open()
    stages = [{"kind": kind} for kind in ("nonfinite", "bad_channels", "artifact", "notch")]
    for panel in panels:
        panel.on_session(Session("s", spec, stages=tuple(stages)))
        panel.show()
    for _ in range(200):
        chunk = source.read(1.0)
        for panel in panels:
            panel.on_chunk(chunk)
            panel.refresh()
        app.processEvents()
print(sorted(str(one) for one in loaded() - before))
"""


def test_a_session_loads_no_compiled_code_that_was_not_rehearsed() -> None:
    environment = {**os.environ, "QT_QPA_PLATFORM": "offscreen"}
    command = [sys.executable, "-c", LOADED_LATE]
    answer = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=300)
    assert answer.returncode == 0, answer.stderr
    assert answer.stdout.strip() == "[]"
