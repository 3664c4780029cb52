"""The fused form against the plain network: same answers for every montage, length, batch and layout."""

from __future__ import annotations

import copy
import json
from pathlib import Path

import numpy as np
import pytest
import torch

from models.csbrain import CSBrain, packed_linear
from models.csbrain import fused as fused_module
from models.csbrain.classifier import Architecture, Classifier
from models.csbrain.fused import FusedClassifier, fuse
from models.csbrain.packed_linear import PackedLinear
from pipelines.errors import SpecMismatch
from tests.unit.models.csbrain_examples import generated_weights

SMALL = {"n_layers": 2, "d_model": 40, "n_heads": 4, "d_ff": 80}


def network(sizes, **options) -> CSBrain:
    regions = [region for region, n in enumerate(sizes) for _ in range(n)]
    made = CSBrain(regions, range(len(regions)), **options).eval()
    made.load_official_state_dict(generated_weights(made))
    return made


def signal(n_channels: int, patches: int, batch: int = 1, seed: int = 3) -> torch.Tensor:
    return torch.randn(batch, n_channels, patches, 200, generator=torch.Generator().manual_seed(seed)) * 0.3


def difference(got: torch.Tensor, wanted: torch.Tensor) -> float:
    assert got.shape == wanted.shape
    return float((got - wanted).abs().max() / wanted.abs().max())


@pytest.mark.parametrize("batch", [1, 8])
@pytest.mark.parametrize(
    ("sizes", "patches"),
    [((7, 3, 4, 2, 4), 5), ((1, 4, 0, 0, 17), 4), ((24, 9, 8, 9, 14), 4), ((6, 3, 3, 2, 2), 10), ((7, 3, 4, 2, 3), 30)],
)
@torch.inference_mode()
def test_features_are_those_of_the_plain_network(sizes, patches: int, batch: int) -> None:
    net = network(sizes, n_layers=2)
    x = signal(sum(sizes), patches, batch)
    assert difference(fuse(net).features(x), net.features(x)) < 1e-5


@pytest.mark.parametrize("layout", ["official", "transposed"])
@pytest.mark.parametrize("patches", [1, 2, 3, 5, 6, 7, 10, 13])
@pytest.mark.parametrize("sizes", [(1, 2, 3, 4, 5), (0, 0, 6, 0, 0), (1, 0, 0, 0, 0), (2, 0, 9, 0, 1)])
@torch.inference_mode()
def test_every_ring_and_length(sizes, patches: int, layout: str) -> None:
    net = network(sizes, layout=layout, **SMALL)
    x = signal(sum(sizes), patches, 2)
    assert difference(fuse(net)(x), net(x)) < 1e-5


@pytest.mark.shared
@pytest.mark.parametrize("case", ["eegmat_19x5", "pretrain_19x30_masked", "bciciv2a_22x4", "hmc_4x7"])
def test_outputs_are_those_of_the_released_code(shared_golden: Path, case: str) -> None:
    facts = json.loads((shared_golden / "csbrain_shared.json").read_text())[case]
    with np.load(shared_golden / "csbrain_shared.npz") as arrays:
        x, wanted = arrays[f"{case}/input"], arrays[f"{case}/output"]
        mask = torch.from_numpy(arrays[f"{case}/mask"]) if facts["masked"] else None
    net = CSBrain(facts["regions"], facts["sorted_indices"], n_layers=facts["n_layers"])
    net.load_official_state_dict(generated_weights(net))
    assert difference(fuse(net)(torch.from_numpy(x), mask), torch.from_numpy(wanted)) < 1e-5


@torch.inference_mode()
def test_channels_are_sorted_and_hidden_patches_are_hidden() -> None:
    net = CSBrain([0, 4, 3, 4], [0, 2, 1, 3], **SMALL).eval()
    x = signal(4, 3, 2)
    mask = torch.zeros(2, 4, 3, dtype=torch.bool)
    mask[0, 1, 2] = mask[1, 3, 0] = True
    assert difference(fuse(net)(x, mask), net(x, mask)) < 1e-5
    assert difference(fuse(net)(x), net(x, mask)) > 1e-3


@torch.inference_mode()
def test_a_batch_in_groups_is_each_window_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    net = network((2, 1, 0, 1, 0), **SMALL)
    x, mask = signal(4, 6, 5), torch.rand(5, 4, 6, generator=torch.Generator().manual_seed(1)) < 0.3
    monkeypatch.setattr(fused_module, "TOKENS_AT_ONCE", 50)  # two windows at once, then two, then one
    fused = fuse(net)
    together = fused.features(x, mask)
    for i in range(5):
        assert difference(together[i : i + 1], net.features(x[i : i + 1], mask[i : i + 1])) < 1e-5


def test_shapes_may_alternate_and_answers_are_kept() -> None:
    fused = fuse(network((2, 1, 0, 1, 0), **SMALL))
    first = fused.features(signal(4, 5))
    kept = first.clone()
    for patches in (1, 2, 3, 4, 6, 7):
        fused.features(signal(4, patches, seed=patches))
    again = fused.features(signal(4, 5))
    assert torch.equal(first, kept)
    assert torch.equal(again, kept)


def test_weights_after_training_are_taken_and_later_training_is_not_seen() -> None:
    net = network((3, 2, 0, 1, 2), **SMALL)
    stale = fuse(net)
    before = stale.features(signal(8, 5))
    keys = list(net.state_dict())
    optimizer = torch.optim.AdamW([p for p in net.parameters() if p.requires_grad], lr=1e-2)
    net.train()
    for seed in range(2):
        optimizer.zero_grad()
        net(signal(8, 5, seed=seed)).square().mean().backward()
        optimizer.step()
    fresh = fuse(net)  # in training mode: the fused form is without dropout all the same
    with torch.inference_mode():
        wanted = net.eval().features(signal(8, 5))
    assert difference(fresh.features(signal(8, 5)), wanted) < 1e-5
    assert difference(before, wanted) > 1e-2
    assert torch.equal(stale.features(signal(8, 5)), before)
    assert list(net.state_dict()) == keys


def test_fusing_leaves_the_network_as_it_was() -> None:
    net = network((3, 2, 0, 1, 2), **SMALL).train()
    state = copy.deepcopy(net.state_dict())
    fuse(net).features(signal(8, 2))
    assert net.training
    assert net.patch_embedding.training
    assert all(torch.equal(value, state[key]) for key, value in net.state_dict().items())
    net(signal(8, 2)).sum().backward()
    assert net.encoder.layers[0].linear1.weight.grad is not None
    again = CSBrain([0, 0, 0, 1, 1, 3, 4, 4], range(8), **SMALL)
    again.load_official_state_dict(net.state_dict())
    assert torch.equal(fuse(again).features(signal(8, 2)), fuse(net).features(signal(8, 2)))


@torch.inference_mode()
def test_without_onednn_the_answer_is_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    net = network((3, 2, 0, 1, 2), n_layers=1)
    monkeypatch.setattr(packed_linear, "_mkl_is_at_home", lambda: False)
    with_onednn = fuse(net).features(signal(8, 6))
    monkeypatch.setattr(packed_linear, "_can_pack", lambda weight: False)
    without = fuse(net).features(signal(8, 6))
    assert difference(without, net.features(signal(8, 6))) < 1e-5
    assert difference(without, with_onednn) < 1e-5


@pytest.mark.parametrize("mkl", [False, True])
@pytest.mark.parametrize("width", [40, 800])
@pytest.mark.parametrize("gelu", [False, True])
@torch.inference_mode()
def test_a_packed_map_is_a_linear_layer(monkeypatch: pytest.MonkeyPatch, *, width: int, gelu: bool, mkl: bool) -> None:
    monkeypatch.setattr(packed_linear, "_mkl_is_at_home", lambda: mkl)
    layer, x = torch.nn.Linear(200, width), torch.randn(7, 200)
    wanted = torch.nn.functional.gelu(layer(x)) if gelu else layer(x)
    packed = PackedLinear(layer.weight, layer.bias, gelu=gelu)
    torch.testing.assert_close(packed(x), wanted, rtol=1e-4, atol=1e-5)
    if not gelu:
        rows = torch.ones(7, width)
        packed.add_to(rows, x)
        torch.testing.assert_close(rows, wanted + 1, rtol=1e-4, atol=1e-5)


@torch.inference_mode()
def test_scores_are_those_of_the_classifier() -> None:
    classifier = Classifier(Architecture(regions=(0, 4, 3, 4), order=(0, 2, 1, 3), **SMALL), 3).eval()
    x = signal(4, 5, 3)
    assert difference(FusedClassifier(classifier)(x), classifier(x)) < 1e-5


def test_wrong_inputs_are_refused() -> None:
    fused = fuse(network((2, 1, 0, 1, 0), **SMALL))
    with pytest.raises(SpecMismatch, match=r"\(1, 5, 2, 200\).*4 channels"):
        fused.features(signal(5, 2))
    with pytest.raises(SpecMismatch, match=r"mask has shape \(1, 4, 3\)"):
        fused(signal(4, 2), torch.zeros(1, 4, 3))


@pytest.mark.parametrize("patches", [5, 7])
@pytest.mark.parametrize(("ssa", "region_tokenizer"), [(False, True), (True, False), (False, False)])
@torch.inference_mode()
def test_networks_without_parts_are_fused_without_them(*, ssa: bool, region_tokenizer: bool, patches: int) -> None:
    net = network((2, 1, 0, 1, 3), ssa=ssa, region_tokenizer=region_tokenizer, **SMALL)
    x = signal(7, patches, 2)
    assert difference(fuse(net)(x), net(x)) < 1e-5
