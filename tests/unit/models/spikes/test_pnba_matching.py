"""Laws of the probabilistic matching."""

from __future__ import annotations

from itertools import combinations

import pytest
import torch

from models.spikes.gaussians import Gaussian
from models.spikes.pnba.matching import FIRST_SLOPE, Matching


def posteriors(n: int, *shape: int, seed: int = 0) -> Gaussian:
    draw = torch.Generator().manual_seed(seed)
    mean = torch.randn(n, *shape, generator=draw, dtype=torch.float64)
    return Gaussian(mean, torch.randn(n, *shape, generator=draw, dtype=torch.float64) * 0.3 - 1)


@pytest.mark.parametrize("raw", [-30.0, -2.0, 0.0, 5.0])
def test_probability_falls_with_distance_whatever_the_slope_parameter(raw: float) -> None:
    matching = Matching()
    with torch.no_grad():
        matching.raw_slope.fill_(raw)
    near = Gaussian(torch.zeros(1, 2), torch.zeros(1, 2))
    away = Gaussian(torch.tensor([[float(d), 0.0] for d in range(20)]), torch.zeros(20, 2))
    logits = matching.logits(near, away)[0]
    assert matching.slope > 0
    assert (logits.diff() <= 0).all()
    if raw > -15:
        assert (logits.diff() < 0).all()


def test_slope_begins_at_one() -> None:
    assert Matching().slope.item() == pytest.approx(FIRST_SLOPE)


def test_number_of_latents_does_not_saturate_the_logits() -> None:
    """The same distance in every coordinate gives the same logit, for 2 numbers and for 512."""
    few, many = (Gaussian(torch.zeros(3, k), torch.zeros(3, k)) for k in (2, 512))
    torch.testing.assert_close(Matching().logits(few, few), Matching().logits(many, many))


def test_expected_loss_does_not_depend_on_the_batch_size() -> None:
    """The mean over all batches of two, or of three, is the loss of the whole."""
    b, n = posteriors(6, 3, 2), posteriors(6, 3, 2, seed=1)
    matching = Matching()
    whole = matching(b, n).item()
    for size in (2, 3, 5):
        parts = [matching(b[list(rows)], n[list(rows)]).item() for rows in combinations(range(6), size)]
        assert sum(parts) / len(parts) == pytest.approx(whole, rel=1e-9)


def test_pairs_that_belong_together_are_found_by_learning_the_slope_alone() -> None:
    b = posteriors(40, 8)
    n = Gaussian(b.mean + 0.1, b.log_var)
    matching = Matching().double()
    optimiser = torch.optim.Adam(matching.parameters(), 0.1)
    first = matching(b, n).item()
    for _ in range(200):
        optimiser.zero_grad()
        matching(b, n).backward()
        optimiser.step()
    assert matching(b, n).item() < 0.5 * first
    assert matching.logits(b, n).argmax(1).tolist() == list(range(40))
    assert torch.isfinite(matching(b[:1], n[:1]))
