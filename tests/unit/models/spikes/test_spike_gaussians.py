"""Closed forms of Gaussians against numerical integration and Monte Carlo."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from models.spikes.gaussians import (
    LOG_VAR_RANGE,
    Gaussian,
    expected_square_distance,
    kl,
    product,
    standard_like,
    symmetric_kl,
)

PARAMETERS = st.tuples(st.floats(-2, 2), st.floats(-2, 2))
"""Mean and log-variance."""
GRID = torch.linspace(-40, 40, 80001, dtype=torch.float64)


def gaussian(mean: float, log_var: float) -> Gaussian:
    return Gaussian(torch.tensor([mean], dtype=torch.float64), torch.tensor([log_var], dtype=torch.float64))


def density(g: Gaussian) -> torch.Tensor:
    return torch.exp(-0.5 * (GRID - g.mean) ** 2 / g.var) / torch.sqrt(2 * math.pi * g.var)


@settings(max_examples=25, deadline=None)
@given(st.tuples(PARAMETERS, PARAMETERS, PARAMETERS))
def test_product_is_the_normalised_product_of_the_densities(numbers: tuple[tuple[float, float], ...]) -> None:
    parts = [gaussian(*pair) for pair in numbers]
    numerical = torch.stack([density(g) for g in parts]).prod(0)
    numerical /= torch.trapezoid(numerical, GRID)
    torch.testing.assert_close(density(product(*parts)), numerical, rtol=1e-6, atol=1e-9)


@settings(max_examples=25, deadline=None)
@given(PARAMETERS, PARAMETERS)
def test_kl_is_the_integral(of_q: tuple[float, float], of_p: tuple[float, float]) -> None:
    q, p = gaussian(*of_q), gaussian(*of_p)
    log_ratio = -0.5 * ((GRID - q.mean) ** 2 / q.var + q.log_var) + 0.5 * ((GRID - p.mean) ** 2 / p.var + p.log_var)
    numerical = torch.trapezoid(density(q) * log_ratio, GRID)
    assert kl(q, p).item() == pytest.approx(numerical.item(), rel=1e-6, abs=1e-9)
    assert kl(q, p).item() >= -1e-12
    assert symmetric_kl(q, p).item() == pytest.approx((kl(q, p) + kl(p, q)).item())


def test_kl_and_distance_agree_with_draws() -> None:
    torch.manual_seed(0)
    q = Gaussian(torch.tensor([[0.4, -1.0, 0.2]]), torch.tensor([[-0.5, 0.3, 0.0]]))
    p = Gaussian(torch.tensor([[0.0, -0.5, 1.0]]), torch.tensor([[0.2, 0.1, -0.4]]))
    many = Gaussian(q.mean.expand(400_000, 3), q.log_var.expand(400_000, 3))
    drawn = many.sample()
    log_q = torch.distributions.Normal(q.mean, q.var.sqrt()).log_prob(drawn)
    log_p = torch.distributions.Normal(p.mean, p.var.sqrt()).log_prob(drawn)
    estimate = (log_q - log_p).sum(1)
    error = 4 * estimate.std() / math.sqrt(len(estimate))
    assert abs(float(estimate.mean() - kl(q, p).sum())) < float(error)
    other = Gaussian(p.mean.expand_as(drawn), p.log_var.expand_as(drawn)).sample()
    distance = (drawn - other).square().sum(1)
    error = 4 * distance.std() / math.sqrt(len(distance))
    assert abs(float(distance.mean() - expected_square_distance(q, p))) < float(error)


def test_product_neither_overflows_nor_loses_its_gradient() -> None:
    low, high = LOG_VAR_RANGE
    log_var = torch.tensor([[low, high]]).double().requires_grad_()
    joint = product(Gaussian(torch.tensor([[1.0, 1.0]]), log_var), Gaussian(torch.zeros(1, 2), log_var.flip(1)))
    np.testing.assert_allclose(joint.mean.detach(), [[1, 0]], atol=1e-5)
    (gradient,) = torch.autograd.grad(joint.mean.sum() + joint.log_var.sum(), log_var)
    assert torch.isfinite(gradient).all()


def test_parameters_are_split_and_held_in_range() -> None:
    g = Gaussian.of(torch.tensor([[1.0, 2.0, -100.0, 100.0]]))
    assert g.mean.tolist() == [[1.0, 2.0]]
    assert g.log_var.tolist() == [list(LOG_VAR_RANGE)]
    assert kl(standard_like(g), standard_like(g)).tolist() == [[0.0, 0.0]]
    assert g[:, :1].mean.tolist() == [[1.0]]
