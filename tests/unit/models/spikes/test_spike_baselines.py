"""Baselines do what they are named after, and are told no more than they say they need."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from scipy.stats import ortho_group

from models.spikes.baselines.latent_number import CANDIDATES, for_mixture
from models.spikes.baselines.matching_spaces import by_conditions, by_distribution, by_loadings, condition_means
from models.spikes.baselines.mixture_space import by_mixture
from models.spikes.baselines.segment_vae import fit_segment_vae
from models.spikes.bench.ledger import Ledger
from models.spikes.bench.monkey_two import permutation_p, rank_among_turns
from models.spikes.bench.reading import compared, halves, read_unseen
from models.spikes.bench.rows import ACROSS, model, select
from models.spikes.latent_model import seen
from models.spikes.simulation.reach import ReachSettings, reach
from models.training.task import QuietProgress
from pipelines.errors import ConfigError, DataLeak, ModelError

SMALL = ReachSettings(repeats=6, dropped=0.0)


def lopsided(seed: int, n_trials: int = 64) -> np.ndarray:
    """Latents (n_trials, 12, 3) whose distribution no rotation maps onto itself."""
    luck = np.random.default_rng(seed)
    z = (
        luck.gamma(1.0, 1.0, (n_trials, 12, 3)) * [1.0, 0.6, 0.3]
        + [0.0, 0.5, 0.2] * luck.random((n_trials, 12, 3)) ** 4
    )
    return np.asarray((z - z.mean(axis=(0, 1))) / z.std(axis=(0, 1)) * [2.0, 1.0, 0.5])


def test_matched_conditions_give_the_rotation_back() -> None:
    z, labels = lopsided(0), np.array([f"c{k % 8}" for k in range(64)])
    matrix = ortho_group.rvs(3, random_state=1)
    means = [condition_means(v, labels) for v in (z @ matrix.T, z)]
    np.testing.assert_allclose(by_conditions(*means, canonical=False), matrix, atol=1e-8)
    np.testing.assert_allclose(z @ matrix.T @ by_conditions(*means, canonical=True), z, atol=1e-6)
    with pytest.raises(ModelError, match="fewer than two"):
        by_conditions({"a": means[0]["c0"]}, means[1], canonical=False)


def test_a_distribution_gives_the_rotation_back_where_it_has_a_shape() -> None:
    matrix = ortho_group.rvs(3, random_state=2)
    found = by_distribution(lopsided(1) @ matrix.T, lopsided(2))
    assert np.trace(found.T @ matrix) > 2.7  # 3 if equal


def test_a_mixture_gives_the_rotation_back_without_labels() -> None:
    luck = np.random.default_rng(0)
    means = luck.standard_normal((6, 12, 5))
    matrix = ortho_group.rvs(5, random_state=3)
    trials = (means[luck.integers(0, 6, 60)] + 0.7 * luck.standard_normal((60, 12, 5))) @ matrix.T
    assert np.trace(by_mixture(trials, means, 0.49).T @ matrix) > 4.8


def test_loadings_of_units_that_left_do_not_spoil_those_that_stayed() -> None:
    luck = np.random.default_rng(0)
    there = luck.standard_normal((40, 3))
    matrix = ortho_group.rvs(3, random_state=4)
    here = there @ matrix.T
    here[:10] = 3 * luck.standard_normal((10, 3))
    np.testing.assert_allclose(by_loadings(here, there), matrix, atol=1e-8)
    with pytest.raises(ModelError, match="do not fix"):
        by_loadings(here[:2], there[:2])


def test_what_an_unseen_session_gives_away_is_what_the_model_needs() -> None:
    trials = reach(SMALL, 0)
    assert seen(trials, "nothing") is None
    bare, named = seen(trials, "unlabelled"), seen(trials, "conditions")
    assert bare is not None
    assert named is not None
    assert set(bare.labels) == {""}
    assert np.array_equal(named.labels, trials.labels)
    assert not bare.covariates
    assert not named.covariates
    assert not named.truth


def test_labels_read_an_unseen_animal_and_its_global_rate_does_not() -> None:
    learned, unseen = [reach(SMALL, animal) for animal in range(3)], reach(SMALL, 9)
    calibration, test = halves(unseen)
    figures = {}
    for row in ("Procrustes, labels", "global rate"):
        fitted = model(ACROSS[row])
        fitted.fit(learned, 0, QuietProgress())
        said = read_unseen(fitted, learned, [t.truth["latent"] for t in learned], calibration, test)
        figures[row] = compared(said, test.truth["latent"], test.global_rate)
        with pytest.raises(DataLeak):
            read_unseen(fitted, learned, [t.truth["latent"] for t in learned], unseen, test)
    assert figures["Procrustes, labels"]["r"] > 0.9
    assert figures["Procrustes, labels"]["p"] <= 0.01
    assert abs(figures["global rate"]["r"]) < 0.15


def test_the_static_ridge_reads_units_by_name_whatever_their_order() -> None:
    first = reach(SMALL, 0)
    fitted = model({"kind": "static_ridge"})
    fitted.fit([first], 0, QuietProgress())
    order = np.random.default_rng(0).permutation(first.units.n_units)
    shuffled = fitted.latents(first.take_units(order).unlabelled(), None)
    np.testing.assert_allclose(shuffled, fitted.latents(first.unlabelled(), None), atol=1e-5)


@pytest.mark.parametrize("row", ["set reader", "VAE", "pi-VAE"])
def test_set_models_learn_read_and_do_not_see_labels(row: str) -> None:
    learned = [reach(SMALL, animal) for animal in range(2)]
    fitted = model({**ACROSS[row], "fit": {"epochs": 1, "batch_size": 32}})
    fitted.fit(learned, 0, QuietProgress())
    trials = reach(SMALL, 5)
    order = np.random.default_rng(0).permutation(trials.units.n_units)
    once = fitted.latents(trials.unlabelled(), None)
    assert once.shape[:2] == trials.counts.shape[:2]
    np.testing.assert_allclose(fitted.latents(trials.take_units(order).unlabelled(), None), once, atol=1e-4)


@pytest.mark.parametrize("kind", ["vae", "ivae", "pi_vae"])
def test_vaes_of_segments_give_one_row_of_latents_for_each_sample(kind: str) -> None:
    luck = np.random.default_rng(0)
    observed = luck.standard_normal((200, 5)).astype(np.float32)
    args = (kind, observed, luck.integers(0, 4, 200), 2, 5)
    found = fit_segment_vae(*args)  # type: ignore[arg-type]
    assert found.shape == (200, 2)
    np.testing.assert_array_equal(found, fit_segment_vae(*args))  # type: ignore[arg-type]


def test_results_are_kept_and_those_of_other_settings_refused(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path / "x.json", {"a": 1})
    for seed, value in enumerate((0.1, 0.3)):
        ledger.add("row", seed, {"r": value})
    again = Ledger(tmp_path / "x.json", {"a": 1})
    assert again.has("row", 1)
    assert not again.has("row", 2)
    assert again.summary()["row"]["r"][0] == pytest.approx(0.2)
    with pytest.raises(ConfigError, match="other settings"):
        Ledger(tmp_path / "x.json", {"a": 2})
    with pytest.raises(ConfigError, match="no row nobody"):
        select(ACROSS, ["nobody"])


def test_a_ring_that_is_turned_by_one_is_found_out() -> None:
    truth = np.array([f"direction {d}" for d in np.tile(np.arange(1, 9), 6)])
    turned = np.array([f"direction {d % 8 + 1}" for d in np.tile(np.arange(1, 9), 6)])
    assert rank_among_turns(truth, truth) == 1
    assert rank_among_turns(turned, truth) > 1
    assert permutation_p(truth, truth, 0) == pytest.approx(0.001)
    assert permutation_p(turned, truth, 0) > 0.9


def test_cebra_is_told_conditions_and_reads_an_unseen_animal() -> None:
    learned, unseen = [reach(SMALL, animal) for animal in range(2)], reach(SMALL, 9)
    calibration, test = halves(unseen)
    fitted = model({**ACROSS["CEBRA, labels"], "iterations": 60})
    assert fitted.needs == "conditions"
    fitted.fit(learned, 0, QuietProgress())
    with pytest.raises(ModelError, match="no trials with conditions"):
        fitted.latents(test.unlabelled(), None)
    said = read_unseen(fitted, learned, [t.truth["latent"] for t in learned], calibration, test)
    assert compared(said, test.truth["latent"], test.global_rate)["r"] > 0.4
    strange = replace(calibration, labels=np.full(calibration.n_trials, "direction 99"))
    with pytest.raises(ModelError, match="direction 99"):
        fitted.latents(test.unlabelled(), strange)


def test_the_number_of_latents_is_found_on_what_is_learned_from_alone() -> None:
    trials = reach(ReachSettings(n_directions=4, repeats=4, n_bins=6, units=(12, 12), dropped=0.0), 0)
    found = for_mixture(trials, 1.0, "pca", n_splits=1)
    assert found in CANDIDATES
    assert found == for_mixture(trials, 1.0, "pca", n_splits=1)
    fitted = model({"kind": "linear", "rule": "mixture", "n_latents": 0})
    fitted.fit([trials], 0, QuietProgress())
    assert fitted.latents(trials.unlabelled(), None).shape[2] in CANDIDATES
    with pytest.raises(ModelError, match="fewer than four trials"):
        for_mixture(trials.take(range(8)), 1.0, "pca")
