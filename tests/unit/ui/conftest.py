"""Fixtures of the window's tests: no widget and no process may outlive its test."""

from __future__ import annotations

import gc
import multiprocessing
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import QCoreApplication, QEvent
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from bci_app.events import ChunkEvent, Event, MarkerEvent, Session, SessionEvent
from pipelines.errors import StreamEnded
from pipelines.plugins import make
from tests.unit.ui.scripted_engine import ScriptedEngine
from ui import theme
from ui.draft import Draft
from ui.engine_client import EngineClient
from ui.main_window import MainWindow


@pytest.fixture(scope="session")
def qapp_args() -> list[str]:
    return ["bci-gui-tests"]


@pytest.fixture(autouse=True)
def preferences_of_nobody(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Give every test a window that remembers nothing of another test."""
    monkeypatch.setenv("BCI_APP_PREFERENCES", str(tmp_path / "window.ini"))


@pytest.fixture(autouse=True)
def nothing_leaks(qapp: QApplication) -> Iterator[None]:
    """Fail a test that leaves a top-level widget or a child process behind."""
    theme.apply(qapp)
    before = set(QApplication.topLevelWidgets())
    yield
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
    gc.collect()  # a window holds itself by its own slots; pyqtgraph's menus go with the plot's Python object
    left = sorted(type(widget).__name__ for widget in QApplication.topLevelWidgets() if widget not in before)
    assert left == [], "widgets left behind"
    assert not multiprocessing.active_children()


@pytest.fixture
def synthetic_events() -> Callable[..., list[Event]]:
    """Return what the engine would say of the simulated participant: session, samples and markers."""

    def make_events(seconds: float = 2.0, **settings: object) -> list[Event]:
        source = make("sources", {"kind": "synthetic", "speed": "max", "duration_s": seconds, **settings})
        with source:
            spec = source.open()
            session = Session("test", spec, classes=("rest", "mental_arithmetic"), model_id="workload-1")
            events: list[Event] = [SessionEvent(session)]
            while True:
                try:
                    chunk = source.read(1.0)
                except StreamEnded:
                    return events
                if chunk is not None:
                    events.append(ChunkEvent(chunk))
                    events += [MarkerEvent(marker) for marker in chunk.markers]

    return make_events


@pytest.fixture
def client(qtbot: QtBot) -> Iterator[EngineClient]:
    client = EngineClient()
    yield client
    client.deleteLater()


@pytest.fixture
def show(client: EngineClient, qtbot: QtBot) -> Callable[..., Any]:
    def make_panel(name: str, **settings: Any) -> Any:
        panel = make("panels", {"kind": name, **settings})
        qtbot.addWidget(panel)
        panel.attach(client)
        panel.resize(900, 500)
        panel.show()
        return panel

    return make_panel


@pytest.fixture
def open_step(client: EngineClient, qtbot: QtBot) -> Iterator[Callable[[str], Any]]:
    """Return what opens a step on a draft whose source is the simulated participant."""
    drafts: list[Draft] = []

    def make_step(kind: str) -> Any:
        step = make("steps", {"kind": kind})
        qtbot.addWidget(step)
        drafts.append(Draft())
        drafts[-1].choose("source", source={"kind": "synthetic"})
        step.join(drafts[-1])
        step.attach(client)
        step.resize(1100, 700)
        step.show()
        return step

    yield make_step
    for draft in drafts:
        draft.deleteLater()


@pytest.fixture
def tell(client: EngineClient) -> Callable[..., None]:
    def deliver(*events: Event) -> None:
        for event in events:
            client.deliver(event)
        client.refresh.emit()

    return deliver


@pytest.fixture
def window(qtbot: QtBot) -> Iterator[MainWindow]:
    """Return a shown window, with an engine that says what a test tells it."""
    window = MainWindow(EngineClient(ScriptedEngine))
    qtbot.addWidget(window)
    window.resize(1440, 900)
    window.show()
    yield window
    window.close()
