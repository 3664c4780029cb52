"""What a fine-tuned checkpoint knows of how far it may be believed: learned from people left out, applied live."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from models.benchmark.preparation import prepare
from models.benchmark.recipe import Recipe
from models.benchmark.settings.table import trial_rows
from models.benchmark.windows import Prepared
from models.checkpoints import load, load_decoder
from models.training.finetuning.data import fold_of
from models.training.finetuning.left_out import MOST_WINDOWS, by_unit, covariances_of, inner_folds
from models.training.finetuning.tables import Rest, Split
from models.training.task import QuietProgress, Stopped
from models.trust import Trust
from pipelines.errors import ConfigError
from pipelines.plugins import configure
from pipelines.signal import Window, make_chunk
from tests.unit.models.made_eegmat import make

N_PEOPLE = 14
RECIPE: dict[str, Any] = {"window_s": 2.0, "hop_s": 2.0, "stages": [{"kind": "nonfinite"}]}
TRAINING = {"epochs": 5, "batch_size": 8, "learning_rate": 8e-3, "warmup_epochs": 0, "dropout": 0.0}
SPLIT = {"test": ["12", "13"], "validation": ["10", "11"]}
TASK = {"kind": "finetune", "recipe": RECIPE, "training": TRAINING, "split": SPLIT, "device": "cpu",
        "size": {"n_layers": 1, "d_model": 40, "n_heads": 4, "d_ff": 40}}  # fmt: skip


@pytest.fixture(scope="module")
def recordings(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make(tmp_path_factory.mktemp("eegmat"), N_PEOPLE, rest_s=12, task_s=12)


@pytest.fixture(scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("cache")


@pytest.fixture(scope="module")
def prepared(recordings: Path, cache: Path) -> Prepared:
    return prepare({"kind": "eegmat", "folder": str(recordings)}, Recipe(**RECIPE), cache)


def run(recordings: Path, cache: Path, out: Path, progress: QuietProgress | None = None, **changes: Any) -> list[str]:
    data = {"kind": "eegmat", "folder": str(recordings)}
    module, settings = configure("tasks", {**TASK, "data": data, "cache": str(cache), **changes})
    progress = progress or QuietProgress()
    out.mkdir(parents=True, exist_ok=True)
    module.build(settings).run(out, progress)
    return progress.said


@pytest.fixture(scope="module")
def made(recordings: Path, cache: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("made")
    assert not any("rule nothing out" in line for line in run(recordings, cache, out, trust={"groups": 2}))
    return out


def window(prepared: Prepared, row: int, gain: float = 1.0) -> Window:
    samples = prepared.samples[row] * np.float32(gain)
    chunk = make_chunk(samples, np.arange(len(samples)) / 200.0, 0)
    return Window(chunk.samples, chunk.times_s, 0, chunk.flags, window_index=row)


def test_everyone_who_teaches_is_left_out_once_by_a_network_that_never_met_them(prepared: Prepared) -> None:
    fold = fold_of(prepared, Split(**SPLIT), Rest(), 0)
    inner = inner_folds(prepared, fold, "subject", 3, seed=5)
    assert sorted(np.concatenate([f.test for f in inner])) == sorted(fold.train)
    for f in inner:
        taught, tested = (set(prepared.table["subject"][rows]) for rows in (f.train, f.test))
        assert not taught & tested
        assert sorted([*f.train, *f.test]) == sorted(fold.train)
        assert np.array_equal(f.validation, fold.validation)
    assert inner_folds(prepared, fold, "subject", 0, seed=5) == []
    for n in (1, 11):
        with pytest.raises(ConfigError, match=f"groups = {n}: must be 2 to 10, the number of subjects who teach"):
            inner_folds(prepared, fold, "subject", n, seed=5)


def test_the_card_has_sets_risk_and_familiar_signals_and_what_they_come_to(made: Path) -> None:
    checkpoint = load(made)
    trust = Trust.of(checkpoint)
    assert len(trust.sets.levels) == 2
    assert all(0 < level < 1 for level in trust.sets.levels)  # twelve were left out: enough to rule something out
    told = checkpoint.card.metrics["trust"]
    assert set(told["sets"]["covered_by_subject"]) == {"12", "13"}
    assert set(told["sets"]["of_class"]) == {"rest", "mental_arithmetic"}
    assert told["sets"]["covered"]["mean"] > 0.7
    assert not list(made.glob("state*.pt"))


def test_decisions_carry_it_and_a_strange_signal_is_told(made: Path, prepared: Prepared) -> None:
    decoder = load_decoder(str(made))
    rows = by_unit(prepared, trial_rows(prepared), "subject")["13"]
    found = [decoder.decode(window(prepared, row)) for row in rows]
    truth = [prepared.labels[c] for c in prepared.targets(rows)]
    assert np.mean([t in d.prediction_set for t, d in zip(truth, found, strict=True)]) > 0.7
    assert min(len(d.prediction_set) for d in found) == 1
    assert np.mean([d.unfamiliar == "" for d in found]) > 0.7
    loud = decoder.decode(window(prepared, int(rows[0]), gain=20.0))
    assert "amplitude" in loud.unfamiliar
    assert loud.unfamiliarity > 1
    careful = load_decoder(str(made), abstain_unfamiliar=True)
    assert careful.decode(window(prepared, int(rows[0]), gain=20.0)).abstained


def test_few_left_out_rule_nothing_out_and_that_is_said(recordings: Path, cache: Path, tmp_path: Path) -> None:
    quick = {**TRAINING, "epochs": 1}
    said = run(recordings, cache, tmp_path, training=quick)
    assert "prediction sets rule nothing out, as too few were left out: set trust.groups" in said
    assert Trust.of(load(tmp_path)).sets.levels == (0.0, 0.0)


class StopAfter(QuietProgress):
    def __init__(self, steps: int) -> None:
        super().__init__()
        self.left = steps

    def advance(self, n: int = 1, **figures: float) -> None:
        self.left -= n
        self.stop_requested = self.left <= 0


def test_stopped_while_others_are_trained_it_goes_on_to_the_same_checkpoint(
    recordings: Path, cache: Path, tmp_path: Path, prepared: Prepared
) -> None:
    quick = {**TRAINING, "epochs": 2, "dropout": 0.1}
    run(recordings, cache, tmp_path / "whole", training=quick, trust={"groups": 2})
    n_rows = len(fold_of(prepared, Split(**SPLIT), Rest(), 0).train)
    # All of the first training, and some of the second.
    stopping = StopAfter(2 * int(np.ceil(n_rows / 8)) + int(np.ceil(n_rows / 16)) + 2)
    with pytest.raises(Stopped):
        run(recordings, cache, tmp_path / "parts", stopping, training=quick, trust={"groups": 2})
    assert (tmp_path / "parts" / "state-1.pt").exists()
    run(recordings, cache, tmp_path / "parts", training=quick, trust={"groups": 2})
    whole, parts = (load(tmp_path / name).card for name in ("whole", "parts"))
    assert whole.weights_sha256 == parts.weights_sha256
    assert (whole.trust, whole.metrics) == (parts.trust, parts.metrics)


def test_no_more_windows_than_needed_tell_what_is_familiar(prepared: Prepared) -> None:
    many = replace(prepared, samples=np.repeat(prepared.samples[:1], 3 * MOST_WINDOWS, axis=0))
    assert len(covariances_of(many, np.arange(3 * MOST_WINDOWS))) == MOST_WINDOWS
    assert len(covariances_of(prepared, np.arange(5))) == 5
