"""The training file: from recordings in a folder to a checkpoint that answers."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from models.checkpoints import read_card
from models.training.task import QuietProgress, Stopped
from models.unimind.checkpoint import load
from models.unimind.task_cards import cards
from models.unimind.task_data import STAGES
from pipelines.errors import ConfigError
from pipelines.plugins import configure
from tests.contract.dataset_folders.signals import noise_uv, write_edf
from tests.unit.models.unimind.unimind_examples import HEAD_8, SMALL_CONNECTOR, StopsAfter, small


def table(folder: Path, **changes: object) -> dict[str, object]:
    settings = small(head_steps=4).model_copy(update={"connector": SMALL_CONNECTOR})
    data = [{"card": "simulated_eyes", "folder": str(folder), "options": {"channels": list(HEAD_8)}}]
    return {"kind": "unimind", "data": data, **settings.model_dump(mode="json"), **changes}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Five people who open and close their eyes for four seconds and a half at a time."""
    home = tmp_path_factory.mktemp("eyes")
    names = ("eyes_open", "eyes_closed")
    states = [(4.5 * k, 0.0, names[k % 2]) for k in range(4)]
    for person in range(5):
        write_edf(home / f"sub-{person:02d}_eeg.edf", 250.0, HEAD_8, noise_uv(250 * 18, 8, person), states)
    return home


def test_a_training_file_leads_to_a_checkpoint_that_answers(folder: Path, tmp_path: Path) -> None:
    module, settings = configure("tasks", table(folder))
    progress = QuietProgress()
    tmp_path.joinpath("run").mkdir()
    module.build(settings).run(tmp_path / "run", progress)
    card = read_card(tmp_path / "run")
    assert card.kind == "unimind"
    assert [dict(stage) for stage in card.decoder_spec().pipeline] == [dict(stage) for stage in STAGES]
    assert len(card.training.files) == 5
    assert len({len(sha) for sha in card.training.files.values()}) == 1
    assert any("simulated_eyes: head" in line for line in progress.said)
    answer = load(tmp_path / "run").answer_many(np.zeros((1, 8, 800), np.float32), HEAD_8, cards()["simulated_eyes"])
    assert sum(answer[0].probabilities) == pytest.approx(1)


def test_a_training_file_that_is_stopped_keeps_what_it_has(folder: Path, tmp_path: Path) -> None:
    module, settings = configure("tasks", table(folder))
    with pytest.raises(Stopped, match="2 of 4 steps are kept"):
        module.build(settings).run(tmp_path, StopsAfter(2))
    module.build(settings).run(tmp_path, QuietProgress())
    assert read_card(tmp_path).metrics["steps"] == 4


def test_a_card_that_nobody_knows_is_named(folder: Path, tmp_path: Path) -> None:
    wrong = table(folder, data=[{"card": "no_such_card", "folder": str(folder)}])
    module, settings = configure("tasks", wrong)
    with pytest.raises(ConfigError, match="no_such_card"):
        module.build(settings).run(tmp_path, QuietProgress())
