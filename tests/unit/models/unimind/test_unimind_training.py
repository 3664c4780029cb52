"""Training: it learns, goes on where it was stopped, and draws what it should."""

from __future__ import annotations

import importlib.util
import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.numpy import load_file

from models.calibration import TemperatureCalibration
from models.checkpoints import read_card
from models.training.task import QuietProgress, Stopped
from models.unimind.encoders import EncoderSettings
from models.unimind.training.drawing import Drawing, judged
from models.unimind.training.losses import next_token_loss, option_loss
from models.unimind.training.scoring import judge
from models.unimind.training.settings import Stage
from models.unimind.training.train import train
from pipelines.errors import ConfigError
from tests.unit.models.unimind.unimind_examples import BAND_4, PACE, PITCH, StopsAfter, samples, small, tasks

LLM = pytest.mark.skipif(importlib.util.find_spec("transformers") is None, reason="the extra llm is not installed")


@pytest.mark.parametrize(
    ("language", "stop"), [("none", 3), pytest.param("tiny", 3, marks=LLM), pytest.param("tiny", 8, marks=LLM)]
)
def test_a_stopped_run_goes_on_to_the_same_bits(tmp_path: Path, language: str, stop: int) -> None:
    settings = small(language)
    train(tasks(), settings, tmp_path / "whole", QuietProgress())
    with pytest.raises(Stopped, match="steps are kept"):
        train(tasks(), settings, tmp_path / "parts", StopsAfter(stop))
    torch.manual_seed(999)  # what the program drew meanwhile is of no account
    train(tasks(), settings, tmp_path / "parts", QuietProgress())
    whole, parts = (load_file(tmp_path / name / "weights.safetensors") for name in ("whole", "parts"))
    assert whole.keys() == parts.keys()
    for name, tensor in whole.items():
        np.testing.assert_array_equal(tensor, parts[name], err_msg=name)
    assert (tmp_path / "whole" / "curves.json").read_text() == (tmp_path / "parts" / "curves.json").read_text()
    assert not (tmp_path / "parts" / "state.pt").exists()


def test_one_network_learns_two_tasks_with_different_electrodes(tmp_path: Path) -> None:
    settings = small(head_steps=60).model_copy(
        update={
            "encoder": EncoderSettings(kind="spectral", d_model=40),
            "by_head": Stage(steps=60, batch_size=16, learning_rate=3e-3, judge_every=30, judge_windows=24),
        }
    )
    out = train(tasks(96), settings, tmp_path, QuietProgress())
    card = read_card(out)
    for task in ("pace", "pitch"):
        assert card.metrics["head"][task]["balanced_accuracy"] >= 0.9
    assert card.training.files == {"pace: waves": "0" * 64}
    assert "simulated waves" in card.training.dataset
    assert (out / "training.png").read_bytes().startswith(b"\x89PNG")
    looks = json.loads((out / "curves.json").read_text())["looks"]
    assert [look["step"] for look in looks] == [30, 60]


def test_rare_options_and_small_tasks_are_drawn_as_asked() -> None:
    many = [s for s in samples(PACE, 200) if s.target == 0] + samples(PACE, 200)[1:11:2]
    few = samples(PITCH, 12, BAND_4)
    both = [replace(t, train=s) for t, s in zip(tasks(), (many, few), strict=True)]
    drawing = Drawing(both, temperature=2.0, class_balance=True)
    drawn = drawing.draw(4000, np.random.default_rng(0))
    share = np.mean([s.task == "pace" for s in drawn])
    assert share == pytest.approx(105**0.5 / (105**0.5 + 12**0.5), abs=0.03)
    assert np.mean([s.target for s in drawn if s.task == "pace"]) == pytest.approx(0.5, abs=0.03)
    plain = Drawing(both, temperature=1.0, class_balance=False).draw(4000, np.random.default_rng(0))
    assert np.mean([s.target for s in plain if s.task == "pace"]) == pytest.approx(5 / 105, abs=0.02)


def test_held_out_windows_of_all_options_judge_and_always_the_same() -> None:
    task = replace(tasks()[0], held_out=[s for s in samples(PACE, 60) if s.target == 0] + samples(PACE, 8)[1::2])
    first, again = judged(task, 8, seed=3), judged(task, 8, seed=3)
    assert [id(s) for s in first] == [id(s) for s in again]
    assert sorted(s.target for s in first) == [0] * 4 + [1] * 4


def test_wrong_windows_are_refused_by_name() -> None:
    good = tasks()[0]
    with pytest.raises(ConfigError, match=r"'pace' \(2 options\): a window of 'pitch'"):
        Drawing([replace(good, train=samples(PITCH, 3))], 1.0, class_balance=True)
    with pytest.raises(ConfigError, match="target 2"):
        Drawing([replace(good, train=[replace(good.train[0], target=2)])], 1.0, class_balance=True)
    with pytest.raises(ConfigError, match="no windows to judge with"):
        Drawing([replace(good, held_out=[])], 1.0, class_balance=True)


def test_tasks_must_differ_and_there_must_be_some(tmp_path: Path) -> None:
    for wrong in ([], [tasks()[0], tasks()[0]]):
        with pytest.raises(ConfigError, match="needs tasks, each once"):
            train(wrong, small(), tmp_path, QuietProgress())


def test_options_that_are_not_there_do_not_count_in_the_loss() -> None:
    inf = torch.inf
    scores = torch.tensor([[1.0, 2.0, -inf], [0.5, 0.1, 0.3]], requires_grad=True)
    targets = torch.tensor([1, 2])
    loss = option_loss(scores, targets, smoothing=0.1)
    rows = [
        torch.nn.functional.cross_entropy(row, target, label_smoothing=0.1)
        for row, target in ((scores[0, :2], targets[0]), (scores[1], targets[1]))
    ]
    torch.testing.assert_close(loss, torch.stack(rows).mean())
    loss.backward()
    assert scores.grad is not None
    assert bool(torch.isfinite(scores.grad).all())
    tokens = next_token_loss(scores.detach(), targets, [[2, 4], [1, 1, 3]])
    torch.testing.assert_close(tokens, torch.tensor(-(2.0 / 4 + 0.3 / 3) / 2))


def test_a_few_right_answers_are_no_proof_of_certainty() -> None:
    truth = samples(PACE, 20)
    scores = np.array([[40.0, -40.0] if s.target == 0 else [-40.0, 40.0] for s in truth])
    found = judge(scores, truth)
    assert found.table["balanced_accuracy"] == 1.0
    assert found.temperature.apply(scores).max() == pytest.approx(1 - 1 / 22, abs=1e-3)
    assert TemperatureCalibration.fit(scores, [s.target for s in truth]).apply(scores).max() > 1 - 1e-9
