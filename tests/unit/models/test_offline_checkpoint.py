"""Checkpoints of offline models: read back bit for bit; another kind and changed weights are refused."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from models.checkpoint_files import CARD, WEIGHTS
from models.checkpoints import Training
from models.offline_checkpoint import OfflineCard, load_offline, save_offline
from pipelines.errors import CheckpointInvalid

TENSORS = {"map": np.linspace(-1, 1, 12, dtype=np.float32).reshape(3, 4), "scale": np.array(2.5)}
EXAMPLE = OfflineCard(
    kind="example", training=Training(dataset="made up", files={"a.npz": "0" * 64}, seed=3), metrics={"r": 0.4}
)


def test_it_comes_back_as_it_was_written(tmp_path: Path) -> None:
    found = load_offline(save_offline(tmp_path / "one", EXAMPLE, TENSORS), "example")
    assert found.tensors.keys() == TENSORS.keys()
    for name, tensor in TENSORS.items():
        np.testing.assert_array_equal(found.tensors[name], tensor, strict=True)
    assert found.card.training == EXAMPLE.training
    assert found.card.metrics == {"r": 0.4}
    assert found.card.created
    assert found.card.weights_sha256


def test_another_kind_is_refused(tmp_path: Path) -> None:
    with pytest.raises(CheckpointInvalid, match="kind = 'example': a checkpoint of kind 'other' is needed"):
        load_offline(save_offline(tmp_path, EXAMPLE, TENSORS), "other")


def test_changed_weights_and_newer_cards_are_refused(tmp_path: Path) -> None:
    save_offline(tmp_path, EXAMPLE, TENSORS)
    weights = (tmp_path / WEIGHTS).read_bytes()
    (tmp_path / WEIGHTS).write_bytes(weights[:-1] + bytes([weights[-1] ^ 1]))
    with pytest.raises(CheckpointInvalid, match="cut short or changed"):
        load_offline(tmp_path, "example")
    save_offline(tmp_path, EXAMPLE.model_copy(update={"format_version": 99}), TENSORS)
    with pytest.raises(CheckpointInvalid, match="format_version 99 is newer than 1"):
        load_offline(tmp_path, "example")
    (tmp_path / CARD).unlink()
    with pytest.raises(CheckpointInvalid, match=r"card\.json is missing"):
        load_offline(tmp_path, "example")


def test_what_is_not_finite_is_not_written(tmp_path: Path) -> None:
    with pytest.raises(CheckpointInvalid, match="'map' holds values that are not finite"):
        save_offline(tmp_path / "bad", EXAMPLE, {"map": np.array([np.nan])})
    assert not (tmp_path / "bad").exists()
