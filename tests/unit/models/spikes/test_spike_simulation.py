"""Simulators: the same arguments give the same bits, counts are Poisson, tables tell what they should and no more."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from models.metrics.decoding import decoding_r2
from models.metrics.identifiability import mcc
from models.spikes.simulation.drift import DriftSettings, days
from models.spikes.simulation.reach import ReachSettings, Tuned, population, reach, reaches, record
from models.spikes.simulation.segments import SegmentSettings, orthogonal, segments
from models.spikes.simulation.two_modalities import TwoModalitySettings, two_modalities
from models.spikes.simulation.visual import VisualSettings, films, watch

SMALL = ReachSettings(repeats=4)


@pytest.mark.parametrize(
    "make", [lambda seed: reach(SMALL, 1, seed), lambda seed: watch(VisualSettings(n_clips=4), 1, seed)]
)
def test_the_same_seed_gives_the_same_bits_and_another_one_not(make: object) -> None:
    first, again, other = (make(seed) for seed in (3, 3, 4))  # type: ignore[operator]
    np.testing.assert_array_equal(first.counts, again.counts)
    np.testing.assert_array_equal(first.units.positions, again.units.positions)
    assert first.counts.shape != other.counts.shape or np.any(first.counts != other.counts)


def test_counts_are_poisson() -> None:
    settings = replace(SMALL, repeats=1, n_directions=2000, gain_drift=0.0, dropped=0.0, units=(5, 5))
    luck = np.random.default_rng(0)
    tuned = population(settings, 0, luck)
    still = Tuned(tuned.units, np.zeros_like(tuned.weights), np.full(5, 20.0))
    counts = record(settings, still, luck).counts.reshape(-1, 5)
    # 80,000 bins of mean 0.4: variance over mean is 1 within four of its standard errors, √(2 / n).
    fano = counts.var(axis=0) / counts.mean(axis=0)
    np.testing.assert_allclose(counts.mean(axis=0), 0.4, atol=4 * np.sqrt(0.4 / len(counts)))
    np.testing.assert_allclose(fano, 1.0, atol=4 * np.sqrt(2 / len(counts) * 2))


def test_speed_rises_faster_than_it_falls() -> None:
    latent = reaches(replace(SMALL, direction_jitter=0.0), np.zeros(200, np.int64), np.random.default_rng(0))
    speed = np.linalg.norm(latent, axis=2)
    rise, fall = [], []
    for course in speed:
        above = np.flatnonzero(course > course.max() / 2)
        rise.append(course.argmax() - above[0])
        fall.append(above[-1] - course.argmax())
    assert np.mean(fall) > 1.2 * np.mean(rise)


def test_where_a_unit_lies_tells_its_direction_only_in_the_informative_world() -> None:
    def told(tuning: str) -> float:
        settings = replace(SMALL, tuning=tuning, units=(400, 400), dropped=0.0)  # type: ignore[arg-type]
        tuned = population(settings, 0, np.random.default_rng(1))
        x, y, _ = tuned.units.positions.T
        expected = 2 * np.pi * (x + 0.15 * np.sin(2 * np.pi * y))
        actual = np.arctan2(tuned.weights[:, 1], tuned.weights[:, 0])
        return float(np.mean(np.cos(expected - actual)))

    assert told("informative") > 0.95
    assert abs(told("anonymous")) < 0.15


def test_some_units_are_silent_and_their_share_is_as_asked() -> None:
    settings = replace(SMALL, units=(500, 500), dropped=0.2)
    assert np.mean(population(settings, 0, np.random.default_rng(2)).base_hz == 0) == pytest.approx(0.2, abs=0.08)


def test_days_keep_names_of_units_that_stay() -> None:
    sessions = days(DriftSettings(SMALL, replaced=0.2), 0, 4)
    kept = [len(set(sessions[0].units.ids) & set(later.units.ids)) / len(later.units.ids) for later in sessions]
    assert kept[0] == 1
    assert kept == sorted(kept, reverse=True)
    assert kept[3] < 0.9
    assert [s.units.session for s in sessions] == ["0", "1", "2", "3"]


def test_without_drift_a_day_is_the_first_one_again() -> None:
    first, later = days(DriftSettings(SMALL, turn=0.0, gain_sigma=0.0, replaced=0.0), 0, 2)
    assert first.units.ids == later.units.ids
    r = np.corrcoef(first.counts.mean(axis=(0, 1)), later.counts.mean(axis=(0, 1)))[0, 1]
    assert r > 0.95


def test_films_drive_units_where_they_look() -> None:
    trials = watch(VisualSettings(n_clips=16, repeats=2), 0)
    teaches = np.isin(trials.labels, np.unique(trials.labels)[:10])
    sides = [(trials.counts[rows], trials.truth["latent"][rows]) for rows in (teaches, ~teaches)]
    assert decoding_r2(sides[0], sides[1]) > 0.4
    film, latent = films(VisualSettings(n_clips=3))
    assert np.abs(film).max() <= 1
    assert np.abs(latent[..., :2]).max() <= 1


def test_running_raises_all_rates() -> None:
    trials = watch(VisualSettings(running_gain=0.6), 0)
    r = np.corrcoef(trials.covariates["running"].ravel(), trials.global_rate.ravel())[0, 1]
    assert r > 0.2


def test_segments_change_mean_and_variance() -> None:
    data = segments(SegmentSettings(n_segments=12, per_segment=200))
    inside = [data.latents[data.segment == s] for s in range(12)]
    assert np.std([v.mean(axis=0) for v in inside], axis=0).min() > 0.5
    assert np.std([v.std(axis=0) for v in inside], axis=0).min() > 0.2
    mean_only = segments(SegmentSettings(n_segments=12, per_segment=200, vary="mean"))
    inside = [mean_only.latents[mean_only.segment == s] for s in range(12)]
    assert np.std([v.std(axis=0) for v in inside], axis=0).max() < 0.15


def test_mixing_loses_nothing_linear_maps_could_not_see() -> None:
    data = segments(SegmentSettings(n_segments=10, per_segment=100, mixing="easy", noise=0.0))
    assert mcc(data.latents, data.observed, "weak") > 0.97
    matrix = orthogonal(4, 8, np.random.default_rng(0))
    np.testing.assert_allclose(matrix @ matrix.T, np.eye(4), atol=1e-12)


def test_planted_units_hear_one_block_alone() -> None:
    data = two_modalities(TwoModalitySettings(planted=True, noise=0.0, per_cell=10))
    for source, hears in ((data.z_c, data.x_hears), (data.z_mx, ~data.x_hears)):
        design = np.c_[source, np.abs(source), np.ones(len(source))]
        explained = 1 - np.var(data.x - design @ np.linalg.lstsq(design, data.x, rcond=None)[0], axis=0)
        assert explained[hears].min() > explained[~hears].max()
