"""What training does in other ways than inference: the same answers and gradients, and dropout of the same meaning."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor, nn

from models.csbrain import tokenizers
from models.csbrain.attention import SelfAttention
from models.csbrain.dropout import Dropout, kept
from models.csbrain.plane_convolution import PlaneConvolution, kernel_gradient
from models.csbrain.tokenizers import Layout, RegionTokenizer, TemporalTokenizer


def gradients(module: nn.Module, x: Tensor) -> dict[str, Tensor]:
    """Return the answer, and the gradients of input and weights of an uneven sum of it."""
    module.zero_grad()
    given_x = x.clone().requires_grad_()
    answer = module(given_x)
    (answer * torch.linspace(-1.0, 1.0, answer.numel()).reshape(answer.shape)).sum().backward()
    of_weights = {name: p.grad.clone() for name, p in module.named_parameters() if p.grad is not None}
    assert given_x.grad is not None
    return {"answer": answer.detach(), "x": given_x.grad, **of_weights}


def assert_alike(found: dict[str, Tensor], expected: dict[str, Tensor]) -> None:
    assert found.keys() == expected.keys()
    for name, value in expected.items():
        torch.testing.assert_close(found[name], value, rtol=1e-4, atol=1e-5 * float(value.abs().max()), msg=name)


@settings(max_examples=30, deadline=None)
@given(
    st.integers(1, 4), st.integers(1, 3), st.integers(1, 23), st.integers(1, 9),
    st.sampled_from([(19, 7), (3, 3), (5, 1), (1, 7)]),
)  # fmt: skip
def test_the_gradient_of_a_planes_kernel_is_that_of_the_library(
    batch: int, features: int, height: int, width: int, kernel: tuple[int, int]
) -> None:
    draw = torch.Generator().manual_seed(batch + 10 * features + 100 * height + width)
    x, gradient = (torch.randn(batch, features, height, width, generator=draw) for _ in range(2))
    weight = torch.randn(features, 1, *kernel, generator=draw).requires_grad_()
    nn.functional.conv2d(x, weight, padding="same", groups=features).backward(gradient)
    assert weight.grad is not None
    found = kernel_gradient(x, gradient, kernel)
    torch.testing.assert_close(found, weight.grad, rtol=1e-4, atol=1e-4)


def test_a_plane_convolution_learns_as_the_librarys_does() -> None:
    torch.manual_seed(0)
    ours = PlaneConvolution(8, (19, 7))
    theirs = nn.Conv2d(8, 8, (19, 7), padding=(9, 3), groups=8)
    theirs.load_state_dict(ours.state_dict())
    x = torch.randn(3, 8, 6, 5)
    assert_alike(gradients(ours, x), gradients(theirs, x))
    with torch.no_grad():
        assert torch.equal(ours(x), theirs(x))


@pytest.mark.parametrize("layout", ["official", "transposed"])
@pytest.mark.parametrize("patches", [1, 2, 5, 9])
def test_temporal_tokens_by_products_are_those_by_convolutions(
    layout: Layout, patches: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    torch.manual_seed(0)
    module, x = TemporalTokenizer(40, layout), torch.randn(2, 3, patches, 40)
    found = gradients(module, x)
    monkeypatch.setattr(tokenizers, "_SMALL", 0)
    assert_alike(found, gradients(module, x))


@pytest.mark.parametrize("sizes", [(1, 2, 3, 4, 5), (6, 0, 1, 0, 9), (0, 0, 2, 0, 0)])
def test_region_tokens_by_products_are_those_by_convolutions(
    sizes: tuple[int, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    torch.manual_seed(0)
    module, x = RegionTokenizer(40, sizes), torch.randn(2, sum(sizes), 4, 40)
    found = gradients(module, x)
    monkeypatch.setattr(tokenizers, "_SMALL", 0)
    assert_alike(found, gradients(module, x))


def test_attention_to_oneself_alone_is_attention() -> None:
    torch.manual_seed(0)
    module, x = SelfAttention(16, 4, 0.0), torch.randn(5, 1, 16)
    with torch.no_grad():
        expected = module(x)
    found = gradients(module, x)
    torch.testing.assert_close(found["answer"], expected)
    # Queries and keys have gradients, of zero, so that weight decay goes on as if they had been computed.
    assert not found["in_proj_weight"][:32].any()
    assert found["in_proj_weight"][32:].any()


def test_attention_to_oneself_drops_whole_heads() -> None:
    torch.manual_seed(0)
    module = SelfAttention(8, 2, 0.5)
    nn.init.eye_(module.out_proj.weight)
    values = module.train()(torch.ones(400, 1, 8)).reshape(400, 2, 4)
    silent = values.eq(0).all(dim=2)
    assert bool((silent | values.ne(0).all(dim=2)).all())
    assert 0.4 < float(silent.float().mean()) < 0.6


@settings(max_examples=40, deadline=None)
@given(st.floats(0.0, 0.99), st.integers(0, 2**31))
def test_dropout_silences_its_share_and_keeps_the_mean(p: float, seed: int) -> None:
    torch.manual_seed(seed)
    n = 40_001
    found = kept(torch.Size([n]), p)
    share = float(found.eq(0).float().mean())
    assert abs(share - p) < 6 * (max(p * (1 - p), 1e-4) / n) ** 0.5 + 1e-4
    alive = found[found > 0]
    assert bool((alive == alive[0]).all())
    assert float(alive[0]) == pytest.approx(1 / (1 - p), rel=1e-3)


def test_every_draw_of_a_number_counts_alike() -> None:
    torch.manual_seed(0)
    silent = kept(torch.Size([40_000, 4]), 0.3).eq(0).float()
    assert bool(((silent.mean(dim=0) - 0.3).abs() < 0.015).all())
    assert float(torch.corrcoef(silent.T).fill_diagonal_(0.0).abs().max()) < 0.03


def test_dropout_is_still_outside_training_and_repeats_by_its_seed() -> None:
    module, x = Dropout(0.4), torch.ones(7, 9)
    assert torch.equal(module.eval()(x), x)
    module.train()
    torch.manual_seed(3)
    first = module(x)
    torch.manual_seed(3)
    assert torch.equal(module(x), first)
    assert not torch.equal(module(x), first)
    assert module(x.to(torch.bfloat16)).dtype is torch.bfloat16
