"""What aligners must find: known maps, and nothing where there is nothing."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from models.aligner import Aligner, LinearMap
from models.fmri.simulation import World, WorldSettings
from models.metrics.retrieval import top_k
from models.metrics.voxelwise import correlation
from models.ridge_map import ridge_map
from pipelines import plugins
from pipelines.errors import ModelError
from pipelines.signal import Channel, Chunk, StreamSpec

SMALL = WorldSettings(code_dim=16, n_shared=8, n_private=0, private_share=0.0, smoothness=0.0, ncsnr=1.5, n_rois=1)
EVERY = np.column_stack([np.arange(200), np.arange(200)])


def _made(kind: str, **settings: Any) -> Aligner:
    aligner: Aligner = plugins.make("aligners", {"kind": kind, **settings})
    return aligner


def test_ridge_of_a_single_target_is_that_of_many() -> None:
    rng = np.random.default_rng(0)
    source = rng.standard_normal((80, 4))
    target = (source @ rng.standard_normal(4) + 0.1 * rng.standard_normal(80) + 3)[:, None]
    one, _ = ridge_map(source, target)
    two, _ = ridge_map(source, np.hstack([target, target]))
    assert one.matrix.shape == (4, 1)
    np.testing.assert_allclose(one(source), two(source)[:, :1])


@pytest.mark.parametrize("kind", ["ridge", "reduced_rank"])
def test_a_map_without_noise_is_recovered_on_the_data(kind: str) -> None:
    rng = np.random.default_rng(0)
    code = rng.standard_normal((200, 6))
    to_source, to_target = rng.standard_normal((6, 20)), rng.standard_normal((6, 30))
    aligner = _made(kind).fit(code @ to_source + 3, code @ to_target - 2, pairs=EVERY)
    new = rng.standard_normal((50, 6))
    np.testing.assert_allclose(aligner.transform(new @ to_source + 3), new @ to_target - 2, atol=1e-6)


@pytest.mark.parametrize("kind", ["procrustes", "srm"])
def test_a_rotation_without_noise_is_recovered(kind: str) -> None:
    rng = np.random.default_rng(0)
    x = rng.standard_normal((200, 12))
    rotation = np.linalg.qr(rng.standard_normal((12, 12)))[0]
    aligner = _made(kind).fit(x, x @ rotation + 1, pairs=EVERY)
    np.testing.assert_allclose(aligner.map.matrix, rotation, atol=1e-6)


def test_procrustes_is_that_of_fmralign() -> None:
    from fmralign.methods import Procrustes

    rng = np.random.default_rng(0)
    x, y = rng.standard_normal((2, 200, 15))
    x, y = x - x.mean(axis=0), y - y.mean(axis=0)
    peer = Procrustes(scaling=True).fit(x, y)
    np.testing.assert_allclose(_made("procrustes").fit(x, y, pairs=EVERY).map.matrix, peer.R * peer.scale, atol=1e-8)


def test_the_rank_is_chosen_within_a_fifth() -> None:
    rng = np.random.default_rng(0)
    code = rng.standard_normal((200, 10))
    x = code @ rng.standard_normal((10, 40)) + 0.5 * rng.standard_normal((200, 40))
    y = code @ rng.standard_normal((10, 50)) + 0.5 * rng.standard_normal((200, 50))
    assert 8 <= _made("reduced_rank").fit(x, y, pairs=EVERY).report()["rank"] <= 12
    held = _made("reduced_rank", rank=3).fit(x, y, pairs=EVERY)
    assert np.linalg.matrix_rank(held.map.matrix, tol=1e-8) == 3


def test_transport_finds_which_unit_is_which() -> None:
    rng = np.random.default_rng(0)
    x = rng.standard_normal((200, 15))
    order = rng.permutation(15)
    aligner = _made("ot").fit(x, 2 * x[:, order] + 1, pairs=EVERY)
    np.testing.assert_allclose(aligner.transform(x), 2 * x[:, order] + 1, atol=0.05)


def test_there_and_back_is_where_it_began() -> None:
    world = World(SMALL)
    a, b = world.brain(0, 60), world.brain(1, 70)
    scenes = world.scenes(200)
    there = _made("ridge").fit(a.signal(scenes), b.signal(scenes), pairs=EVERY)
    back = _made("ridge").fit(b.signal(scenes), a.signal(scenes), pairs=EVERY)
    new = a.signal(world.scenes(50, prefix="new"))
    np.testing.assert_allclose(back.transform(there.transform(new)), new, atol=1e-5)


def test_pairs_help_and_shuffled_pairs_are_at_chance() -> None:
    world = World(SMALL)
    a, b = world.brain(0, 60), world.brain(1, 70)
    scenes, test = world.scenes(200), world.scenes(300, prefix="test")
    x, y, new, truth = a.trials(scenes), b.trials(scenes), a.trials(test), b.signal(test)
    wrong = np.column_stack([np.arange(200), np.random.default_rng(0).permutation(200)])
    for kind in ("ridge", "reduced_rank", "procrustes", "srm"):
        right = _made(kind).fit(x, y, pairs=EVERY).transform(new)
        assert correlation(truth, right).mean() > 0.7
        assert top_k(_made(kind).fit(x, y, pairs=wrong).transform(new), truth, k=3) < 0.05


def test_the_bridge_needs_no_common_image() -> None:
    world = World(SMALL)
    a, b = world.brain(0, 60), world.brain(1, 70)
    mine, theirs, test = (world.scenes(n, prefix=p) for n, p in ((100, "mine"), (600, "theirs"), (300, "test")))
    bridge = _made("bridge").fit(a.trials(mine), b.trials(theirs), embeddings=(mine.code, theirs.code))
    assert correlation(b.signal(test), bridge.transform(a.trials(test))).mean() > 0.8
    with pytest.raises(ModelError, match="99 and 600 embedded trials of 100 and 600"):
        _made("bridge").fit(a.trials(mine), b.trials(theirs), embeddings=(mine.code[:99], theirs.code))


@pytest.mark.parametrize("kind", ["euclidean", "riemannian"])
def test_recentring_undoes_a_mixing_of_sensors(kind: str) -> None:
    rng = np.random.default_rng(0)
    mixing = np.linalg.qr(rng.standard_normal((5, 5)))[0] @ np.diag([1, 2, 3, 4, 5.0])
    target = rng.standard_normal((40, 5, 400))
    source = mixing @ rng.standard_normal((40, 5, 400))
    mapped = _made(kind).fit(source, target).transform(source)
    covariance = np.cov(np.concatenate(list(mapped), axis=1))
    # Each epoch's covariance is shrunk towards the identity, the source's more than the target's.
    np.testing.assert_allclose(covariance, np.cov(np.concatenate(list(target), axis=1)), atol=0.15)
    assert abs(np.cov(np.concatenate(list(source), axis=1)) - np.eye(5)).max() > 5


def test_rotation_of_classes_finds_what_recentring_cannot() -> None:
    """Sensors are turned: re-centring cannot see it, classes of unlike covariance can."""
    rng = np.random.default_rng(0)
    labels = np.array([0, 1, 2] * 20)
    scale = np.sqrt(np.exp(rng.standard_normal((3, 4))))[labels][..., None]
    target = scale * rng.standard_normal((60, 4, 500))
    turn = np.linalg.qr(np.eye(4) + 0.3 * rng.standard_normal((4, 4)))[0]
    source = turn @ (scale * rng.standard_normal((60, 4, 500)))

    def mismatch(aligner: Aligner) -> float:
        mapped = aligner.transform(source)
        means = [np.cov(np.concatenate(list(x[labels == k]), axis=1)) for x in (mapped, target) for k in range(3)]
        return sum(float(np.linalg.norm(means[k] - means[k + 3])) for k in range(3))

    rotated = mismatch(_made("rpa").fit(source, target, labels=(labels, labels)))
    assert rotated < 0.3 * mismatch(_made("euclidean").fit(source, target))
    assert rotated < 0.3 * mismatch(_made("identity").fit(source, target))


def test_zscore_gives_each_unit_the_targets_mean_and_deviation() -> None:
    rng = np.random.default_rng(0)
    source, target = rng.standard_normal((50, 4)), 3 * rng.standard_normal((60, 4)) + 7
    mapped = _made("zscore").fit(source, target).transform(source)
    np.testing.assert_allclose(mapped.mean(axis=0), target.mean(axis=0))
    np.testing.assert_allclose(mapped.std(axis=0), target.std(axis=0))


def test_labels_pair_the_means_of_classes_and_epochs_every_time() -> None:
    rng = np.random.default_rng(0)
    courses = rng.standard_normal((3, 4, 100))
    mixing = rng.standard_normal((4, 4))
    first, second = np.array([0, 1, 2] * 10), np.array([2, 1, 0] * 7)
    aligner = _made("ridge").fit(courses[first], mixing @ courses[second], labels=(first, second))
    np.testing.assert_allclose(aligner.transform(courses), mixing @ courses, atol=1e-6)
    assert aligner.report()["link"] == "labels"
    with pytest.raises(ModelError, match="no class in common"):
        _made("ridge").fit(courses[first], courses[second], labels=(first, second + 10))


def test_a_map_is_a_live_stage() -> None:
    rng = np.random.default_rng(0)
    found = LinearMap(rng.standard_normal((3, 3)), np.zeros(3))
    spec = StreamSpec(100.0, tuple(Channel(n, "eeg", "uV") for n in ("Cz", "Oz", "Pz", "C3")), "test")
    table = found.as_stage(["Pz", "Cz", "C3"])
    stage = plugins.make("stages", table)
    assert stage.prepare(spec).names == spec.names
    samples = rng.standard_normal((20, 4)).astype(np.float32)
    chunk = Chunk(samples, np.arange(20) / 100.0, 0, np.zeros(20, dtype=np.uint8))
    out = stage.process(chunk).samples
    np.testing.assert_allclose(out[:, [2, 0, 3]], found(samples[:, [2, 0, 3]]), atol=1e-5)
    assert (out[:, 1] == samples[:, 1]).all()
    with pytest.raises(ModelError, match="no stage for 2 channels"):
        found.as_stage(["Cz", "Oz"])
