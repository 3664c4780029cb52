"""Finding items, comparing representations."""

from __future__ import annotations

import numpy as np
import pytest

from models.metrics.retrieval import ranks, top_k, two_way
from models.metrics.similarity import dissimilarities, linear_cka, rsa
from pipelines.errors import ModelError


def test_the_right_item_is_found_and_a_wrong_order_is_at_chance() -> None:
    truth = np.random.default_rng(0).standard_normal((200, 50))
    assert top_k(truth + 0.1, truth) == 1.0
    assert two_way(truth, truth) == 1.0
    shuffled = np.roll(truth, 1, axis=0)
    assert top_k(shuffled, truth) == 0.0
    assert two_way(shuffled, truth) == pytest.approx(0.5, abs=0.05)
    noise = np.random.default_rng(1).standard_normal((200, 50))
    assert top_k(noise, truth, k=20) == pytest.approx(0.1, abs=0.06)


def test_a_constant_finds_nothing() -> None:
    truth = np.random.default_rng(0).standard_normal((20, 8))
    constant = np.ones_like(truth)
    assert top_k(constant, truth) == 0.0
    assert two_way(constant, truth) == 0.5


def test_candidates_are_drawn() -> None:
    rng = np.random.default_rng(0)
    truth = rng.standard_normal((100, 30))
    predicted = truth + 3 * rng.standard_normal(truth.shape)
    few, many = (top_k(predicted, truth, n_candidates=n, n_draws=50) for n in (5, 100))
    assert few > many
    assert ranks(predicted, truth, 5, 3).shape == (15,)
    with pytest.raises(ModelError, match="there are 100"):
        top_k(predicted, truth, n_candidates=101)


def test_rsa_does_not_see_rotations_but_sees_other_geometry() -> None:
    rng = np.random.default_rng(0)
    patterns = rng.standard_normal((20, 15))
    rotated = patterns @ np.linalg.qr(rng.standard_normal((15, 15)))[0]
    first, second = (dissimilarities(x, "euclidean") for x in (patterns, rotated))
    other = dissimilarities(rng.standard_normal((20, 15)), "euclidean")
    for method in ("spearman", "corr_cov"):
        assert rsa(first, second, method) == pytest.approx(1.0)
        assert abs(rsa(first, other, method)) < 0.3
    with pytest.raises(ModelError, match="select the same items"):
        rsa(first, other[1:, 1:])


def test_cka_does_not_see_rotation_and_scale() -> None:
    rng = np.random.default_rng(0)
    x = rng.standard_normal((500, 6))
    assert linear_cka(x, 3 * x @ np.linalg.qr(rng.standard_normal((6, 6)))[0] + 2) == pytest.approx(1.0)
    assert linear_cka(x, rng.standard_normal((500, 6))) < 0.1
    assert linear_cka(x, np.ones((500, 2))) == 0.0


@pytest.mark.shared
def test_similarity_judgements_agree_between_people(shared_data: object) -> None:
    """Median Spearman of a person with the mean of the others is .52; of shuffled items, 0."""
    from pathlib import Path

    from scipy.io import loadmat

    path = Path(str(shared_data)) / "fmri_rsatoolbox" / "92_behavRDMs.mat"
    rdms = np.stack([person["RDM"] for person in loadmat(path)["rdms_behav_92"][0]])
    found = [rsa(rdm, np.delete(rdms, i, axis=0).mean(axis=0)) for i, rdm in enumerate(rdms)]
    assert np.median(found) == pytest.approx(0.52, abs=0.006)
    order = np.random.default_rng(0).permutation(92)
    assert abs(rsa(rdms[3][np.ix_(order, order)], np.delete(rdms, 3, axis=0).mean(axis=0))) < 0.1
