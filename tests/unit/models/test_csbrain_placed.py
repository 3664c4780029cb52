"""Where and how exactly the fused classifier runs, and that every fallback is told."""

from __future__ import annotations

import pytest
import torch

from models import placement
from models.csbrain.classifier import Architecture, Classifier
from models.csbrain.fused import FusedClassifier
from models.csbrain.half_linear import HalfLinear
from models.csbrain.placed import PlacedClassifier
from models.csbrain.precision import products, usable
from models.csbrain.replayed import first_line, recorded
from pipelines.errors import SpecMismatch
from tests.unit.models.csbrain_examples import generated_weights

CPU = torch.device("cpu")
without_cuda = pytest.mark.skipif(torch.cuda.is_available(), reason="there is a CUDA GPU")
with_bf16 = pytest.mark.skipif(bool(usable("bf16", CPU)[1]), reason="this processor has no bfloat16 kernels")


def classifier() -> Classifier:
    made = Classifier(Architecture(regions=(0, 4, 3, 4), order=(0, 2, 1, 3), n_layers=2), 3).eval()
    made.load_state_dict(generated_weights(made))
    return made


def signal(seed: int = 0, batch: int = 1) -> torch.Tensor:
    return torch.randn(batch, 4, 3, 200, generator=torch.Generator().manual_seed(seed)) * 0.3


def test_on_the_cpu_nothing_is_told_and_the_answer_is_the_fused_ones() -> None:
    said: list[str] = []
    made = classifier()
    placed = PlacedClassifier(made, "cpu", "fp32", said.append)
    assert torch.equal(placed(signal()), FusedClassifier(made)(signal()))
    assert (said, placed.device) == ([], CPU)


@without_cuda
def test_a_gpu_that_promises_and_fails_is_replaced_and_told_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(placement, "_cuda_obstacle", lambda: "")
    said: list[str] = []
    made = classifier()
    placed = PlacedClassifier(made, "cuda", "fp32", said.append)
    assert (placed.device.type, said) == ("cuda", [])
    wanted = FusedClassifier(made)(signal())
    assert torch.equal(placed(signal()), wanted)
    assert torch.equal(placed(signal()), wanted)
    (line,) = said
    assert line.startswith("the GPU failed, running on the CPU from here on: ")
    assert "CUDA" in line
    assert placed.device == CPU


def test_a_fault_on_the_cpu_is_not_hidden() -> None:
    said: list[str] = []
    placed = PlacedClassifier(classifier(), "cpu", "fp32", said.append)
    with pytest.raises(SpecMismatch, match="4 channels"):
        placed(torch.zeros(1, 5, 3, 200))
    with pytest.raises(RuntimeError, match="meta tensor"):
        placed(signal().to("meta"))
    assert said == []


@without_cuda
def test_what_cannot_be_recorded_runs_as_it_is_and_says_why() -> None:
    form, notice = recorded(torch.neg, torch.ones(2))
    assert torch.equal(form(torch.ones(2)), -torch.ones(2))
    assert notice.startswith("no CUDA graph: ")
    assert notice.endswith("; its kernels are launched one by one")


def test_tf32_is_for_cuda() -> None:
    assert usable("tf32", CPU) == ("fp32", "precision = tf32: only CUDA GPUs have TF32; running in fp32")
    assert usable("fp32", CPU) == ("fp32", "")
    said: list[str] = []
    made = classifier()
    assert torch.equal(PlacedClassifier(made, "cpu", "tf32", said.append)(signal()), FusedClassifier(made)(signal()))
    assert said == ["precision = tf32: only CUDA GPUs have TF32; running in fp32"]


@pytest.mark.parametrize(("precision", "rounded"), [("fp32", False), ("tf32", True), ("bf16", True)])
def test_rounding_is_set_inside_and_restored_after_a_fault(precision, *, rounded: bool) -> None:
    def now() -> tuple[bool, bool]:
        return torch.backends.cuda.matmul.allow_tf32, torch.backends.cudnn.allow_tf32

    def fail() -> None:
        with products(precision):
            seen.append(now())
            raise ValueError("fault")

    before, seen = now(), []
    with pytest.raises(ValueError, match="fault"):
        fail()
    assert (seen, now()) == ([(rounded, rounded)], before)


@with_bf16
@pytest.mark.parametrize("gelu", [False, True])
@torch.inference_mode()
def test_a_half_map_is_a_linear_layer_of_rounded_factors(*, gelu: bool) -> None:
    generator = torch.Generator().manual_seed(0)
    weight, bias, x = (torch.randn(*shape, generator=generator) for shape in ((60, 200), (60,), (7, 200)))
    exact = x.bfloat16().double() @ weight.bfloat16().double().T + bias.bfloat16().double()
    wanted = torch.nn.functional.gelu(exact) if gelu else exact
    made = HalfLinear(weight, bias, gelu=gelu)
    # The result itself is rounded to 8 bits.
    torch.testing.assert_close(made(x).double(), wanted, rtol=2**-7, atol=2**-6)
    assert made(x).dtype == (torch.bfloat16 if gelu else torch.float32)
    if not gelu:
        rows = torch.ones(7, 60)
        made.add_to(rows, x)
        torch.testing.assert_close(rows, made(x) + 1)


@with_bf16
def test_bf16_answers_nearly_as_fp32_does() -> None:
    made, x = classifier(), signal(batch=4)
    exact, rounded = (PlacedClassifier(made, "cpu", p, print)(x) for p in ("fp32", "bf16"))
    off = float((rounded - exact).norm() / exact.norm())
    assert 1e-5 < off < 3e-2


def test_an_error_is_told_without_its_advice() -> None:
    assert first_line(RuntimeError("out of memory\nCompile with …")) == "out of memory"
