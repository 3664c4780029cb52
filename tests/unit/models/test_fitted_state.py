"""What an estimator has learnt survives a checkpoint bit for bit, without pickle; what cannot be stored is refused."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from models.checkpoints import CARD, WEIGHTS, Training, load_decoder, read_card
from models.decoder import DecoderSpec
from models.estimator_checkpoint import load_estimator, new_estimator, save_estimator
from models.fitted_state import assemble, dismantle
from pipelines.errors import CheckpointInvalid, ModelError
from pipelines.signal import Channel, StreamSpec, Window

RATE_HZ, N_TIMES = 125.0, 250
SPEC = StreamSpec(RATE_HZ, tuple(Channel(name) for name in ("C3", "Cz", "C4", "O1", "O2")), "test")
TABLES: tuple[dict[str, Any], ...] = (
    {"kind": "csp_lda"},
    {"kind": "riemann_tangent", "band_hz": (8.0, 30.0)},
    {"kind": "bandpower_lr"},
    {"kind": "bandpower_lda"},
    {"kind": "xdawn_lda"},
    {"kind": "fbcca", "frequencies_hz": (8.0, 10.0, 0.0)},
    {"kind": "ssvep_cca", "frequencies_hz": (8.0, 10.0, 12.0)},
    {"kind": "trca"},
)


def trials(seed: int, n: int = 45) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    y = np.arange(n) % 3
    t = np.arange(N_TIMES) / RATE_HZ
    rows = rng.standard_normal((n, 5, N_TIMES))
    rows += 2.0 * np.sin(2 * np.pi * np.array([8.0, 10.0, 12.0])[y][:, None] * t)[:, None] * rng.random(5)[:, None]
    return rows.astype(np.float32), y


def decoder_spec() -> DecoderSpec:
    return DecoderSpec("mine", ("a", "b", "c"), N_TIMES / RATE_HZ, RATE_HZ, SPEC.names)


def written(folder: Path, table: dict[str, Any]) -> tuple[Any, Path]:
    estimator = new_estimator(table, SPEC).fit(*trials(0))
    return estimator, save_estimator(folder, estimator, table, decoder_spec(), training=Training(), metrics={})


@pytest.mark.parametrize("table", TABLES, ids=lambda table: table["kind"])
def test_the_decoder_of_a_checkpoint_answers_as_the_estimator_that_was_fitted(
    tmp_path: Path, table: dict[str, Any]
) -> None:
    estimator, folder = written(tmp_path, table)
    decoder = load_decoder(str(folder))
    decoder.prepare(SPEC)
    decoder.warm_up()
    X, _ = trials(1)
    for row, expected in zip(X, estimator.predict_proba(X), strict=True):
        window = Window(row.T, np.arange(N_TIMES) / RATE_HZ, 0, np.zeros(N_TIMES, np.uint8))
        np.testing.assert_allclose(decoder.decode(window).probabilities, expected, rtol=0, atol=1e-12)


def test_a_checkpoint_holds_no_pickle(tmp_path: Path) -> None:
    _, folder = written(tmp_path, TABLES[0])
    assert {path.name for path in folder.iterdir()} == {WEIGHTS, CARD}
    assert read_card(folder).architecture["learnt"]["head_"]["object"] == "Pipeline"


def test_what_is_no_data_is_refused_by_name() -> None:
    estimator = new_estimator(TABLES[0], SPEC).fit(*trials(0))
    estimator.hook_ = print
    with pytest.raises(ModelError, match="hook_: a builtin_function_or_method cannot be stored without pickle"):
        dismantle(estimator)


def test_an_estimator_that_was_not_fitted_is_refused() -> None:
    with pytest.raises(ModelError, match="fit it first"):
        dismantle(new_estimator(TABLES[0], SPEC))


@pytest.mark.parametrize(
    "nodes",
    [
        {"fit": {"array": "x"}},
        {"__class__": "str"},
        {"head_": {"object": "Popen", "values": {"args": "true"}}},
        {"head_": {"object": "StandardScaler", "values": {"fit": 1}}},
        {"head_": {"array": "absent"}},
        {"head_": {"call": "print"}},
    ],
    ids=["method", "dunder", "unknown class", "unknown attribute", "missing array", "no node"],
)
def test_a_card_that_asks_for_anything_else_is_refused(nodes: dict[str, Any]) -> None:
    with pytest.raises(CheckpointInvalid):
        assemble(new_estimator(TABLES[0], SPEC), nodes, {}, "here")


def test_a_card_without_the_estimator_is_refused(tmp_path: Path) -> None:
    _, folder = written(tmp_path, TABLES[0])
    card = json.loads((folder / CARD).read_text())
    card["architecture"] = {}
    (folder / CARD).write_text(json.dumps(card))
    with pytest.raises(CheckpointInvalid, match="says nothing of the estimator"):
        load_estimator(str(folder))
