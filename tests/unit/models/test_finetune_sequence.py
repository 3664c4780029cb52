"""The sequence head: windows decided by their neighbours, where a window alone does not tell."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from models.benchmark.preparation import prepare
from models.benchmark.recipe import Recipe
from models.benchmark.settings.table import trial_rows
from models.benchmark.windows import Prepared
from models.checkpoints import load, load_decoder
from models.csbrain.classifier import Architecture, Classifier
from models.csbrain.heads import SequenceHead
from models.training.finetuning.sequences import full_sequences, sequences
from models.training.task import QuietProgress
from pipelines.errors import CheckpointInvalid, ConfigError, ModelError
from pipelines.plugins import configure
from tests.contract.dataset_folders.eegmat import NAMES
from tests.contract.dataset_folders.signals import noise_uv, write_edf
from tests.unit.models.made_eegmat import BACK, RATE_HZ, rhythm

WINDOW_S, WINDOWS, CONTEXT = 1.0, 30, 6
RECIPE: dict[str, Any] = {"window_s": WINDOW_S, "stages": [{"kind": "nonfinite"}]}


@pytest.fixture(scope="module")
def recordings(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """At rest a rhythm in half of the windows, at work in none: a window without it may be of either."""
    folder = tmp_path_factory.mktemp("now_and_then")
    n = round(WINDOW_S * RATE_HZ)
    for person in range(9):
        rng = np.random.default_rng(person)
        for run, chance in ((1, 0.5), (2, 0.0)):
            rows = noise_uv(n * WINDOWS, len(NAMES), seed=100 * person + run)
            for start in range(0, n * WINDOWS, n):
                if rng.uniform() < chance:
                    rows[start : start + n, BACK] += 90.0 * np.stack([rhythm(rng, n) for _ in BACK], axis=1)
            write_edf(folder / f"Subject{person:02d}_{run}.edf", RATE_HZ, [f"EEG {name}" for name in NAMES], rows)
    return folder


@pytest.fixture(scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("cache")


class Windows:
    """Prepared windows, with a name short enough for a failing example."""

    def __init__(self, prepared: Prepared) -> None:
        self.prepared = prepared


@pytest.fixture(scope="module")
def windows(recordings: Path, cache: Path) -> Windows:
    return Windows(prepare({"kind": "eegmat", "folder": str(recordings)}, Recipe(**RECIPE), cache))


def table(recordings: Path, cache: Path, head: dict[str, Any], batch_size: int = 4, **changes: Any) -> dict[str, Any]:
    return {
        "kind": "finetune", "data": {"kind": "eegmat", "folder": str(recordings)}, "recipe": RECIPE,
        "cache": str(cache), "size": {"n_layers": 1, "d_model": 40, "n_heads": 4, "d_ff": 40}, "head": head,
        "training": {"epochs": 8, "batch_size": batch_size, "learning_rate": 5e-3, "warmup_epochs": 0},
        "split": {"test": ["06", "07", "08"], "validation": ["04", "05"]}, "device": "cpu", **changes,
    }  # fmt: skip


def balanced_accuracy(values: dict[str, Any], out: Path) -> float:
    module, made = configure("tasks", values)
    out.mkdir()
    module.build(made).run(out, QuietProgress())
    return float(load(out).card.metrics["models"]["csbrain"]["balanced_accuracy"]["mean"])


def test_neighbours_tell_what_a_window_does_not(recordings: Path, cache: Path, tmp_path: Path) -> None:
    flat = {"kind": "flatten", "hidden": [16]}
    among = {"kind": "sequence", "hidden": [16], "context": CONTEXT}
    alone = balanced_accuracy(table(recordings, cache, flat, 4 * CONTEXT), tmp_path / "alone")
    together = balanced_accuracy(table(recordings, cache, among), tmp_path / "together")
    # Without neighbours nobody can do better than 0.75, but for luck.
    assert alone < 0.83
    assert together > 0.9
    card = load(tmp_path / "together").card
    assert (card.architecture["head"], card.architecture["context"]) == ("sequence", CONTEXT)
    with pytest.raises(CheckpointInvalid, match=r"decides on 6 windows at once.*train another head for live use"):
        load_decoder(str(tmp_path / "together"))


@settings(max_examples=40, deadline=None)
@given(context=st.integers(2, 40), lost=st.sets(st.integers(0, 9 * 2 * WINDOWS - 1), max_size=30))
def test_each_window_is_decided_once_among_neighbours_without_gaps(
    windows: Windows, context: int, lost: set[int]
) -> None:
    prepared = windows.prepared
    rows = np.delete(trial_rows(prepared), sorted(lost))
    found = sequences(prepared, rows, context)
    decided = np.concatenate([s.rows[s.first :] for s in found])
    np.testing.assert_array_equal(np.sort(decided), rows)
    for s in found:
        assert 0 < len(s.rows) - s.first <= len(s.rows) <= context
        own = prepared.table[s.rows]
        assert len(np.unique(own["recording"])) == 1
        np.testing.assert_allclose(own["start_s"][1:], own["stop_s"][:-1])
    full = [s for s in found if len(s.rows) == context]
    if full:
        assert full_sequences(prepared, rows, context).shape == (len(full), context)


def test_a_context_longer_than_any_recording_is_named(recordings: Path, cache: Path, tmp_path: Path) -> None:
    head = {"kind": "sequence", "hidden": [16], "context": WINDOWS + 1}
    with pytest.raises(ConfigError, match="head: no 31 windows follow one another"):
        balanced_accuracy(table(recordings, cache, head), tmp_path / "x")
    with pytest.raises(ConfigError, match="the sequence head learns from sequences"):
        balanced_accuracy(table(recordings, cache, head, augmentation={"noise": 0.1}), tmp_path / "y")


def test_the_published_head_has_its_widths_and_no_order_of_its_own() -> None:
    head = SequenceHead(36000, (512,), 5, "gelu", 0.1)
    linear = {name: (m.in_features, m.out_features) for name, m in head.named_modules() if type(m) is torch.nn.Linear}
    assert linear == {"each.1": (36000, 512), "among.linear1": (512, 2048), "among.linear2": (2048, 512),
                      "out": (512, 5)}  # fmt: skip
    small = SequenceHead(2 * 3 * 40, (16,), 5, "gelu", 0.0).eval()
    tokens = torch.randn(2, 7, 2, 3, 40, generator=torch.Generator().manual_seed(0))
    order = torch.tensor([3, 1, 0, 6, 5, 2, 4])
    torch.testing.assert_close(small(tokens[:, order]), small(tokens)[..., order], rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("hidden", [(), (16, 6)])
def test_its_width_must_suit_its_heads(hidden: tuple[int, ...]) -> None:
    architecture = Architecture(regions=(0, 1), order=(0, 1), head="sequence", n_patches=2, context=3, hidden=hidden)
    with pytest.raises(ModelError, match="its last width must be a multiple of 4"):
        Classifier(architecture, 2)
