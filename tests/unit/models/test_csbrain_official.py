"""Released weights as a checkpoint: generated ones here (every tensor drawn from its key)."""

from __future__ import annotations

from hashlib import sha256
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file
from typer.testing import CliRunner

from bci_app.cli import app
from models.checkpoints import load
from models.csbrain import CSBrain
from models.csbrain.classifier import Architecture
from models.csbrain.montages import published
from models.csbrain.official import import_official
from pipelines.errors import CheckpointInvalid
from tests.unit.models.csbrain_examples import generated_weights


@pytest.fixture(scope="module")
def weights() -> dict[str, torch.Tensor]:
    montage = published("pretraining")
    return generated_weights(CSBrain(montage.regions, montage.order))


@pytest.mark.parametrize("suffix", [".pth", ".safetensors"])
def test_file_becomes_a_checkpoint_that_tells_its_origin(
    weights: dict[str, torch.Tensor], suffix: str, tmp_path: Path
) -> None:
    file = tmp_path / f"CSBrain{suffix}"
    saved = {f"module.{key}": value for key, value in weights.items()}
    torch.save(saved, file) if suffix == ".pth" else save_file(saved, file)
    answer = CliRunner().invoke(app, ["train", "import-csbrain", str(file), str(tmp_path / "made")])
    assert answer.exit_code == 0, answer.output
    assert "295 tensors, 8,902,000 values" in answer.output
    found = load(tmp_path / "made")
    assert found.card.training.files == {file.name: sha256(file.read_bytes()).hexdigest()}
    assert "quirk 7" in found.card.summary
    assert "185aee5" in found.card.summary
    assert found.card.decoder_spec().classes == ()
    architecture = Architecture.from_table(found.card.architecture, "card")
    network = CSBrain(architecture.regions, architecture.order)
    network.load_official_state_dict({key: torch.from_numpy(value) for key, value in found.tensors.items()})
    assert all(torch.equal(value, weights[key]) for key, value in network.state_dict().items())


def test_every_kind_of_fault_is_named_and_nothing_is_written(weights: dict[str, torch.Tensor], tmp_path: Path) -> None:
    wrong = dict(weights)
    del wrong["proj_out.0.bias"]
    wrong["classifier.weight"] = torch.zeros(2)
    wrong["encoder.layers.3.norm1.bias"] = torch.zeros(3)
    torch.save(wrong, tmp_path / "wrong.pth")
    with pytest.raises(CheckpointInvalid) as refusal:
        import_official(tmp_path / "wrong.pth", tmp_path / "made")
    for text in ("proj_out.0.bias is missing", "classifier.weight is not known", "(3,), not (200,)"):
        assert text in str(refusal.value)
    assert not (tmp_path / "made").exists()


def test_a_file_with_code_in_it_is_refused(tmp_path: Path) -> None:
    torch.save({"weights": Path("x")}, tmp_path / "code.pth")
    with pytest.raises(CheckpointInvalid, match=r"code\.pth: cannot be read as weights"):
        import_official(tmp_path / "code.pth", tmp_path / "made")
