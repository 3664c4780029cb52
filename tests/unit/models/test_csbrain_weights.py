"""Reading released weights: every key or none, and never by unpickling code."""

from __future__ import annotations

import pickle
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file

from models.csbrain import CSBrain
from models.csbrain.weights import read_official
from pipelines.errors import CheckpointInvalid
from tests.unit.models.csbrain_examples import generated_weights


def small() -> CSBrain:
    return CSBrain([0, 4], [0, 1], n_layers=1, d_model=40, n_heads=4, d_ff=80).eval()


@pytest.mark.parametrize("prefix", ["", "module."])
@pytest.mark.parametrize("suffix", [".pth", ".safetensors"])
def test_weights_arrive_from_both_kinds_of_file(tmp_path: Path, prefix: str, suffix: str) -> None:
    net = small()
    weights = generated_weights(net)
    path = tmp_path / f"weights{suffix}"
    table = {prefix + key: value for key, value in weights.items()}
    if suffix == ".pth":
        torch.save(table, path)
    else:
        save_file(table, path)
    net.load_official_state_dict(path)
    assert all(torch.equal(value, weights[key]) for key, value in net.state_dict().items())


def test_one_file_fits_every_montage() -> None:
    weights = generated_weights(small())
    other = CSBrain([1, 2, 3, 3], [0, 1, 2, 3], n_layers=1, d_model=40, n_heads=4, d_ff=80)
    other.load_official_state_dict(weights)
    assert torch.equal(other.state_dict()["proj_out.0.bias"], weights["proj_out.0.bias"])


def test_missing_and_unexpected_keys_are_named_and_nothing_is_copied() -> None:
    net = small()
    before = {key: value.clone() for key, value in net.state_dict().items()}
    weights = generated_weights(net)
    del weights["proj_out.0.bias"]
    weights["proj_out.1.bias"] = torch.zeros(3)
    with pytest.raises(CheckpointInvalid, match=r"proj_out\.0\.bias is missing; proj_out\.1\.bias is not known"):
        net.load_official_state_dict(weights)
    assert all(torch.equal(value, before[key]) for key, value in net.state_dict().items())


def test_wrong_shape_names_key_and_both_shapes() -> None:
    net = small()
    weights = generated_weights(net) | {"proj_out.0.bias": torch.zeros(199)}
    with pytest.raises(CheckpointInvalid, match=r"proj_out\.0\.bias has shape \(199,\), not \(200,\)"):
        net.load_official_state_dict(weights)


def test_values_that_are_not_finite_are_refused() -> None:
    net = small()
    weights = generated_weights(net)
    weights["proj_out.0.weight"][3, 4] = float("nan")
    with pytest.raises(CheckpointInvalid, match=r"proj_out\.0\.weight holds values that are not finite"):
        net.load_official_state_dict(weights)


def test_a_deeper_networks_weights_are_refused_with_a_count() -> None:
    deep = CSBrain([0, 4], [0, 1], n_layers=2, d_model=40, n_heads=4, d_ff=80)
    with pytest.raises(CheckpointInvalid, match=r"encoder\.layers\.1.*and 15 more"):
        small().load_official_state_dict(generated_weights(deep))


class Bomb:
    """Would write a file when unpickled."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self):
        return (Path.touch, (self.path,))


@pytest.mark.parametrize("how", ["torch", "pickle"])
def test_code_in_a_pickle_is_never_run(tmp_path: Path, how: str) -> None:
    path, sign = tmp_path / "weights.pth", tmp_path / "exploded"
    if how == "torch":
        torch.save({"a": Bomb(sign)}, path)
    else:
        path.write_bytes(pickle.dumps({"a": Bomb(sign)}, protocol=2))
    with pytest.raises(CheckpointInvalid, match=r"weights\.pth: cannot be read as weights"):
        small().load_official_state_dict(path)
    assert not sign.exists()


@pytest.mark.parametrize("suffix", [".pth", ".safetensors"])
@pytest.mark.parametrize("content", [b"", b"not weights at all", b"PK\x03\x04cut short"])
def test_damaged_files_are_refused_by_name(tmp_path: Path, suffix: str, content: bytes) -> None:
    path = tmp_path / f"weights{suffix}"
    path.write_bytes(content)
    with pytest.raises(CheckpointInvalid, match=f"weights{suffix}"):
        read_official(path)


def test_a_file_that_is_not_there_and_a_table_of_other_things(tmp_path: Path) -> None:
    with pytest.raises(CheckpointInvalid, match="there is no such file"):
        read_official(tmp_path / "none.pth")
    torch.save({"epoch": 3, "weights": torch.zeros(2)}, tmp_path / "run.pth")
    with pytest.raises(CheckpointInvalid, match=r"run\.pth: not a table of tensors"):
        read_official(tmp_path / "run.pth")
