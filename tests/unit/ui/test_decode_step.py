"""The decode step: cards before trust, misfits before the start, calibration and decisions large, truth beside them."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from pytestqt.qtbot import QtBot

from bci_app.commands import UseDecoder
from bci_app.config import SessionSettings
from bci_app.events import DecisionEvent, DecoderEvent, EngineState, MarkerEvent, Session, SessionEvent, StateEvent
from models.checkpoints import SHIPPED
from pipelines.decision import Decision
from pipelines.signal import Channel, Marker, StreamSpec
from ui.engine_client import EngineClient
from ui.steps.decode import NOTHING, DecodeStep

PATIENCE_MS = 90_000
SPEC = StreamSpec(250.0, (Channel("Cz"),))


@pytest.fixture
def step(open_step: Callable[[str], DecodeStep]) -> Iterator[DecodeStep]:
    step = open_step("decode")
    yield step
    step.close()


def choose(step: DecodeStep, name: str) -> None:
    row = step.box.findData(name)
    step.box.setCurrentIndex(row)
    step.box.activated.emit(row)


def test_a_decoder_of_ones_own_recordings_is_offered_and_takes_over(step: DecodeStep, tmp_path: Path) -> None:
    own = tmp_path / "sub-01" / "ses-01" / "eeg" / "run_decoder"
    shutil.copytree(SHIPPED / "workload", own)
    sink = {"kind": "xdf_recorder", "folder": str(tmp_path)}
    step.draft.choose("recorder", sinks=[sink])
    step.enter()
    choose(step, str(own))
    heard: list[object] = []
    step.command.connect(heard.append)
    assert not step.now_button.isEnabled(), "nothing runs"
    step.on_state(StateEvent(EngineState.RUNNING))
    step.on_session(Session("s", SPEC, settings={"decoder": {"name": "workload"}}))
    step.redraw()
    assert "another decoder" in step.agreement.text()
    step.now_button.click()
    assert heard == [UseDecoder(str(own))]
    step.on_decoder(DecoderEvent(str(own), "own-1", ("rest", "task"), 2.0, 0.5, 100))
    step.redraw()
    assert "another decoder" not in step.agreement.text()


def test_the_card_says_what_a_decoder_is_before_it_runs(step: DecodeStep, qtbot: QtBot) -> None:
    assert "looked up" in step.card.texts["Decoder"], "nobody is told that there is none"
    qtbot.waitUntil(lambda: "workload" in step.cards, timeout=PATIENCE_MS)
    assert step.box.currentData() == "workload", "what a session file without decoder would run"
    texts = step.card.texts
    assert "EEGMAT" in texts["Trained on"]
    assert "balanced accuracy 0.898" in texts["Accuracy"]
    assert "mental arithmetic" in texts["Answers"]
    assert "Rest and task are separate recordings" in texts["Limits"]
    choose(step, "alpha")
    assert step.card.texts["Trained on"] == "needs no training"
    assert step.draft.settings().decoder is not None
    assert step.draft.values["decoder"] == {"name": "alpha"}
    choose(step, NOTHING)
    assert step.draft.settings().decoder is None
    assert not step.rest.isEnabled()
    step.draft.undo_stack.undo()
    assert step.box.currentData() == "alpha"


def test_a_misfit_is_explained_before_anything_starts(step: DecodeStep, qtbot: QtBot) -> None:
    choices: list[dict[str, Any]] = [{"kind": "synthetic", "channels": ["C3", "C4", "Cz"]}, {"kind": "synthetic"}]
    for source, words in zip(choices, ("✖ It does not fit:", "● It fits"), strict=True):
        step.draft.choose("source", source=source)
        step.check_button.click()
        qtbot.waitUntil(lambda words=words: step.words.text().startswith(words), timeout=PATIENCE_MS)
        if source is choices[0]:
            assert "lacks Fp1" in step.words.text()


def test_what_has_run_is_not_opened_again_to_compare(step: DecodeStep, client: EngineClient, qtbot: QtBot) -> None:
    source = {"kind": "recording", "path": "gone.edf"}
    step.draft.choose("source", source=source, decoder={"name": "alpha"})
    spec = StreamSpec(250.0, (Channel("O1"), Channel("O2")), "cap")
    client.deliver(SessionEvent(Session("s", spec, settings={"source": source, "decoder": {"name": "alpha"}})))
    step.check_button.click()
    qtbot.waitUntil(lambda: step.words.text().startswith("● It fits"), timeout=PATIENCE_MS)


def test_rest_and_mode_go_into_the_session_that_is_started(step: DecodeStep) -> None:
    started: list[SessionSettings] = []
    step.start_session.connect(started.append)
    choose(step, "alpha") if step.box.findData("alpha") >= 0 else step.draft.choose("d", decoder={"name": "alpha"})
    step.rest.setValue(30)
    step.mode.setCurrentIndex(1)
    step.mode.activated.emit(1)
    step.start_button.click()
    decoder = started[0].decoder
    assert decoder is not None
    assert (decoder.name, decoder.calibration.rest_s, decoder.mode) == ("alpha", 30, "background")
    step.rest.setValue(-1)
    assert step.draft.settings().decoder.calibration.rest_s is None  # type: ignore[union-attr]


def test_a_checkpoint_of_ones_own_shows_its_card(step: DecodeStep, qtbot: QtBot, tmp_path: Path) -> None:
    folder = tmp_path / "mine"
    shutil.copytree(SHIPPED / "workload", folder)
    step.add_folder(str(folder))
    qtbot.waitUntil(lambda: str(folder) in step.cards, timeout=PATIENCE_MS)
    assert step.box.currentData() == str(folder)
    assert step.card.texts["Model"].startswith("workload-riemann")


def test_agreement_with_the_truth_is_counted(step: DecodeStep, client: EngineClient) -> None:
    spec = StreamSpec(250.0, (Channel("Cz"),), "cap")
    session = Session("s", spec, settings={"decoder": {"name": "alpha"}}, classes=("rest", "task"))
    client.deliver(SessionEvent(session))
    client.deliver(MarkerEvent(Marker(0.5, "rest", "ground_truth")))
    for index, (odds, reason) in enumerate([((0.9, 0.1), ""), ((0.2, 0.8), ""), ((0.5, 0.5), "artifacts")]):
        start_s = 1.0 + index
        client.deliver(
            DecisionEvent(
                Decision(
                    index, start_s, start_s + 1, ("rest", "task"), odds, "m", abstained=bool(reason), reason=reason
                )
            )
        )
    client.refresh.emit()
    assert step.agreement.text().startswith("2 decisions, 1 abstentions; 50 % of 2 agree with the truth")
    assert "another decoder" in step.agreement.text(), "the draft would run the shipped one"
