"""A GPU that cannot be used does not end a session, and the session says so."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from models.checkpoints import Card, save
from models.csbrain.classifier import Architecture, Classifier
from models.csbrain.montages import montage_of
from models.decoder import DecoderSpec
from tests.unit.bci_app.engine_parts import run

NAMES = ("Fz", "Cz", "Pz", "Oz", "T7")


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a CUDA GPU")
@pytest.mark.parametrize(
    ("device", "told"), [("cuda", "CUDA was asked for; running on the CPU: "), ("auto", "running on the CPU: ")]
)
def test_decoding_goes_on_on_the_cpu_and_a_notice_says_why(tmp_path: Path, device: str, told: str) -> None:
    montage = montage_of(NAMES)
    architecture = Architecture(
        regions=montage.regions, order=montage.order, n_layers=1, d_model=40, n_heads=4, d_ff=80
    )
    spec = DecoderSpec("csbrain-small", ("rest", "work"), 3.0, 200.0, NAMES)
    card = Card(kind="csbrain", spec=spec, architecture=architecture.model_dump(mode="json"))
    folder = save(tmp_path, card, Classifier(architecture, 2).state_dict())
    keeper = run(
        {"channels": list(NAMES), "rate_hz": 200.0}, duration_s=5.0, name=str(folder), settings={"device": device},
        calibration={},
    )  # fmt: skip
    assert len(keeper.decisions) >= 3
    assert any(text.startswith(f"csbrain-small: {told}") for text in keeper.notices), keeper.notices
