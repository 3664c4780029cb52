"""The replay step, both ways: the engine moves the page, the page moves the engine."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from bci_app.assembly import build as build_engine
from bci_app.commands import Pause, Resume, Seek, SetLoop, SetSpeed, Step
from bci_app.config import SessionSettings, validate
from bci_app.events import (
    ChunkEvent,
    DecisionEvent,
    EngineState,
    OutlineEvent,
    PlaybackEvent,
    Session,
    SessionEvent,
    StateEvent,
)
from devices.playback import Outline, PlaybackState
from devices.recording_data import Span
from devices.sources.recording import open_recording
from pipelines.decision import Decision
from pipelines.signal import Channel, Marker, StreamSpec, make_chunk
from tests.contract.test_panels import tell
from ui.engine_client import EngineClient
from ui.steps.replay import ReplayStep, Settings, build

SPEC = StreamSpec(250.0, (Channel("Cz"),), "r.xdf")
SESSION = SessionEvent(Session("replay", SPEC, model_id="m", classes=("rest", "task"), window_s=2.0, hop_s=1.0))
THEN = tuple(Span(k - 2.0, float(k), f"decision/{'rest' if k < 20 else 'task'}") for k in range(2, 40))
OUTLINE = OutlineEvent(Outline("/data/r.xdf", 40.0, (Marker(5.0, "rest"),), THEN, ((10.0, 11.0),)))


def playback(**changes: Any) -> PlaybackEvent:
    position_s = changes.pop("position_s", 0.0)
    state = {
        "start_s": 0.0, "stop_s": 40.0, "speed": 1.0, "paused": False, "loop": False, "origin_s": 1000.0,
        "index_offset": 0, "jumps": 0, **changes,
    }  # fmt: skip
    return PlaybackEvent(PlaybackState(**state), position_s)


def decided(end_s: float, label: str, origin_s: float = 1000.0) -> DecisionEvent:
    odds = (0.9, 0.1) if label == "rest" else (0.1, 0.9)
    end_s += origin_s
    return DecisionEvent(Decision(0, end_s - 2.0, end_s, ("rest", "task"), odds, "m", decided_at_s=end_s))


def samples(end_s: float, origin_s: float = 1000.0) -> ChunkEvent:
    times_s = origin_s + end_s - 0.1 + np.arange(25) / 250
    return ChunkEvent(make_chunk(np.zeros((25, 1), dtype=np.float32), times_s, 0))


@pytest.fixture
def client(qtbot: QtBot) -> Iterator[EngineClient]:
    client = EngineClient()
    yield client
    client.deleteLater()


@pytest.fixture
def step(client: EngineClient, qtbot: QtBot) -> ReplayStep:
    step = build(Settings())
    qtbot.addWidget(step)
    step.attach(client)
    step.resize(900, 600)
    step.show()
    return step


@pytest.fixture
def asked(step: ReplayStep) -> list[object]:
    found: list[object] = []
    step.command.connect(found.append)
    return found


def test_the_engine_moves_the_page(step: ReplayStep, client: EngineClient) -> None:
    tell(client, [SESSION, OUTLINE, playback(), samples(7.5)])
    assert step.seek_bar.length_s == 40.0
    assert step.seek_bar.position_s == pytest.approx(7.496, abs=0.01)
    assert step.transport.place.text() == "0:07.5 / 0:40.0"
    assert step.transport.play.text() == "‖ Pause"
    assert "38 decisions" in step.file.text()
    tell(client, [playback(paused=True, speed=0.5, loop=True, origin_s=980.0, position_s=30.0, jumps=1)])
    assert step.transport.play.text() == "▶ Play"
    assert step.transport.speed.currentData() == 0.5
    assert step.transport.loop.isChecked()
    assert step.seek_bar.position_s == 30.0
    tell(client, [samples(31.0, 980.0)])
    assert step.seek_bar.position_s == pytest.approx(31.0, abs=0.01)


def test_then_and_now_are_side_by_side_and_differences_are_listed(step: ReplayStep, client: EngineClient) -> None:
    tell(client, [SESSION, OUTLINE, playback(), *(decided(float(k), "rest") for k in range(2, 22))])
    assert [(s.label, s.start_s, s.end_s) for s in step.seek_bar.lanes["then"]] == [
        ("rest", 1.0, 19.0), ("task", 19.0, 39.0),
    ]  # fmt: skip
    assert [(s.label, s.start_s, s.end_s) for s in step.seek_bar.lanes["now"]] == [("rest", 1.0, 21.0)]
    assert "18 of 20 windows" in step.differences.count.text()
    assert step.differences.table.rowCount() == 2
    rows = [[step.differences.table.item(row, c).text() for c in range(3)] for row in range(2)]
    assert rows == [["0:18.0 – 0:20.0", "task", "rest"], ["0:19.0 – 0:21.0", "task", "rest"]]


def test_a_window_that_is_played_again_after_a_jump_replaces_what_was_decided(
    step: ReplayStep, client: EngineClient
) -> None:
    tell(client, [SESSION, OUTLINE, playback(), decided(25.0, "rest")])
    assert step.differences.table.rowCount() == 1
    tell(client, [playback(origin_s=1500.0, jumps=1), decided(25.0, "task", 1500.0)])
    assert step.differences.table.rowCount() == 0
    assert [s.label for s in step.seek_bar.lanes["now"]] == ["task"]


def test_the_page_moves_the_engine(step: ReplayStep, client: EngineClient, asked: list[object], qtbot: QtBot) -> None:
    tell(client, [SESSION, OUTLINE, playback(), decided(25.0, "rest")])
    for button in (step.transport.play, step.transport.step, step.transport.loop):
        qtbot.mouseClick(button, Qt.MouseButton.LeftButton)
    tell(client, [playback(paused=True)])
    qtbot.mouseClick(step.transport.play, Qt.MouseButton.LeftButton)
    step.transport.speed.setCurrentText("max")
    step.transport.speed.activated.emit(step.transport.speed.currentIndex())
    step.seek_bar.sought.emit(12.0)
    step.differences.table.cellClicked.emit(0, 0)
    assert asked == [Pause(), Step(), SetLoop(True), Resume(), SetSpeed("max"), Seek(12.0), Seek(23.0)]


@pytest.mark.parametrize("state", [EngineState.FAILED, EngineState.IDLE])
def test_when_the_session_is_over_only_starting_is_offered(
    step: ReplayStep, client: EngineClient, state: EngineState
) -> None:
    assert not step.transport.play.isEnabled()
    tell(client, [SESSION, OUTLINE, playback()])
    assert step.transport.step.isEnabled()
    tell(client, [StateEvent(state, "gone")])
    assert not step.transport.step.isEnabled()
    assert step.transport.play.isEnabled()
    assert step.transport.play.text() == "▶ Play"


@pytest.fixture(scope="module")
def recording(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("recording")
    settings = {
        "source": {"kind": "synthetic", "speed": "max"},
        "decoder": {"name": "alpha", "calibration": {"rest_s": 5.0}},
        "sinks": [{"kind": "xdf_recorder", "folder": str(folder)}],
        "duration_s": 12.0,
    }
    build_engine(validate(settings, "recording")).run(threading.Event())
    return next(folder.rglob("*.xdf"))


@pytest.mark.parametrize(("decoder", "name"), [("as recorded", "alpha"), ("workload", "workload"), ("none", None)])
def test_opening_a_recording_asks_for_its_session(
    step: ReplayStep, qtbot: QtBot, recording: Path, decoder: str, name: str | None
) -> None:
    step.decoder.setCurrentText(decoder)
    step.transport.speed.setCurrentText("4×")
    with qtbot.waitSignal(step.start_session, timeout=20_000) as asked_for:
        step.open_path(recording)
    (settings,) = asked_for.args
    assert isinstance(settings, SessionSettings)
    assert settings.source == {
        "kind": "recording", "path": str(recording), "speed": 4.0, "loop": False, "wait_at_end": True,
    }  # fmt: skip
    assert (settings.decoder.name if settings.decoder else None) == name
    assert settings.duration_s is None


def test_what_cannot_be_read_is_told(step: ReplayStep, qtbot: QtBot, tmp_path: Path) -> None:
    file = tmp_path / "broken.xdf"
    file.write_text("no XDF")
    step.open_path(file)
    qtbot.waitUntil(lambda: "is no XDF file" in step.file.text(), timeout=20_000)


def test_an_export_runs_beside_the_window(step: ReplayStep, qtbot: QtBot, recording: Path, tmp_path: Path) -> None:
    step.export.show_recording(recording, 2.0)
    out = tmp_path / "out.edf"
    step.export.form.setCurrentText("edf")
    step.export.export_to(out)
    assert not step.export.export.isEnabled()
    qtbot.waitUntil(step.export.export.isEnabled, timeout=60_000)
    assert out.exists(), step.export.said.text()
    assert "exported" in step.export.said.text()
    exported, original = (np.asarray(open_recording(file).samples[:]) for file in (out, recording))
    np.testing.assert_allclose(exported[:, 0].std(), 2 * original[:, 0].std(), rtol=0.01)


def test_an_export_that_fails_says_why(step: ReplayStep, qtbot: QtBot, recording: Path, tmp_path: Path) -> None:
    step.export.show_recording(recording)
    step.export.form.setCurrentText("bdf")
    step.export.export_to(tmp_path / "out.edf")
    qtbot.waitUntil(step.export.export.isEnabled, timeout=60_000)
    assert "ends in .bdf" in step.export.said.text()
