"""The network: agreement with the released implementation's outputs, keys, shapes, mask, gradients."""

from __future__ import annotations

import json
import re
from pathlib import Path

import numpy as np
import pytest
import torch

from models.csbrain import CSBrain
from models.csbrain.attention import inter_region_mask, region_mean_matrix
from pipelines.errors import ModelError, SpecMismatch
from tests.unit.models.csbrain_examples import generated_weights

HMC = ([0, 4, 3, 4], [0, 2, 1, 3])


def network(regions, order, **options) -> CSBrain:
    made = CSBrain(regions, order, **options).eval()
    made.load_official_state_dict(generated_weights(made))
    return made


def small(**options) -> CSBrain:
    return network(*HMC, **{"n_layers": 1, "d_model": 40, "n_heads": 4, "d_ff": 80, **options})


def signal(n_channels: int, n_patches: int, batch: int = 1) -> torch.Tensor:
    return torch.randn(batch, n_channels, n_patches, 200, generator=torch.Generator().manual_seed(7)) * 0.3


@pytest.mark.shared
@pytest.mark.parametrize("case", ["eegmat_19x5", "pretrain_19x30_masked", "bciciv2a_22x4", "hmc_4x7"])
def test_outputs_are_those_of_the_released_code(shared_golden: Path, case: str) -> None:
    facts = json.loads((shared_golden / "csbrain_shared.json").read_text())[case]
    with np.load(shared_golden / "csbrain_shared.npz") as arrays:
        x, wanted = arrays[f"{case}/input"], arrays[f"{case}/output"]
        mask = torch.from_numpy(arrays[f"{case}/mask"]) if facts["masked"] else None
    net = network(facts["regions"], facts["sorted_indices"], n_layers=facts["n_layers"])
    with torch.inference_mode():
        got = net(torch.from_numpy(x), mask).numpy()
    assert got.shape == wanted.shape
    # Required: 1e-4. A correct float32 implementation reaches 1e-6; more than 1e-5 would be another computation.
    assert np.abs(got - wanted).max() <= 1e-5 * np.abs(wanted).max()


def released_shapes() -> list[tuple[str, tuple[int, ...]]]:
    """The table of the released state_dict, pattern by pattern."""
    convolutions = [(0, 100, 1), (1, 50, 3), (2, 50, 5)]
    rows: list[tuple[str, tuple[int, ...]]] = [
        (r"patch_embedding\.mask_encoding", (200,)),
        (r"patch_embedding\.positional_encoding\.0\.weight", (200, 1, 19, 7)),
        (r"patch_embedding\.positional_encoding\.0\.bias", (200,)),
        (r"patch_embedding\.proj_in\.0\.weight", (25, 1, 1, 49)),
        (r"patch_embedding\.proj_in\.0\.bias", (25,)),
        (r"patch_embedding\.proj_in\.[147]\.(weight|bias)", (25,)),
        (r"patch_embedding\.proj_in\.[36]\.weight", (25, 25, 1, 3)),
        (r"patch_embedding\.proj_in\.[36]\.bias", (25,)),
        (r"patch_embedding\.spectral_proj\.0\.weight", (200, 101)),
        (r"patch_embedding\.spectral_proj\.0\.bias", (200,)),
        (r"encoder\.layers\.\d+\.inter_(region|window)_attn\.in_proj_weight", (600, 200)),
        (r"encoder\.layers\.\d+\.inter_(region|window)_attn\.in_proj_bias", (600,)),
        (r"encoder\.layers\.\d+\.(inter_(region|window)_attn\.out_proj|global_fc)\.weight", (200, 200)),
        (r"encoder\.layers\.\d+\.(inter_(region|window)_attn\.out_proj|global_fc)\.bias", (200,)),
        (r"encoder\.layers\.\d+\.linear1\.weight", (800, 200)),
        (r"encoder\.layers\.\d+\.linear1\.bias", (800,)),
        (r"encoder\.layers\.\d+\.linear2\.weight", (200, 800)),
        (r"encoder\.layers\.\d+\.linear2\.bias", (200,)),
        (r"encoder\.layers\.\d+\.norm[123]\.(weight|bias)", (200,)),
        (r"proj_out\.0\.weight", (200, 200)),
        (r"proj_out\.0\.bias", (200,)),
    ]
    for j, outputs, width in convolutions:
        home = rf"(TemEmbedEEGLayer\.convs|BrainEmbedEEGLayer\.region_blocks\.region_[0-4])\.{j}"
        rows += [(rf"{home}\.weight", (outputs, 200, width, 1)), (rf"{home}\.bias", (outputs,))]
    return rows


@pytest.mark.parametrize("montage", [HMC, ([2, 2, 1], [2, 0, 1])])
def test_keys_and_shapes_are_those_of_the_released_weights_whatever_the_montage(montage) -> None:
    state = CSBrain(*montage).state_dict()
    assert len(state) == 295
    rows = released_shapes()
    for key, value in state.items():
        fitting = [shape for pattern, shape in rows if re.fullmatch(pattern, key)]
        assert fitting == [tuple(value.shape)], key
    counts = {"patch_embedding": 17, "TemEmbedEEGLayer": 6, "BrainEmbedEEGLayer": 30, "encoder": 240, "proj_out": 2}
    assert {home: sum(key.split(".")[0] == home for key in state) for home in counts} == counts
    assert sum(value.numel() for value in state.values()) == 8_902_000


def test_all_but_the_mask_token_is_trained() -> None:
    trained = [p for p in CSBrain(*HMC).parameters() if p.requires_grad]
    assert sum(p.numel() for p in trained) == 8_901_800


def test_output_is_in_sorted_order_and_input_in_the_data_sets_own() -> None:
    net = small(n_layers=2)
    x = signal(4, 3)
    shuffle = [3, 1, 0, 2]
    regions = [HMC[0][i] for i in shuffle]
    order = [shuffle.index(i) for i in HMC[1]]
    other = network(regions, order, n_layers=2, d_model=40, n_heads=4, d_ff=80)
    assert torch.equal(net(x), other(x[:, shuffle]))


def test_mask_hides_the_patch_of_the_sorted_slot() -> None:
    net = small()
    x = signal(4, 3)
    mask = torch.zeros(1, 4, 3, dtype=torch.bool)
    mask[0, 1, 2] = True  # slot 1 is input channel 2
    hidden = x.clone()
    hidden[0, 2, 2] = 0.0
    wrong = x.clone()
    wrong[0, 1, 2] = 0.0
    assert torch.equal(net(x, mask), net(hidden))
    assert not torch.allclose(net(x, mask), net(wrong), atol=1e-3)
    assert torch.equal(net(x, mask.float()), net(hidden))


def test_a_masked_patch_cannot_be_seen() -> None:
    net = small()
    mask = torch.zeros(1, 4, 3, dtype=torch.bool)
    mask[0, 0, 1] = True  # slot 0 is input channel 0
    x, other = signal(4, 3), signal(4, 3)
    other[0, 0, 1] = 99.0
    assert torch.equal(net(x, mask), net(other, mask))


def test_the_mask_token_is_what_replaces_a_patch() -> None:
    net = small()
    with torch.no_grad():
        net.patch_embedding.mask_encoding.copy_(torch.linspace(-1, 1, 200))
    mask = torch.zeros(1, 4, 3, dtype=torch.bool)
    mask[0, 3, 0] = True  # slot 3 is input channel 3
    x = signal(4, 3)
    replaced = x.clone()
    replaced[0, 3, 0] = torch.linspace(-1, 1, 200)
    assert torch.equal(net(x, mask), net(replaced))


def test_layouts_differ_and_agree_on_a_single_patch() -> None:
    official, transposed = small(), small(layout="transposed")
    assert torch.allclose(official(signal(4, 1)), transposed(signal(4, 1)), atol=1e-5)
    assert not torch.allclose(official(signal(4, 4)), transposed(signal(4, 4)), atol=1e-3)


def test_features_are_what_proj_out_reads() -> None:
    net = small()
    features = net.features(signal(4, 2, batch=3))
    assert features.shape == (3, 4, 2, 40)
    assert torch.equal(net.proj_out(features), net(signal(4, 2, batch=3)))


def test_windows_of_a_batch_do_not_touch_each_other() -> None:
    net = small()
    x = signal(4, 7, batch=3)
    together = net(x)
    for i in range(3):
        torch.testing.assert_close(together[i : i + 1], net(x[i : i + 1]), rtol=1e-4, atol=1e-5)


def test_every_trained_weight_of_the_montages_regions_gets_a_gradient() -> None:
    net = small().train()
    net(signal(4, 6)).square().mean().backward()
    without = {name for name, p in net.named_parameters() if p.requires_grad and p.grad is None}
    assert without == {
        f"BrainEmbedEEGLayer.region_blocks.region_{r}.{j}.{kind}"
        for r in (1, 2)
        for j in range(3)
        for kind in ("weight", "bias")
    }
    assert all(p.grad is None or torch.isfinite(p.grad).all() for p in net.parameters())


def test_dropout_works_in_training_alone() -> None:
    net = small()
    x = signal(4, 2)
    assert torch.equal(net(x), net(x))
    net.train()
    assert not torch.equal(net(x), net(x))


def test_mask_lets_groups_see_each_other_and_never_two_of_one_region() -> None:
    # Regions of 1, 0, 2, 0, 3 electrodes: groups {0,1,3}, {0,2,4}, {0,1,5}.
    wanted = np.eye(6, dtype=bool)
    for i, j in [(0, 1), (0, 2), (0, 3), (0, 4), (0, 5), (1, 3), (2, 4), (1, 5)]:
        wanted[i, j] = wanted[j, i] = True
    assert np.array_equal(inter_region_mask([1, 0, 2, 0, 3]).numpy(), wanted)


def test_region_means_stay_inside_the_region() -> None:
    values = torch.tensor([[1.0], [3.0], [10.0], [20.0], [60.0]])
    assert (region_mean_matrix([2, 0, 0, 3, 0]) @ values).flatten().tolist() == pytest.approx([2, 2, 30, 30, 30])


@pytest.mark.parametrize(
    ("regions", "order", "options", "named"),
    [
        ([0, 5], [0, 1], {}, "regions must be ids 0 to 4"),
        ([], [], {}, "regions must be ids 0 to 4"),
        ([0, 1], [0, 0], {}, "each of the 2 channels once"),
        ([0, 1], [0, 1, 2], {}, "each of the 2 channels once"),
        ([1, 0], [0, 1], {}, "sort the channels by region"),
        ([0, 1], [0, 1], {"d_model": 100}, "d_model = 100"),
        ([0, 1], [0, 1], {"d_model": 200, "n_heads": 7}, "n_heads = 7"),
        ([0, 1], [0, 1], {"layout": "other"}, "layout = 'other'"),
    ],
)
def test_wrong_montages_and_sizes_are_refused(regions, order, options, named) -> None:
    with pytest.raises(ModelError, match=named):
        CSBrain(regions, order, n_layers=1, **options)


def test_wrong_inputs_are_refused() -> None:
    net = small()
    with pytest.raises(SpecMismatch, match=r"\(1, 5, 2, 200\).*4 channels"):
        net(signal(5, 2))
    with pytest.raises(SpecMismatch, match="needs"):
        net(signal(4, 2)[..., :199])
    with pytest.raises(SpecMismatch, match=r"mask has shape \(1, 4, 3\)"):
        net(signal(4, 2), torch.zeros(1, 4, 3))


def test_without_attention_or_regional_tokens_their_weights_are_absent_and_the_others_keep_their_names() -> None:
    small = {"n_layers": 2, "d_model": 40, "n_heads": 4, "d_ff": 80}
    whole = set(CSBrain([0, 4, 3], [0, 2, 1], **small).state_dict())
    bare = set(CSBrain([0, 4, 3], [0, 2, 1], ssa=False, region_tokenizer=False, **small).state_dict())
    gone = whole - bare
    assert not bare - whole
    assert any("inter_region_attn" in key for key in gone)
    assert all(
        any(part in key for part in ("_attn.", "global_fc", "norm1", "norm2", "BrainEmbedEEGLayer")) for key in gone
    )
    assert not any("norm3" in key or "TemEmbed" in key for key in gone)
