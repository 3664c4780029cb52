"""The fused network on a CUDA GPU: its graph answers as the CPU does, for every shape, and keeps its memory."""

from __future__ import annotations

import logging

import pytest
import torch

from models.csbrain import CSBrain
from models.csbrain.fused import fuse
from models.csbrain.precision import Precision
from models.csbrain.replayed import Replayed
from tests.unit.models.csbrain_examples import generated_weights

pytestmark = pytest.mark.skipif(not torch.cuda.is_available(), reason="there is no CUDA GPU")

AGREEMENT: dict[Precision, float] = {"fp32": 1e-5, "tf32": 5e-3, "bf16": 5e-2}


def network() -> CSBrain:
    made = CSBrain([0, 0, 1, 2, 3, 4, 4], range(7), n_layers=2).eval()
    made.load_official_state_dict(generated_weights(made))
    return made


def signal(patches: int, batch: int = 1, seed: int = 0) -> torch.Tensor:
    return torch.randn(batch, 7, patches, 200, generator=torch.Generator().manual_seed(seed)) * 0.3


@pytest.mark.parametrize("precision", list(AGREEMENT))
@pytest.mark.parametrize(("patches", "batch"), [(3, 1), (7, 1), (5, 6)])
def test_a_graph_answers_as_the_cpu_does(precision: Precision, patches: int, batch: int, caplog) -> None:
    on_gpu, on_cpu = fuse(network().cuda(), precision), fuse(network())
    with caplog.at_level(logging.WARNING):
        for seed in range(3):
            x = signal(patches, batch, seed)
            wanted = on_cpu.features(x)
            got = on_gpu.features(x.cuda()).cpu()
            assert float((got - wanted).norm() / wanted.norm()) < AGREEMENT[precision]
    assert caplog.text == ""  # it was recorded


def test_more_shapes_than_are_kept_do_not_disturb_one_another() -> None:
    on_gpu, on_cpu = fuse(network().cuda()), fuse(network())
    for patches in (1, 2, 3, 4, 5, 6, 1, 6, 3):
        wanted = on_cpu.features(signal(patches, 2, patches))
        torch.testing.assert_close(
            on_gpu.features(signal(patches, 2, patches).cuda()).cpu(), wanted, rtol=1e-3, atol=1e-4
        )


def test_an_answer_is_kept_and_hidden_patches_are_hidden() -> None:
    on_gpu, plain = fuse(network().cuda()), fuse(network().cuda(), graphs=False)
    first = on_gpu.features(signal(4).cuda())
    kept = first.clone()
    on_gpu.features(signal(4, seed=1).cuda())
    assert torch.equal(first, kept)
    mask = torch.zeros(1, 7, 4, dtype=torch.bool, device="cuda")
    mask[0, 2, 1] = True
    torch.testing.assert_close(on_gpu.features(signal(4).cuda(), mask), plain.features(signal(4).cuda(), mask))
    assert torch.equal(on_gpu.features(signal(4).cuda()), kept)


def test_what_looks_at_values_cannot_be_recorded() -> None:
    def looks(x: torch.Tensor) -> torch.Tensor:
        return x * float(x.sum())

    with pytest.raises(RuntimeError):
        Replayed(looks, torch.ones(3, device="cuda"))
    # The GPU is as usable as before.
    assert float(torch.ones(3, device="cuda").sum()) == 3
