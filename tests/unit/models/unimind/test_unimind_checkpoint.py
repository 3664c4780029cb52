"""Answers from a checkpoint folder, and what happens where it, or its language model, is not what it should be."""

from __future__ import annotations

import importlib.util
import json
import socket
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from models.training.task import QuietProgress
from models.unimind.answerer import Calibration
from models.unimind.checkpoint import load
from models.unimind.training.train import train
from pipelines.errors import CheckpointInvalid, DecodeFailed, ModelError, SpecMismatch
from tests.unit.models.unimind.unimind_examples import BAND_4, HEAD_8, PACE, PITCH, samples, small, tasks

pytestmark = pytest.mark.skipif(
    importlib.util.find_spec("transformers") is None, reason="the extra llm is not installed"
)
WINDOWS = np.stack([s.samples for s in samples(PACE, 5, seed=7)])
UNSEEN = PACE.model_copy(update={"name": "speed", "options": ("calm", "brisk", "wild")})


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    settings = small("tiny")
    settings = settings.model_copy(update={"lora": settings.lora.model_copy(update={"rank": 2})})
    pipeline = [{"kind": "bandpass", "low_hz": 1.0, "high_hz": 45.0}]
    return train(tasks(), settings, tmp_path_factory.mktemp("unimind"), QuietProgress(), pipeline)


@pytest.fixture
def changed(folder: Path, tmp_path: Path) -> Callable[..., Path]:
    """Return what makes a copy of the folder with another card."""

    def change(edit: Callable[[dict[str, object]], object]) -> Path:
        for file in ("weights.safetensors", "card.json"):
            (tmp_path / file).write_bytes((folder / file).read_bytes())
        table = json.loads((tmp_path / "card.json").read_text())
        edit(table)
        (tmp_path / "card.json").write_text(json.dumps(table))
        return tmp_path

    return change


@pytest.mark.parametrize("language", ["as trained", "none"])
def test_answers_are_of_the_set_and_batches_change_nothing(folder: Path, language: str) -> None:
    answerer = load(folder, language, "cpu")
    together = answerer.answer_many(WINDOWS, HEAD_8, PACE)
    for window, answer in zip(WINDOWS, together, strict=True):
        alone = answerer.answer_many(window[None], HEAD_8, PACE)[0]
        assert answer.probabilities == pytest.approx(alone.probabilities, abs=1e-4)
        assert sum(answer.probabilities) == pytest.approx(1)
        assert answer.options == PACE.options
        best = PACE.options[int(np.argmax(answer.probabilities))]
        assert answer.text == (PACE.unsure if answer.unsure else best)
        assert answer.question == PACE.questions[0]
        assert answer.by == ("language model" if language == "as trained" else "head")
        assert len(answer.evidence.electrodes) == len(HEAD_8)
        assert len(answer.evidence.patches) == 2
        assert sum(answer.evidence.electrodes) == pytest.approx(1, abs=1e-5)
        assert sum(answer.evidence.spatial) == pytest.approx(1, abs=1e-5)
        assert answer.evidence.n_tokens == 15


def test_another_task_of_other_electrodes_needs_no_reload(folder: Path) -> None:
    answerer = load(folder, device="cpu")
    first = answerer.answer_many(WINDOWS, HEAD_8, PACE)
    other = np.stack([s.samples for s in samples(PITCH, 2, BAND_4)])
    assert len(answerer.answer_many(other, BAND_4, PITCH, "Which of the waves is it?")[0].probabilities) == 3
    assert [a.probabilities for a in answerer.answer_many(WINDOWS, HEAD_8, PACE)] == [a.probabilities for a in first]
    assert set(answerer.cards) == {"pace", "pitch"}
    assert answerer.cards["pace"] == PACE


def test_an_unseen_task_is_answered_by_the_query_that_knows_no_task(folder: Path) -> None:
    answer = load(folder, device="cpu").answer_many(WINDOWS[:1], HEAD_8, UNSEEN)[0]
    assert answer.options == UNSEEN.options
    assert sum(answer.probabilities) == pytest.approx(1)
    with pytest.raises(ModelError, match="was not trained with these options"):
        load(folder, "none").answer_many(WINDOWS[:1], HEAD_8, UNSEEN)


def test_no_lead_no_answer(folder: Path, changed: Callable[..., Path]) -> None:
    answers = load(changed(lambda t: t["calibration"].update(band=1.0)), "none").answer_many(WINDOWS, HEAD_8, PACE)
    assert {a.text for a in answers} == {"not sure"}
    assert all(a.unsure for a in answers)


def test_heads_need_neither_a_language_model_nor_a_network(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*args: object, **kwargs: object) -> None:
        raise AssertionError("something was loaded or a socket was opened")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.setattr("models.unimind.checkpoint.load_language_model", refuse)
    assert load(folder, "none", "cpu").answer_many(WINDOWS[:1], HEAD_8, PACE)


def test_the_language_model_is_not_stored_only_which_one_it_was(folder: Path) -> None:
    from safetensors.numpy import load_file

    tensors = load_file(folder / "weights.safetensors")
    assert not [name for name in tensors if "embed_tokens" in name or "base_layer" in name]
    assert [name for name in tensors if name.startswith("adapters.")]
    card = json.loads((folder / "card.json").read_text())
    assert len(card["architecture"]["language"]["sha256"]) == 64
    assert card["spec"]["pipeline"] == [{"kind": "bandpass", "low_hz": 1.0, "high_hz": 45.0}]


def test_another_language_model_is_refused(folder: Path, changed: Callable[..., Path]) -> None:
    other = changed(lambda t: t["architecture"]["language"].update(sha256="0" * 64))
    with pytest.raises(CheckpointInvalid, match="was trained with random bytes"):
        load(other)


def test_an_absent_language_model_is_named(folder: Path, changed: Callable[..., Path]) -> None:
    absent = changed(lambda t: t["architecture"].update(language={**t["architecture"]["language"], "kind": "local"},
                                                        language_folder="/no/such/folder"))  # fmt: skip
    with pytest.raises(CheckpointInvalid, match="/no/such/folder: there is no such folder"):
        load(absent)


def test_damage_is_named(folder: Path, changed: Callable[..., Path]) -> None:
    with pytest.raises(CheckpointInvalid, match="architecture"):
        load(changed(lambda t: t["architecture"].pop("cards")))
    with pytest.raises(CheckpointInvalid, match="calibration"):
        load(changed(lambda t: t["calibration"].update(head={"pace": -1.0})))
    with pytest.raises(CheckpointInvalid, match="the weights do not fit"):
        load(changed(lambda t: t["architecture"]["connector"].update(width=64)))
    cut = changed(lambda t: None)
    (cut / "weights.safetensors").write_bytes((folder / "weights.safetensors").read_bytes()[:-10])
    with pytest.raises(CheckpointInvalid, match="cut short or changed"):
        load(cut)
    with pytest.raises(CheckpointInvalid, match="neither a folder nor a shipped decoder"):
        load("/no/such/checkpoint")
    with pytest.raises(CheckpointInvalid, match="is a decoder of kind"):
        load("workload")


def test_windows_that_cannot_be_answered_are_refused(folder: Path) -> None:
    answerer = load(folder, "none")
    with pytest.raises(SpecMismatch, match="8 channels"):
        answerer.answer_many(WINDOWS[:, :5], HEAD_8, PACE)
    broken = WINDOWS.copy()
    broken[0, 0, 0] = np.nan
    with pytest.raises(DecodeFailed, match="not finite"):
        answerer.answer_many(broken, HEAD_8, PACE)


def test_a_task_never_calibrated_takes_the_median_of_the_others() -> None:
    found = Calibration({"a": 1.0, "b": 2.0, "c": 9.0}, {}, 0.1)
    assert found.temperature("head", "b") == 2.0
    assert found.temperature("head", "new") == 2.0
    assert found.temperature("language model", "a") == 1.0
