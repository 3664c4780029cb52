"""Signals unlike the training ones are told from those like them, and it is said in what."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from models.cross_spectra import CrossSpectra
from models.familiarity import ASPECTS, Familiarity, aspects, person_quantile
from pipelines.errors import CheckpointInvalid, ModelError
from tests.contract.decoder_examples import BANDS_HZ, N_SAMPLES, RATE_HZ, windows

SPECTRA = CrossSpectra(RATE_HZ, N_SAMPLES, BANDS_HZ, 3)


def measured(seed: int, count: int = 24, change: Callable[[np.ndarray], np.ndarray] = lambda rows: rows) -> np.ndarray:
    """Covariances of windows of a simulated person (4 electrodes), changed before they are measured."""
    alpha_uv = float(np.random.default_rng(seed).uniform(8.0, 30.0))
    return np.array([SPECTRA.covariances(change(w.samples)) for w in windows(seed, alpha_uv, count)])


@pytest.fixture(scope="module")
def known() -> Familiarity:
    return Familiarity.fit([measured(seed) for seed in range(16)], 0.95)


def flagged(known: Familiarity, covariances: np.ndarray) -> np.ndarray:
    """Share of windows beyond the limit, by aspect."""
    return (known(covariances) > 1).mean(axis=1)


def test_people_never_seen_are_familiar(known: Familiarity) -> None:
    alarms = [(known(measured(seed)) > 1).any(axis=0).mean() for seed in range(100, 140)]
    assert np.mean(alarms) < 0.12


CHANGES: dict[str, Callable[[np.ndarray], np.ndarray]] = {
    "amplitude": lambda rows: 10 * rows,
    "spectrum": lambda rows: rows + np.sin(2 * np.pi * 25 * np.arange(N_SAMPLES) / RATE_HZ)[:, None] * 60,
    "layout over the head": lambda rows: rows[:, ::-1],
    "coupling of electrodes": lambda rows: rows - rows.mean(axis=1, keepdims=True) * 0.98,
}


@pytest.mark.parametrize("aspect", ASPECTS)
def test_a_change_is_found_in_its_aspect(known: Familiarity, aspect: str) -> None:
    found = dict(zip(ASPECTS, flagged(known, measured(300, change=CHANGES[aspect])), strict=True))
    assert found[aspect] > 0.9, found


def test_amplitude_alone_changes_nothing_else() -> None:
    plain, louder = aspects(measured(5)), aspects(measured(5, change=lambda rows: 10 * rows))
    np.testing.assert_allclose(louder[0] - plain[0], np.log(100), atol=1e-5)
    for before, after in zip(plain[1:], louder[1:], strict=True):
        np.testing.assert_allclose(after, before, atol=1e-5)


@pytest.mark.parametrize("rows", [np.zeros((N_SAMPLES, 4)), np.ones((N_SAMPLES, 4)), np.full((N_SAMPLES, 4), 1e6)])
def test_flat_windows_are_unfamiliar_and_finite(known: Familiarity, rows: np.ndarray) -> None:
    distances = known(SPECTRA.covariances(rows)[None])
    assert np.isfinite(distances).all()
    assert distances.max() > 1


def test_equal_channels_are_finite(known: Familiarity) -> None:
    rows = np.repeat(windows(1, 10.0, 1)[0].samples[:, :1], 4, axis=1)
    assert np.isfinite(known(SPECTRA.covariances(rows)[None])).all()


def test_tensors_give_the_same_distances(known: Familiarity) -> None:
    again = Familiarity.from_tensors(known.tensors(), len(BANDS_HZ), 4, "card")
    np.testing.assert_array_equal(again(measured(7)), known(measured(7)))


def test_damaged_tensors_are_named(known: Familiarity) -> None:
    tensors = known.tensors()
    del tensors["2.mean"]
    with pytest.raises(CheckpointInvalid, match=r"2\.mean must have shape \(4,\), is missing"):
        Familiarity.from_tensors(tensors, len(BANDS_HZ), 4, "card")
    with pytest.raises(CheckpointInvalid, match=r"1\.mean must have shape \(5,\), is \(3,\)"):
        Familiarity.from_tensors(known.tensors(), 5, 4, "card")


def test_one_person_is_too_few() -> None:
    with pytest.raises(ModelError, match="two people or more"):
        Familiarity.fit([measured(1)], 0.95)


def test_quantile_counts_people_alike() -> None:
    assert person_quantile([np.zeros(1000), np.array([1.0]), np.array([2.0])], 0.5) == 1.0
    assert person_quantile([np.arange(101.0)], 0.98) == pytest.approx(98.0)
