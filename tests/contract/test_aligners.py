"""Laws of every aligner, shipped or installed."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest

from models.aligner import Aligner
from models.fmri.simulation import World, WorldSettings
from pipelines import plugins
from pipelines.errors import ConfigError, ModelError

KINDS = plugins.names("aligners")
TRAINED = {"btm"}
"""Their weights begin at random: permuted units give another start."""
FEW = {"btm": {"steps": 20}}
PAIRED = ("procrustes", "ridge", "reduced_rank", "srm", "ot")
EPOCHS = ("riemannian", "rpa")


def _data(n_units: int = 24, n: int = 40) -> tuple[np.ndarray, np.ndarray, dict[str, Any]]:
    world = World(WorldSettings(code_dim=8, n_shared=6, n_private=2, ncsnr=2.0))
    source, target = world.brain(0, n_units), world.brain(1, n_units)
    scenes = world.scenes(n)
    code = scenes.code
    links = {
        "pairs": np.column_stack([np.arange(n), np.arange(n)]),
        "embeddings": (code, code),
        "labels": (scenes.label, scenes.label),
    }
    return source.trials(scenes), target.trials(scenes), links


def _link(kind: str, links: dict[str, Any]) -> dict[str, Any]:
    if kind in PAIRED:
        return {"pairs": links["pairs"]}
    if kind == "rpa":
        return {"labels": (np.array([0, 1]), np.array([0, 1]))}
    return {"embeddings": links["embeddings"]} if kind in ("bridge", "btm") else {}


def _fitted(kind: str, source: np.ndarray, target: np.ndarray, links: dict[str, Any]) -> Aligner:
    settings = plugins.load("aligners", kind).Settings.model_fields
    few = {key: value for key, value in FEW.get(kind, {}).items() if key in settings}
    aligner: Aligner = plugins.make("aligners", {"kind": kind, **few})
    if kind in EPOCHS:
        source, target = _epochs(source), _epochs(target)
    return aligner.fit(source, target, **_link(kind, links))


def _epochs(x: np.ndarray) -> np.ndarray:
    return np.stack(np.split(x, 2)).transpose(0, 2, 1)


@pytest.mark.parametrize("kind", KINDS)
def test_settings_have_defaults_and_say_what_they_are(kind: str) -> None:
    _, settings = plugins.configure("aligners", {"kind": kind})
    assert [name for name, field in type(settings).model_fields.items() if not field.description] == []
    with pytest.raises(ConfigError, match="unknown key 'no_such_key'"):
        plugins.configure("aligners", {"kind": kind, "no_such_key": 1})


@pytest.mark.parametrize("kind", KINDS)
def test_the_result_is_a_linear_map_and_a_report_of_plain_data(kind: str) -> None:
    source, target, links = _data()
    before = source.copy(), target.copy()
    aligner = _fitted(kind, source, target, links)
    mapped = aligner.transform(source)
    assert mapped.shape == target.shape
    np.testing.assert_allclose(mapped, source @ aligner.map.matrix + aligner.map.offset)
    assert json.loads(json.dumps(dict(aligner.report())))["aligner"] == kind
    assert (source == before[0]).all()
    assert (target == before[1]).all()


@pytest.mark.parametrize("kind", KINDS)
def test_fitting_twice_equals_once(kind: str) -> None:
    source, target, links = _data()
    once = _fitted(kind, source, target, links)
    other = _fitted(kind, target, source, links)
    again = other.fit(*((_epochs(x) if kind in EPOCHS else x) for x in (source, target)), **_link(kind, links))
    np.testing.assert_allclose(again.map.matrix, once.map.matrix, atol=1e-10)


@pytest.mark.parametrize("kind", [k for k in KINDS if k not in TRAINED])
def test_permuted_units_give_a_permuted_map(kind: str) -> None:
    source, target, links = _data()
    order = np.random.default_rng(0).permutation(source.shape[1])
    # Aligners of like units stay aligners of like units only if both sides are permuted.
    plain = _fitted(kind, source, target, links).map
    permuted = _fitted(kind, source[:, order], target[:, order], links).map
    np.testing.assert_allclose(permuted.matrix, plain.matrix[np.ix_(order, order)], atol=1e-5)


@pytest.mark.parametrize("kind", [*PAIRED, "bridge"])
def test_an_aligner_that_needs_a_link_refuses_to_do_without(kind: str) -> None:
    source, target, _ = _data()
    with pytest.raises(ModelError, match=f"{kind}: needs"):
        plugins.make("aligners", {"kind": kind}).fit(source, target)


@pytest.mark.parametrize("kind", ["identity", "zscore", "euclidean", "riemannian", "rpa"])
def test_aligners_of_like_units_refuse_unlike_ones(kind: str) -> None:
    source, target, _ = _data()
    with pytest.raises(ModelError, match="same units on both sides"):
        plugins.make("aligners", {"kind": kind}).fit(_epochs(source), _epochs(target[:, 1:]))


@pytest.mark.parametrize("kind", KINDS)
def test_nothing_is_known_before_fitting(kind: str) -> None:
    with pytest.raises(ModelError, match="not fitted"):
        _ = plugins.make("aligners", {"kind": kind}).map
