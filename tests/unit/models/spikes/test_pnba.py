"""PNBA on simulated animals: what is read without fitting, what cannot be, and what does not change the latents."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from sklearn.linear_model import LinearRegression

from models.metrics.latent_alignment import cleaned, pooled_r, rotation_aligned_r
from models.spikes.methods.pnba import PnbaModel, Settings, build
from models.spikes.pnba.few_shot import energy_distance
from models.spikes.pnba.network import fitting
from models.spikes.pnba.objective import PnbaLosses, Weights, terms
from models.spikes.pool import Pool, Session
from models.spikes.simulation.reach import ReachSettings, Tuning, population, rates_hz, reach, record
from models.spikes.simulation.visual import VisualSettings, watch
from models.spikes.trial_set import TrialSet
from models.training.objectives import OWN_LOSSES
from models.training.task import QuietProgress
from pipelines.errors import ModelError

SMALL = {"repeats": 8, "n_bins": 24, "bin_s": 0.03, "units": (40, 60)}


def animals(tuning: Tuning, numbers: range) -> list[TrialSet]:
    return [reach(ReachSettings(tuning=tuning, **SMALL), animal) for animal in numbers]


def learned(tuning: Tuning, epochs: int, **settings: object) -> tuple[PnbaModel, list[TrialSet]]:
    model, sessions = build(Settings(epochs=epochs, learning_rate=5e-3, **settings)), animals(tuning, range(4))
    model.fit(sessions, 0, QuietProgress())
    return model, sessions


@pytest.fixture(scope="module")
def informed() -> tuple[PnbaModel, list[TrialSet]]:
    return learned("informative", 12)


@pytest.fixture(scope="module")
def anonymous() -> tuple[PnbaModel, list[TrialSet]]:
    return learned("anonymous", 20, transfer="few_shot", free_dropout=0.2, few_shot_steps=100)


def onto_truth(model: PnbaModel, sessions: list[TrialSet]) -> LinearRegression:
    """The map from latents to the truth, of training animals alone."""
    found = np.concatenate([model.latents(t, None).reshape(-1, 8) for t in sessions])
    return LinearRegression().fit(found, np.concatenate([t.truth["latent"].reshape(-1, 2) for t in sessions]))


def read(latents: NDArray[np.floating], trials: TrialSet, onto: LinearRegression) -> tuple[np.ndarray, np.ndarray]:
    told = onto.predict(latents.reshape(-1, latents.shape[2])).reshape(trials.truth["latent"].shape)
    return cleaned(told, trials.global_rate), cleaned(trials.truth["latent"], trials.global_rate)


def test_animals_never_seen_are_read_where_the_table_of_units_tells_their_tuning(informed: object) -> None:
    model, sessions = informed  # type: ignore[misc]
    onto = onto_truth(model, sessions)
    found = [pooled_r(*read(model.latents(t, None), t, onto)) for t in animals("informative", range(100, 103))]
    assert min(found) > 0.8


def test_nothing_leaks_where_tuning_is_anonymous_but_it_is_found_up_to_a_rotation(anonymous: object) -> None:
    """A zero-shot agreement here would mean that the truth reached the model some other way."""
    model, sessions = anonymous  # type: ignore[misc]
    onto = onto_truth(model, sessions)
    unseen = animals("anonymous", range(100, 220))
    untouched = [pooled_r(*read(np.asarray(model.network.posterior(t, Session.of(t)).mean), t, onto)) for t in unseen]
    # One animal's agreement is luck, about .3 either way: the mean of so many is not.
    assert abs(np.mean(untouched)) < 4 * np.std(untouched) / len(untouched) ** 0.5 < 0.15
    halves = np.arange(len(unseen[0].counts)) % 2 == 0
    for trials in unseen[:2]:
        told, truth = read(model.latents(trials, trials.unlabelled()), trials, onto)
        assert rotation_aligned_r(told, truth, np.flatnonzero(halves), np.flatnonzero(~halves)) > 0.8


def test_order_of_units_and_gain_do_not_matter(informed: object) -> None:
    model, _ = informed  # type: ignore[misc]
    (trials,) = animals("informative", range(100, 101))
    latents = model.latents(trials, None)
    shuffled = trials.take_units(np.random.default_rng(0).permutation(trials.units.n_units))
    assert np.abs(model.latents(shuffled, None) - latents).max() < 1e-5
    doubled = replace(trials, counts=2 * trials.counts)
    assert np.abs(model.latents(doubled, None) - latents).max() < 0.1 * latents.std(axis=(0, 1)).min()


def test_rates_that_double_change_mean_latents_by_less_than_a_tenth(informed: object) -> None:
    """Draws are averaged: two of them at one rate differ by more than a gain may change."""
    model, _ = informed  # type: ignore[misc]
    settings, luck = ReachSettings(**SMALL), np.random.default_rng(0)
    tuned = population(settings, 100, luck)
    trials = record(settings, tuned, luck)
    rates = rates_hz(tuned, np.asarray(trials.truth["latent"], np.float64)) * settings.bin_s

    def mean_latent(gain: float) -> NDArray[np.floating]:
        drawn = [replace(trials, counts=luck.poisson(gain * rates).astype(np.float32)) for _ in range(12)]
        return np.mean([model.latents(t, None) for t in drawn], axis=0)

    once, again, twice = mean_latent(1.0), mean_latent(1.0), mean_latent(2.0)
    spread = model.latents(trials, None).std(axis=(0, 1))
    squared = np.mean((twice - once) * (twice - again) / spread**2)  # noise of the two at one rate does not count
    assert squared < 0.1**2


def test_only_new_rows_are_learned_for_a_new_session(anonymous: object) -> None:
    model, sessions = anonymous  # type: ignore[misc]
    before = {name: value.clone() for name, value in model.network.state_dict().items()}
    old = model.latents(sessions[0], None)
    (trials,) = animals("anonymous", range(200, 201))
    model.latents(trials, trials.unlabelled())
    after = model.network.state_dict()
    assert all(torch.equal(after[name], value) for name, value in before.items())
    assert len(after) == len(before) + 1
    assert np.array_equal(model.latents(sessions[0], None), old)


def test_energy_distance_is_small_for_one_distribution_and_large_for_two() -> None:
    draw = torch.Generator().manual_seed(0)
    x, y = torch.randn(300, 5, generator=draw), torch.randn(300, 5, generator=draw)
    assert abs(energy_distance(x, y).item()) < 0.02
    assert energy_distance(x, y + 1).item() > 0.3
    z = torch.zeros(3, 2, requires_grad=True)
    energy_distance(z, torch.ones(3, 2)).backward()
    assert torch.isfinite(z.grad).all()


@pytest.mark.parametrize("front_end", ["set", "published"])
def test_films_and_both_front_ends_are_learned_from(front_end: str) -> None:
    settings = VisualSettings(size=8, n_clips=2, repeats=1, n_bins=6, units=(20, 30))
    sessions = [watch(settings, animal) for animal in range(2)]
    torch.manual_seed(0)
    network = fitting(sessions, "video", front_end=front_end, published_width=8, width=16)
    pool = Pool(sessions, "video")
    losses = PnbaLosses(network, pool, Weights(), free_dropout=0.0)
    optimiser = torch.optim.Adam(losses.parameters(), 3e-3)
    history = []
    for _ in range(12 if front_end == "set" else 3):
        optimiser.zero_grad()
        loss = losses(torch.arange(len(pool))).mean()
        loss.backward()
        optimiser.step()
        history.append(loss.item())
    assert history[-1] < history[0]
    missing = [name for name, p in losses.named_parameters() if p.grad is None]
    assert missing == []
    session = Session.of(sessions[0])
    latent = network.posterior(sessions[0], session).mean
    assert network.decoded(latent).shape == sessions[0].covariates["video"].shape
    shuffled = sessions[0].take_units(np.random.default_rng(0).permutation(sessions[0].units.n_units))
    other = network.posterior(shuffled, replace(session, **vars_of(Session.of(shuffled)))).mean
    if front_end == "published":
        assert (other - latent).abs().max() > 0.01  # the defect it is kept for


def vars_of(session: Session) -> dict[str, object]:
    return {"excess": session.excess, "features": session.features, "log_mean": session.log_mean}


def test_losses_do_not_depend_on_who_shares_the_batch_but_for_the_match() -> None:
    sessions = animals("informative", range(3))
    torch.manual_seed(0)
    network = fitting(sessions, "velocity")
    pool = Pool(sessions, "velocity")
    rows = torch.tensor([0, 70, 140])
    together = terms(network, pool.batch(rows, network.units), sample=False)
    for i, row in enumerate(rows):
        alone = terms(network, pool.batch(row[None], network.units), sample=False)
        for name in together.keys() - {"match"}:
            torch.testing.assert_close(alone[name][0], together[name][i], rtol=1e-4, atol=1e-4)


def test_trials_are_set_aside_in_every_session_and_faults_are_named() -> None:
    sessions = animals("informative", range(2))
    pool = Pool(sessions, "velocity")
    learned_from, aside = pool.split(0.25, 0)
    assert sorted(torch.cat([learned_from, aside]).tolist()) == list(range(len(pool)))
    assert torch.bincount(pool.session[aside]).tolist() == [16, 16]
    with pytest.raises(ModelError, match="no covariate 'video'"):
        Pool(sessions, "video")
    with pytest.raises(ModelError, match="no session"):
        Pool([], "velocity")
    with pytest.raises(ModelError, match="call fit first"):
        build(Settings()).network  # noqa: B018
    assert OWN_LOSSES.figure(torch.tensor([1.0, 3.0]), torch.empty(2)) == -2.0
