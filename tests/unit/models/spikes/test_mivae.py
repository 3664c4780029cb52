"""miVAE: blocks that keep apart what is shared and what is not; what they listen to."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import nn

from models.metrics.identifiability import mcc
from models.spikes.bench.blocks import aurocs, leaks
from models.spikes.bench.reading import compared, halves, read_unseen
from models.spikes.gaussians import Gaussian
from models.spikes.methods.mivae import Settings, build
from models.spikes.mivae.attribution import fisher, scores
from models.spikes.mivae.independence import dependence
from models.spikes.mivae.network import MiVae
from models.spikes.mivae.priors import ConditionalPrior, time_waves
from models.spikes.mivae.vectors import VectorSettings, blocks_of, learn_vectors
from models.spikes.simulation.reach import ReachSettings, reach
from models.spikes.simulation.two_modalities import TwoModalities, TwoModalitySettings, two_modalities
from models.training.fit import FitSettings
from models.training.task import QuietProgress
from pipelines.errors import ModelError

QUICK = FitSettings(epochs=20, batch_size=128, learning_rate=4e-3, weight_decay=0.0, warmup_epochs=1, clip=10.0)
DATA = TwoModalitySettings(n_shared=2, n_private=1, n_x=12, n_y=12, n_conditions=12, per_cell=30, planted=True)


@pytest.fixture(scope="module")
def learned() -> tuple[MiVae, TwoModalities]:
    data = two_modalities(DATA, 0)
    return learn_vectors(data, VectorSettings(n_shared=2, n_private=1, n_irrelevant=1, ramp=200, fit=QUICK)), data


def test_blocks_hold_what_is_theirs_and_nothing_else(learned: tuple[MiVae, TwoModalities]) -> None:
    network, data = learned
    found = leaks(network, data)
    assert min(found["shared from shared"], found["private from private"]) > 0.9
    assert max(found["private from shared"], found["shared from private"]) < 0.1
    assert mcc(data.z_c, blocks_of(network, data)["shared x"], "weak") > 0.95


def test_attribution_finds_what_was_planted(learned: tuple[MiVae, TwoModalities]) -> None:
    assert min(aurocs(*learned).values()) > 0.95


def test_an_animal_never_seen_is_read_by_the_shared_block() -> None:
    world = ReachSettings(repeats=8, n_bins=24, bin_s=0.03, units=(40, 60))
    *animals, unseen = (reach(world, animal) for animal in range(4))
    model = build(Settings(epochs=18, learning_rate=5e-3))
    with pytest.raises(ModelError, match="call fit first"):
        model.latents(unseen, None)
    model.fit(animals, 0, QuietProgress())
    calibration, test = halves(unseen)
    said = read_unseen(model, animals, [t.truth["latent"] for t in animals], calibration, test)
    assert compared(said, test.truth["latent"], test.global_rate)["r"] > 0.5


def test_scores_are_those_of_finite_differences() -> None:
    torch.manual_seed(0)
    network = nn.Sequential(nn.Linear(5, 8), nn.Tanh(), nn.Linear(8, 6)).double()
    inputs = torch.randn(3, 2, 5, dtype=torch.float64)

    def encode(values: torch.Tensor) -> Gaussian:
        return Gaussian.of(network(values))

    for with_variance in (False, True):
        expected = torch.zeros_like(inputs)
        step = 1e-5
        for index in np.ndindex(inputs.shape):
            up, down = inputs.clone(), inputs.clone()
            up[index] += step
            down[index] -= step
            a, b, here = encode(up), encode(down), encode(inputs)
            slope, bend = (a.mean - b.mean) / (2 * step), (a.log_var - b.log_var) / (2 * step)
            expected[index] = (slope.square() / here.var + 0.5 * with_variance * bend.square()).sum()
        torch.testing.assert_close(scores(encode, inputs, with_variance=with_variance), expected, rtol=1e-6, atol=1e-8)


def test_scores_do_not_change_when_latents_are_scaled_or_turned() -> None:
    torch.manual_seed(1)
    jacobian, mixing = torch.randn(4, 7, dtype=torch.float64), torch.randn(4, 4, dtype=torch.float64)
    variance = torch.rand(4, dtype=torch.float64) + 0.1
    plain = (jacobian.square() / variance[:, None]).sum(0)
    torch.testing.assert_close(fisher(jacobian, variance.diag()), plain)
    torch.testing.assert_close(fisher(mixing @ jacobian, mixing @ variance.diag() @ mixing.T), plain)


def test_dependence_tells_a_bent_relation_from_none() -> None:
    draw = torch.Generator().manual_seed(0)
    x, y = torch.randn(400, 1, generator=draw), torch.randn(400, 1, generator=draw)
    assert dependence(x, x).item() == pytest.approx(1.0, abs=1e-5)
    assert dependence(x, y).item() < 0.02
    bent = x.square() - 1  # uncorrelated with x, and yet made of it
    assert dependence(x, bent).item() > 0.1


def test_priors_know_their_labels_or_nothing() -> None:
    torch.manual_seed(0)
    label, waves = torch.tensor([0, 2]), time_waves(7, torch.device("cpu")).expand(2, -1, -1)
    knowing = ConditionalPrior(3, waves.shape[2], 4)
    prior = knowing(label, waves)
    assert prior.mean.shape == (2, 7, 4)
    assert not torch.equal(prior.mean[0], prior.mean[1])
    assert not torch.equal(prior.log_var[0, 0], prior.log_var[0, 1])
    ordinary = ConditionalPrior(3, waves.shape[2], 4, conditional=False)(label, waves)
    assert ordinary.mean.abs().max() == ordinary.log_var.abs().max() == 0
    assert time_waves(1, torch.device("cpu")).shape == (1, 0)
