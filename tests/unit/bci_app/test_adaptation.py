"""From cues to a decoder: the simulated participant does as told, and a decoder learns from the recording."""

from __future__ import annotations

import json
import threading
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from bci_app.adaptation import adapt
from bci_app.assembly import build
from bci_app.cli import app
from bci_app.commands import InsertMarker
from bci_app.config import validate
from bci_app.letter_feedback import LetterFeedback
from bci_app.paradigm_trials import run_of
from devices.sources.recording import open_recording
from models.checkpoints import load_decoder, read_card
from pipelines.errors import RecordingError
from tests.unit.bci_app.engine_parts import Keeper
from tests.unit.bci_app.paradigm_sessions import IMAGERY, recorded


@pytest.fixture(scope="module")
def imagery(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return recorded(tmp_path_factory.mktemp("imagery"), IMAGERY)


def test_a_decoder_learns_what_the_cues_asked_for(imagery: Path, tmp_path: Path) -> None:
    result = adapt(imagery, tmp_path / "mine")
    assert result.classes == ("left_hand", "right_hand")
    assert result.trials == {"left_hand": 16, "right_hand": 16}
    assert result.n_blocks == 4
    assert result.score.low > result.chance
    assert result.better
    card = read_card(tmp_path / "mine")
    assert card.metrics["score"]["mean"] == result.score.mean
    decoder = load_decoder(str(tmp_path / "mine"))
    assert decoder.spec.model_id == result.model_id


def test_the_new_decoder_decides_live_as_it_was_judged(imagery: Path, tmp_path: Path) -> None:
    """Another run of the same person: decisions in the middle of its trials are mostly right."""
    folder = str(tmp_path / "mine")
    adapt(imagery, Path(folder))
    (tmp_path / "again").mkdir()
    again = recorded(tmp_path / "again", {**IMAGERY, "seed": 9}, decoder={"name": folder})
    run = run_of(open_recording(again).markers, str(again))
    keeper = Keeper()
    values = {"source": {"kind": "recording", "path": str(again), "speed": "max"}, "decoder": {"name": folder}}
    build(validate(values, "replay"), [keeper]).run(threading.Event())
    right = [
        decision.label == trial.label
        for trial in run.trials
        for decision in keeper.decisions
        if trial.start_s + 0.5 <= decision.start_s and decision.end_s <= trial.until_s
    ]
    assert len(right) > 50
    assert np.mean(right) > 0.7


def test_it_is_compared_with_the_decoder_in_use_on_the_same_blocks(imagery: Path, tmp_path: Path) -> None:
    first = adapt(imagery, tmp_path / "first")
    second = adapt(imagery, tmp_path / "second", against=str(tmp_path / "first"))
    assert second.current_score is not None
    assert second.current_score.mean >= second.score.mean, "it has seen these very blocks"
    assert not second.better
    assert "does not beat" in second.verdict()
    assert first.model_id == second.model_id, "the same recording gives the same decoder"


def test_a_decoder_of_other_classes_is_no_rival(imagery: Path, tmp_path: Path) -> None:
    result = adapt(imagery, tmp_path / "mine", against="alpha")
    assert result.current_score is None
    assert "other classes" in result.no_comparison
    assert result.better


def test_a_rival_that_wants_rest_gets_it_from_the_other_blocks(tmp_path: Path) -> None:
    table = {"kind": "rest_task", "blocks": 3, "trials_per_block": 1, "trial_s": 12.0, "block_pause_s": 1.0}
    path = recorded(tmp_path, table, decoder={"name": "workload", "calibration": {"rest_s": 10.0}})
    result = adapt(path, tmp_path / "mine")
    assert result.current == "workload"
    assert result.no_comparison == ""
    assert result.current_score is not None
    assert result.current_score.mean > 0.5


def test_noise_is_no_better_than_chance(tmp_path: Path) -> None:
    # A participant that follows no cue: labels mean nothing.
    path = recorded(tmp_path, {**IMAGERY, "trials_per_block": 4}, source={"paradigm": "rest"})
    result = adapt(path, tmp_path / "mine")
    assert not result.better
    assert "not better than chance" in result.verdict()


def test_a_recording_without_a_paradigm_is_refused(tmp_path: Path) -> None:
    values = {
        "source": {"kind": "synthetic", "speed": "max"},
        "decoder": None,
        "sinks": [{"kind": "xdf_recorder", "folder": str(tmp_path)}],
        "duration_s": 3.0,
    }
    build(validate(values, "plain"), [Keeper()]).run(threading.Event())
    (path,) = tmp_path.rglob("*.xdf")
    with pytest.raises(RecordingError, match="no paradigm was run in it"):
        adapt(path, tmp_path / "mine")


def test_too_few_trials_are_refused_naming_what_is_missing(tmp_path: Path) -> None:
    path = recorded(tmp_path, {**IMAGERY, "blocks": 2, "trials_per_block": 1})
    with pytest.raises(RecordingError, match="fewer than two clean trials of left_hand, right_hand; record more"):
        adapt(path, tmp_path / "mine")


def test_the_command_line_trains_and_says_so_in_json(imagery: Path, tmp_path: Path) -> None:
    result = CliRunner().invoke(app, ["adapt", str(imagery), str(tmp_path / "mine"), "--against", "none", "--json"])
    assert result.exit_code == 0, result.output
    told = json.loads(result.stdout.splitlines()[-1])
    assert told["better"] is True
    assert told["folder"] == str(tmp_path / "mine")
    assert (tmp_path / "mine" / "card.json").exists()


def test_a_folder_that_holds_something_else_is_left_alone(imagery: Path, tmp_path: Path) -> None:
    (tmp_path / "own").mkdir()
    (tmp_path / "own" / "thesis.txt").write_text("years of work")
    result = CliRunner().invoke(app, ["adapt", str(imagery), str(tmp_path / "own")])
    assert result.exit_code != 0
    assert [path.name for path in (tmp_path / "own").iterdir()] == ["thesis.txt"]


def test_cues_in_the_terminal_come_in_order_and_the_run_ends_the_session(imagery: Path) -> None:
    lines = (imagery.parent / "terminal.txt").read_text().splitlines()
    assert any("Motor imagery" in line for line in lines)
    assert sum(line.endswith("left hand") for line in lines) == 16


@pytest.mark.slow
def test_a_speller_spells_a_second_word_with_what_it_learnt_on_the_first(tmp_path: Path) -> None:
    table = {"kind": "p300_speller", "word": "BRAIN", "rounds": 10}
    adapt(recorded(tmp_path, table), tmp_path / "mine")
    (tmp_path / "again").mkdir()
    again = recorded(
        tmp_path / "again", {**table, "word": "HELLO", "seed": 4}, decoder={"name": str(tmp_path / "mine")}
    )
    markers = [m for m in open_recording(again).markers if m.stream == "paradigm"]
    keeper = Keeper()
    values = {
        "source": {"kind": "recording", "path": str(again), "speed": "max"},
        "decoder": {"name": str(tmp_path / "mine")},
    }
    build(validate(values, "replay"), [keeper]).run(threading.Event())
    feedback = LetterFeedback(0.02)
    told = sorted(
        [(m.time_s, InsertMarker(m.label, m.time_s, m.stream)) for m in markers]
        + [(d.end_s, d) for d in keeper.decisions],
        key=lambda item: item[0],
    )
    for _, one in told:
        feedback.mark(one) if isinstance(one, InsertMarker) else feedback.decide(one)
    feedback.end(told[-1][0])
    assert len(feedback.spelled) == 5
    assert sum(a == b for a, b in zip(feedback.spelled, "HELLO", strict=True)) >= 3, feedback.spelled
