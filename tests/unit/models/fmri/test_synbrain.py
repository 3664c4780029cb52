"""SynBrain: its densities, subspaces and samples agree with what linear-Gaussian theory says."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from scipy.linalg import subspace_angles
from scipy.stats import multivariate_normal

from models.fmri.soft_clip import soft_clip
from models.fmri.synbrain.adaptation import adapt
from models.fmri.synbrain.augmentation import augmented, mixup
from models.fmri.synbrain.cost import cost
from models.fmri.synbrain.generator import SynBrain
from models.fmri.synbrain.likelihood import LowRankNoise
from models.fmri.synbrain.losses import active_units, divergence
from models.fmri.synbrain.mapper import Mapper
from models.fmri.synbrain.pairs import Pairs
from models.fmri.synbrain.size import PUBLISHED_MAPPER, PUBLISHED_TOKENS, PUBLISHED_VAE, MapperSize, VaeSize
from models.fmri.synbrain.training import Learning, Learnt, Teacher
from models.fmri.synbrain.vae import BrainVae, LinearPath
from models.training.fit import History
from pipelines.errors import ConfigError

PARCELS = [0] * 7 + [1] * 8
CLOSED = Learning(vae_epochs=0, mapper_epochs=0, latent_rank=2)
"""Closed forms alone: the model is then exactly linear."""
BRIEF = Learning(vae_epochs=1, mapper_epochs=1, batch_size=64)
SMALL_MAPPER = MapperSize(depth=1, width=8, heads=2)


def _pairs(n: int = 300, seed: int = 0) -> Pairs:
    rng = np.random.default_rng(seed)
    tokens = rng.standard_normal((n, 2, 3)).astype(np.float32)
    signal = tokens.reshape(n, -1) @ rng.standard_normal((6, len(PARCELS)))
    noise = rng.standard_normal((n, 2)) @ rng.standard_normal((2, len(PARCELS)))
    return Pairs.of_arrays(tokens, 3 + signal + noise + rng.standard_normal(signal.shape))


def _model(pairs: Pairs, learning: Learning = CLOSED, **vae: object) -> tuple[SynBrain, Learnt]:
    torch.manual_seed(0)
    size = VaeSize.model_validate({"rank": 2, "length": 8, **vae})
    model = SynBrain(size, SMALL_MAPPER, pairs.shape, PARCELS, learning.latent_rank)
    n = len(pairs)
    return model, Teacher(model, pairs, np.arange(n * 3 // 4), np.arange(n * 3 // 4, n), learning).learn()


@pytest.mark.parametrize("rank", [0, 3])
def test_the_density_is_that_of_a_dense_normal_distribution(rank: int) -> None:
    torch.manual_seed(rank)
    noise = LowRankNoise(9, rank).double()
    with torch.no_grad():
        noise.factor.copy_(torch.randn(9, rank))
        noise.raw.copy_(torch.randn(9))
        residual = torch.randn(5, 9, dtype=torch.float64)
        dense = multivariate_normal(np.zeros(9), noise.covariance().numpy())
        np.testing.assert_allclose(noise.log_prob(residual).numpy(), dense.logpdf(residual.numpy()), rtol=1e-9)


def test_any_variance_can_be_set() -> None:
    noise = LowRankNoise(4, 0)
    wanted = torch.tensor([1e-3, 1.0, 95.0, 1e4])  # exp(95) is beyond float32
    noise.set_diagonal(wanted)
    torch.testing.assert_close(noise.variance.detach(), wanted, rtol=1e-3, atol=0)


def test_an_exact_sampler_has_twice_the_squared_error_of_its_mean() -> None:
    torch.manual_seed(0)
    noise = LowRankNoise(20, 3)
    luck = torch.Generator().manual_seed(1)
    with torch.no_grad():
        noise.factor.copy_(torch.randn(20, 3))
        trials, samples = noise.sample(20_000, luck), noise.sample(20_000, luck)
    assert (trials - samples).square().mean() / trials.square().mean() == pytest.approx(2, rel=0.02)
    np.testing.assert_allclose(np.cov(samples.T), noise.covariance().detach(), rtol=0.05, atol=0.15)


def test_the_linear_evidence_bound_finds_the_subspace_and_posterior_of_probabilistic_pca() -> None:
    rng = np.random.default_rng(0)
    loading = rng.standard_normal((12, 3)) * [3.0, 2.0, 1.2]
    values = rng.standard_normal((2000, 3)) @ loading.T + 0.7 * rng.standard_normal((2000, 12))
    y = torch.from_numpy(values - values.mean(axis=0)).float()
    torch.manual_seed(0)
    path, noise, none = LinearPath(12, 3), LowRankNoise(12, 0), torch.zeros(1)
    optimiser = torch.optim.Adam([*path.parameters(), noise.raw], 0.02)
    for _ in range(1500):
        mean, log_variance = path.encode(y, none, none)
        log_variance = log_variance.expand_as(mean)
        latents = mean + torch.randn_like(mean) * (0.5 * log_variance).exp()
        bound = noise.log_prob(y - path.decode(latents, none)) - divergence(mean, log_variance)
        optimiser.zero_grad()
        (-bound.mean()).backward()
        optimiser.step()
    with torch.no_grad():
        found, own = path.outward.weight.numpy(), noise.variance.numpy()
        assert np.degrees(subspace_angles(found, np.linalg.eigh(np.cov(values.T))[1][:, -3:]).max()) < 5
        inner = np.eye(3) + found.T @ (found / own[:, None])
        np.testing.assert_allclose(np.diag(path.log_variance.exp().numpy()), np.linalg.inv(inner), atol=0.03)


def test_closed_forms_make_an_exact_linear_gaussian_model() -> None:
    pairs = _pairs()
    model, _ = _model(pairs)
    tokens, voxels = pairs.tokens_of(torch.arange(20)), pairs.voxels[:20]
    with torch.no_grad():
        assert model.vae.linear is not None
        weight, scale = model.vae.linear.outward.weight.numpy(), model.vae.scale.deviation.numpy()
        inner = weight @ model.latent_noise.covariance().numpy() @ weight.T + model.vae.noise.covariance().numpy()
        covariance = inner * np.outer(scale, scale)
    mean = model.predict_mean(tokens).numpy()
    dense = [multivariate_normal(m, covariance).logpdf(y) for m, y in zip(mean, voxels.numpy(), strict=True)]
    np.testing.assert_allclose(model.log_prob(tokens, voxels, n=16).numpy(), dense, atol=0.1)
    draws = model.sample(tokens[:1].repeat(500, 1, 1), 20).flatten(0, 1).numpy()
    np.testing.assert_allclose(np.cov(draws.T), covariance, atol=0.12 * covariance.max())
    np.testing.assert_allclose(draws.mean(axis=0), mean[0], atol=5 * draws.std() / 100)


def test_samples_have_the_spread_of_trials_and_follow_their_seed() -> None:
    pairs = _pairs(900)
    model, learnt = _model(pairs, BRIEF)
    assert learnt.alarm == ""
    rows = torch.arange(700, 900)
    tokens = pairs.tokens_of(rows)
    draws = model.sample(tokens, 20, seed=1)
    assert torch.equal(draws, model.sample(tokens, 20, seed=1))
    assert not torch.equal(draws, model.sample(tokens, 20, seed=2))
    spread = draws.var(dim=0).mean(dim=0) / (pairs.voxels[rows] - model.predict_mean(tokens)).var(dim=0)
    assert ((spread > 0.7) & (spread < 1.5)).all()


@pytest.mark.parametrize("vae", [{"stem": "resample"}, {"linear_start": False, "multipliers": (2, 4), "n_downs": 2}])
@pytest.mark.parametrize("loss", ["likelihood", "published", "deterministic"])
def test_every_stem_and_loss_gives_voxels_and_latents(vae: dict[str, object], loss: str) -> None:
    pairs = _pairs(120)
    learning = BRIEF.model_copy(update={"loss": loss, "mapper_match": "mean"})
    model, _ = _model(pairs, learning, **vae)
    mean, log_variance = model.vae.encode(torch.zeros(3, len(PARCELS)))
    assert mean.shape == log_variance.shape == (3, 2, 3)
    assert model.vae.decode(mean).shape == (3, len(PARCELS))
    assert model.predict_mean(pairs.tokens_of(torch.arange(4))).isfinite().all()
    if loss == "deterministic":
        assert log_variance.max() < -11


def test_sizes_that_do_not_go_together_are_refused() -> None:
    with pytest.raises(ConfigError, match=r"vae.groups = 3 does not divide 8 channels"):
        BrainVae(VaeSize(groups=3), (2, 3), PARCELS)
    with pytest.raises(ConfigError, match=r"vae.length = 16 cannot be halved 3 times in 2 levels"):
        BrainVae(VaeSize(n_downs=3), (2, 3), PARCELS)
    with pytest.raises(ConfigError, match=r"vae.length = 2: the 15 parcels need a position each"):
        BrainVae(VaeSize(length=2), (2, 3), list(range(15)))
    with pytest.raises(ConfigError, match=r"mapper.width = 10"):
        Mapper(MapperSize(width=10, heads=4), (2, 3))


def test_the_published_size_and_its_dead_weights() -> None:
    there = cost(PUBLISHED_VAE, PUBLISHED_MAPPER, PUBLISHED_TOKENS, [0] * 15724)
    without = cost(
        PUBLISHED_VAE, PUBLISHED_MAPPER.model_copy(update={"conditioning": False}), PUBLISHED_TOKENS, [0] * 15724
    )
    assert there.mapper_weights == pytest.approx(410e6, rel=0.02)
    assert 0.3 < 1 - without.mapper_weights / there.mapper_weights < 0.4
    assert there.vae_flops > 1e11


@pytest.mark.parametrize("conditioning", [False, True])
def test_the_mapper_begins_at_nothing(conditioning: bool) -> None:
    mapper = Mapper(MapperSize(conditioning=conditioning, width=8, heads=2, depth=1), (2, 3)).eval()
    assert (mapper(torch.randn(5, 2, 3)) == 0).all()


def test_soft_clip_prefers_latents_in_the_order_of_their_images_and_sees_no_scale() -> None:
    torch.manual_seed(0)
    tokens = torch.randn(16, 2, 6)
    right = soft_clip(tokens, tokens)
    assert right < soft_clip(tokens.roll(1, 0), tokens)
    torch.testing.assert_close(soft_clip(7 * tokens, tokens), right)


def test_divergence_and_units_in_use() -> None:
    mean, log_variance = torch.randn(50, 2, 3), torch.randn(50, 2, 3)
    normal = torch.distributions.Normal(mean, (0.5 * log_variance).exp())
    exact = torch.distributions.kl_divergence(normal, torch.distributions.Normal(torch.tensor(0.0), torch.tensor(1.0)))
    torch.testing.assert_close(divergence(mean, log_variance), exact.sum(dim=(1, 2)))
    mean[:, 0] = 0.0
    assert active_units(mean).tolist() == [[False] * 3, [True] * 3]
    assert "only 1 of 30" in Learnt(History(), History(), 1, 30).alarm


def test_a_new_subject_changes_nothing_but_the_mlps_of_the_mapper() -> None:
    source, _ = _model(_pairs())
    before = {name: tensor.clone() for name, tensor in source.state_dict().items()}
    moved, _ = adapt(source, _pairs(80, 3), PARCELS, np.arange(60), np.arange(60, 80), BRIEF)
    after = source.state_dict()
    assert all(torch.equal(after[name], tensor) for name, tensor in before.items())
    kept = {name for name, tensor in moved.mapper.state_dict().items() if torch.equal(tensor, before[f"mapper.{name}"])}
    assert all(".mlp." in name for name in moved.mapper.state_dict().keys() - kept)


def test_the_best_ratio_is_chosen_on_validation_and_none_is_among_them() -> None:
    rng = np.random.default_rng(0)
    features = rng.standard_normal((400, 4))
    trials = features @ rng.standard_normal((4, 10)) + 2 * rng.standard_normal((400, 10))
    parts = [(trials[a:b], features[a:b]) for a, b in ((0, 50), (50, 200), (200, 400))]
    wrong = augmented(*parts, features, lambda images, seed: -50 * rng.standard_normal((len(images), 10)))
    assert set(wrong.test) == set(wrong.validation) == {0.0, 0.25, 0.5, 1.0, 2.0, 4.0, 8.0}
    assert wrong.ratio == 0.0
    mixed = mixup(*parts[0], 30)
    assert mixed[0].shape == (30, 10)
    assert (abs(mixed[1]) <= abs(parts[0][1]).max(axis=0)).all()
