"""The whole of step 5 with a real engine and a real training: cues, recording, decoder, deployed, undone."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QCoreApplication, QEvent
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from bci_app.config import validate
from bci_app.events import DecoderEvent
from bci_app.paradigm_trials import run_of
from devices.sources.recording import open_recording
from models.checkpoints import read_card
from pipelines.decision import Decision
from pipelines.plugins import make
from ui.engine_client import EngineClient
from ui.steps.paradigm import ParadigmStep

PARADIGM = {
    "kind": "imagery", "blocks": 3, "trials_per_block": 1, "cross_s": 0.3, "task_s": 3.0, "pause_s": [0.2, 0.4],
    "block_pause_s": 0.5,
}  # fmt: skip


class Desk:
    """A step at a real engine, and what was decided."""

    def __init__(self, folder: Path) -> None:
        self.client = EngineClient()
        self.step: ParadigmStep = make("steps", {"kind": "paradigm"})
        self.step.attach(self.client)
        self.turns: list[DecoderEvent] = []
        self.decisions: list[Decision] = []
        self.client.decoder.connect(self.turns.append)
        self.client.decision.connect(self.decisions.append)
        self.settings = validate(
            {
                "name": "cued",
                "source": {"kind": "synthetic", "paradigm": "cued"},
                "decoder": {"name": "alpha", "calibration": {"rest_s": 4.0}},
                "sinks": [{"kind": "xdf_recorder", "folder": str(folder), "autostart": False}],
                "paradigm": PARADIGM,
            },
            "desk",
        )
        self.step.draft.replace("desk", self.settings)
        self.step.on_draft()
        self.step.full_screen.setChecked(False)
        self.step.show()

    def close(self) -> None:
        self.step.run.stop()
        self.client.stop()
        self.step.close()
        self.step.deleteLater()
        self.client.deleteLater()
        QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)


@pytest.fixture
def desk(qapp: QApplication, tmp_path: Path) -> Iterator[Desk]:
    made = Desk(tmp_path)
    yield made
    made.close()


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_from_cues_to_a_decoder_that_decides_and_back(desk: Desk, tmp_path: Path, qtbot: QtBot) -> None:
    step, run = desk.step, desk.step.run
    assert step.table() == PARADIGM
    step.by_itself.setChecked(False)
    assert not step.start_button.isEnabled(), "nothing is running"
    desk.client.start(desk.settings.model_dump(mode="json"))
    qtbot.waitUntil(step.start_button.isEnabled, timeout=60_000)
    qtbot.waitUntil(lambda: bool(desk.decisions), timeout=60_000)
    step.start_button.click()
    qtbot.waitUntil(lambda: run.stimuli is not None and run.stimuli.phase == "ready", timeout=60_000)
    assert run.stage == "showing"
    step.start()
    qtbot.waitUntil(lambda: run.stage != "showing", timeout=120_000)
    assert run.timing is not None
    qtbot.waitUntil(lambda: run.stage in ("trained", "failed"), timeout=200_000)
    assert run.stage == "trained", run.words
    assert run.result is not None
    (file,) = tmp_path.glob("*.xdf")
    assert len(run_of(open_recording(file).markers, str(file)).trials) == 6
    card = read_card(run.result.folder)
    assert card.metrics["trials"] == {"left_hand": 3, "right_hand": 3}
    assert not desk.turns, "it was not asked to take over"

    step.result.deploy.click()
    qtbot.waitUntil(lambda: bool(run.in_use), timeout=100_000)
    qtbot.waitUntil(lambda: desk.decisions[-1].model_id == run.result.model_id, timeout=30_000)
    assert desk.decisions[-1].labels == ("left_hand", "right_hand")
    step.result.undo.click()
    qtbot.waitUntil(lambda: not run.in_use, timeout=30_000)
    qtbot.waitUntil(lambda: desk.decisions[-1].model_id == "alpha", timeout=30_000)
    assert [turn.name for turn in desk.turns] == [run.result.folder, ""]


@pytest.mark.timeout(300)
def test_the_end_of_the_session_ends_the_run(desk: Desk, qtbot: QtBot) -> None:
    step, run = desk.step, desk.step.run
    desk.client.start(desk.settings.model_dump(mode="json"))
    qtbot.waitUntil(step.start_button.isEnabled, timeout=60_000)
    step.start()
    qtbot.waitUntil(lambda: run.stimuli is not None and run.stimuli.phase == "ready", timeout=60_000)
    desk.client.stop()
    assert run.stage == "failed"
    assert run.stimuli is None
    assert "session ended" in run.words
