"""The metrics of samplers order the samplers whose order is known."""

from __future__ import annotations

import numpy as np
import pytest

from models.fmri.factor_noise import FactorNoise
from models.metrics.samplers import (
    coverage,
    energy_score,
    noise_correlation_match,
    pit_distance,
    sample_covariance,
    variance_ratio,
)
from pipelines.errors import ModelError

V, N, S = 200, 200, 20


class Toy:
    """The toy of the literature: means of deviation .5, ten factors of deviation .4, noise of variance .5."""

    def __init__(self) -> None:
        self.rng = np.random.default_rng(0)
        self.mean = 0.5 * self.rng.standard_normal((N, V))
        self.factors = 0.4 * self.rng.standard_normal((V, 10))
        self.covariance = self.factors @ self.factors.T + 0.5 * np.eye(V)

    def exact(self, n: int = S, scale: float = 1.0) -> np.ndarray:
        common = self.rng.standard_normal((n, N, 10)) @ self.factors.T
        own = np.sqrt(0.5) * self.rng.standard_normal((n, N, V))
        return self.mean + scale * (common + own)

    def independent(self) -> np.ndarray:
        return self.mean + np.sqrt(np.diag(self.covariance)) * self.rng.standard_normal((S, N, V))


def test_the_energy_score_orders_samplers() -> None:
    toy = Toy()
    truth = toy.exact(1)[0]
    samplers = {
        "exact": toy.exact(),
        "independent": toy.independent(),
        "half": toy.exact(scale=np.sqrt(0.5)),
        "mean": np.repeat(toy.mean[None], S, axis=0),
    }
    scores = {name: float(energy_score(draws, truth).mean()) for name, draws in samplers.items()}
    assert list(scores) == sorted(scores, key=scores.__getitem__)
    assert scores["exact"] == pytest.approx(14.17, abs=0.5)
    assert scores["mean"] == pytest.approx(20.1, abs=0.7)


def test_the_squared_error_of_an_exact_sampler_is_twice_that_of_its_mean() -> None:
    toy = Toy()
    truth = toy.exact(1)[0]
    assert ((toy.exact() - truth) ** 2).mean() / ((toy.mean - truth) ** 2).mean() == pytest.approx(2.0, rel=0.02)


def test_noise_correlations_tell_exact_from_independent() -> None:
    toy = Toy()
    assert noise_correlation_match(toy.exact(), toy.covariance) > 0.98
    assert abs(noise_correlation_match(toy.independent(), toy.covariance)) < 0.05
    assert noise_correlation_match(np.repeat(toy.mean[None], S, axis=0), toy.covariance) == 0.0


def test_variance_coverage_and_pit_of_an_exact_and_of_a_narrow_sampler() -> None:
    toy = Toy()
    truth = toy.exact(1)[0]
    exact, narrow = toy.exact(60), toy.exact(60, scale=0.5)
    assert variance_ratio(exact, toy.covariance).mean() == pytest.approx(1.0, abs=0.02)
    assert variance_ratio(narrow, toy.covariance).mean() == pytest.approx(0.25, abs=0.01)
    assert coverage(exact, truth).mean() == pytest.approx(0.9, abs=0.01)
    assert coverage(narrow, truth).mean() < 0.65
    assert pit_distance(exact, truth) < 0.02
    assert pit_distance(narrow, truth) > 0.1
    np.testing.assert_allclose(sample_covariance(exact), toy.covariance, atol=0.15)


def test_too_few_samples_are_refused() -> None:
    truth = np.zeros((3, 2))
    with pytest.raises(ModelError, match="two samples"):
        energy_score(truth[None], truth)
    with pytest.raises(ModelError, match="19 samples are needed"):
        coverage(np.zeros((18, 3, 2)), truth)


def test_factor_noise_finds_the_covariance_and_its_density() -> None:
    """Its log density is that of the whole covariance matrix."""
    from scipy.stats import multivariate_normal

    toy = Toy()
    residuals = (toy.exact(5) - toy.mean).reshape(-1, V)
    noise = FactorNoise.fit(residuals)
    assert 8 <= noise.factors.shape[1] <= 16
    upper = np.triu_indices(V, 1)
    assert np.corrcoef(noise.covariance[upper], toy.covariance[upper])[0, 1] > 0.95
    expected = multivariate_normal(cov=noise.covariance).logpdf(residuals[:5])
    np.testing.assert_allclose(noise.log_prob(residuals[:5]), expected, rtol=1e-8)
    draws = noise.sample(40, 50, seed=0).reshape(-1, V)
    np.testing.assert_allclose(np.cov(draws.T)[upper], noise.covariance[upper], atol=0.35)
    np.testing.assert_allclose(np.diag(noise.covariance), (residuals**2).mean(axis=0), rtol=1e-9)
