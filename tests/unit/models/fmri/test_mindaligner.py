"""MindAligner: laws of the transfer matrix, the cross-stimulus mapper, and what is chosen."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch

from models.fmri.mindaligner.losses import nearest
from models.fmri.mindaligner.network import CrossStimulusMapper, TransferMatrix
from models.fmri.mindaligner.transfer_quality import pattern_quality, weight_quality
from models.fmri.simulation import World, WorldSettings
from models.metrics.retrieval import top_k
from models.metrics.voxelwise import correlation
from models.ridge_map import reduced_rank_map
from pipelines import plugins
from pipelines.errors import ModelError

WORLD = WorldSettings(code_dim=10, n_shared=6, n_private=0, n_classes=1, class_share=0, smoothness=0, n_rois=1,
                      ncsnr=1.5, ncsnr_spread=0, noise_rank=0)  # fmt: skip
QUICK = {"epochs": 3, "neighbours": 16}


def _btm(**settings: Any) -> Any:
    return plugins.make("aligners", {"kind": "btm", "learning": QUICK, **settings})


def _subjects(n: int = 80) -> tuple[Any, ...]:
    world = World(WORLD)
    new, known = world.brain(0, 30), world.brain(1, 36)
    own, library, test = world.scenes(n, prefix="own"), world.scenes(400), world.scenes(200, prefix="test")
    return new.trials(own), known.trials(library), (own.code, library.code), new.trials(test, 1), known.signal(test)


def test_a_noiseless_transfer_is_recovered_in_closed_form_and_by_gradients() -> None:
    rng = np.random.default_rng(0)
    matrix = rng.standard_normal((12, 3)) @ rng.standard_normal((3, 9))
    x = rng.standard_normal((200, 12))
    found, figures = reduced_rank_map(x, x @ matrix)
    assert figures["rank"] == 3
    np.testing.assert_allclose(found.matrix, matrix, atol=1e-6)
    y = torch.from_numpy(x @ matrix + 0.5 * rng.standard_normal((200, 9))).float()
    best = reduced_rank_map(x, y.double().numpy(), 3)[0]
    least = np.square(best(x) - y.numpy()).mean()
    torch.manual_seed(0)
    network, inputs = TransferMatrix(12, 9, 3), torch.from_numpy(x).float()
    optimiser = torch.optim.Adam(network.parameters(), 0.02)
    for _ in range(1000):
        optimiser.zero_grad()
        loss = (network(inputs) - y).square().mean()
        loss.backward()
        optimiser.step()
    assert float(loss.detach()) == pytest.approx(least, rel=0.01)


def test_identical_stimuli_change_nothing() -> None:
    torch.manual_seed(0)
    for published in (False, True):
        mapper = CrossStimulusMapper(5, 4, published_difference=published)
        torch.nn.init.normal_(mapper.film.weight)
        z = torch.randn(6, 4)
        assert torch.equal(mapper(z, torch.zeros(6, 5)), z)
        assert not torch.allclose(mapper(z, torch.ones(6, 5)), z)


def test_without_pairs_it_is_as_good_as_the_bridge_and_shuffled_stimuli_are_chance() -> None:
    x, y, seen, shown, truth = _subjects()
    shipped = _btm().fit(x, y, embeddings=seen)
    bridge = plugins.make("aligners", {"kind": "bridge"}).fit(x, y, embeddings=seen)
    naive = plugins.make("aligners", {"kind": "ridge"}).fit(x, y, pairs=np.column_stack([np.arange(80), np.arange(80)]))
    scores = [float(correlation(truth, one.transform(shown)).mean()) for one in (shipped, bridge, naive)]
    assert scores[0] > scores[1] - 0.01
    assert scores[0] > scores[2] + 0.5
    assert shipped.report()["shipped"] == min(shipped.report()["validation_error"].items(), key=lambda item: item[1])[0]
    wrong = np.random.default_rng(0).permutation(80)
    shuffled = _btm().fit(x, y, embeddings=(seen[0][wrong], seen[1])).transform(shown)
    assert top_k(shuffled, truth) < 0.05
    assert top_k(shipped.transform(shown), truth) > 0.5


def test_the_rank_is_found_by_validation_and_units_may_come_in_any_order() -> None:
    x, y, seen, _, _ = _subjects(200)
    plain = _btm(ship="btm").fit(x, y, embeddings=seen)
    assert plain.report()["rank"] == pytest.approx(6, abs=1.2)
    order = np.random.default_rng(0).permutation(30)
    permuted = _btm(ship="btm").fit(x[:, order], y, embeddings=seen)
    np.testing.assert_allclose(permuted.map.matrix, plain.map.matrix[order], atol=2e-3)


def test_there_and_back_keeps_the_signal_and_pairs_do_as_well() -> None:
    x, _, _, shown, _ = _subjects(200)
    world = World(WORLD)
    same = world.brain(1, 36).trials(world.scenes(200, prefix="own"))
    pairs = np.column_stack([np.arange(200), np.arange(200)])
    there, back = _btm().fit(x, same, pairs=pairs), _btm().fit(same, x, pairs=pairs)
    signal = world.brain(0, 30).signal(world.scenes(200, prefix="test"))
    assert correlation(signal, back.transform(there.transform(shown))).mean() > 0.9
    best = world.brain(0, 30).transfer_to(world.brain(1, 36))
    wanted = shown @ best
    assert correlation(wanted, there.transform(shown)).mean() > 0.97


def test_patterns_do_not_depend_on_scale_and_see_through_units_that_only_cancel_noise() -> None:
    rng = np.random.default_rng(0)
    signal, noise = rng.standard_normal((2, 4000, 1))
    x = np.hstack([signal + noise, 0.2 * noise, rng.standard_normal((4000, 1))])
    both = np.hstack([signal, -signal])
    found = plugins.make("aligners", {"kind": "ridge"}).fit(x, both, pairs=np.column_stack([np.arange(4000)] * 2)).map
    pattern = pattern_quality(found, x)
    assert weight_quality(found).argmax() == 1
    assert pattern.argmax() == 0
    assert pattern[1] < 0.01
    scaled = type(found)(found.matrix / np.array([[2.0], [3.0], [5.0]]), found.offset)
    np.testing.assert_allclose(pattern_quality(scaled, x * [2.0, 3.0, 5.0]), pattern, atol=1e-6)


def test_neighbours_come_nearest_first_and_too_few_trials_are_refused() -> None:
    source, target = torch.zeros(1, 2), torch.tensor([[3.0, 0.0], [1.0, 0.0], [2.0, 0.0]])
    assert nearest(source, target, 2).tolist() == [[1, 2]]
    x, y, seen, _, _ = _subjects()
    with pytest.raises(ModelError, match="9 trials: at least 10 are needed"):
        _btm().fit(x[:9], y, embeddings=(seen[0][:9], seen[1]))
    with pytest.raises(ModelError, match="ship = 'none': there are bridge, reduced_rank_bridge, btm"):
        _btm(ship="none").fit(x, y, embeddings=seen)
