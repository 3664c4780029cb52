"""The simulated brains: what is said to be known of them is true of their trials."""

from __future__ import annotations

import numpy as np
import pytest

from models.fmri.session_scaling import SessionScaling
from models.fmri.simulation import REFERENCE, World, WorldSettings
from models.metrics.voxelwise import correlation, ncsnr_of, noise_ceiling
from pipelines import plugins
from pipelines.errors import RecordingError

SMALL = WorldSettings(code_dim=12, n_shared=6, n_private=3, n_classes=5, n_rois=2)


def test_the_same_seed_gives_the_same_world_and_another_another() -> None:
    first, again, other = (World(SMALL, seed).brain(0, 30).trials(World(SMALL, seed).scenes(5)) for seed in (1, 1, 2))
    assert (first == again).all()
    assert not np.isclose(first, other).any()


def test_noise_and_signal_have_the_covariances_they_are_said_to_have() -> None:
    brain = World(SMALL).brain(0, 40)
    scenes = brain.world.scenes(20_000)
    signal = brain.signal(scenes)
    noise = np.cov((brain.trials(scenes) - signal).T)
    np.testing.assert_allclose(noise, brain.noise_covariance, atol=0.06 * np.diag(noise).max())
    np.testing.assert_allclose(np.cov(signal.T), brain.signal_covariance, atol=0.05 * np.diag(noise).max())


def test_noise_is_correlated_within_regions_and_not_between() -> None:
    brain = World(SMALL).brain(0, 40)
    deviation = np.sqrt(np.diag(brain.noise_covariance))
    found = np.abs(brain.noise_covariance / np.outer(deviation, deviation))
    same = brain.roi[:, None] == brain.roi
    assert found[~same].max() < 1e-12
    assert found[same & ~np.eye(40, dtype=bool)].mean() > 0.1


def test_encodings_are_smooth_over_the_sheet() -> None:
    def likeness(settings: WorldSettings) -> float:
        found = World(settings).brain(0, 100).encoding.reshape(12, 10, 10)
        return float(np.corrcoef(found[:, :, 1:].ravel(), found[:, :, :-1].ravel())[0, 1])

    assert likeness(SMALL.model_copy(update={"smoothness": 0.3})) > 0.8
    assert abs(likeness(SMALL.model_copy(update={"smoothness": 0.0}))) < 0.1


def test_subjects_share_a_subspace_and_have_one_of_their_own() -> None:
    world = World(SMALL)
    a, b = (world.brain(i, 50).encoding for i in (0, 1))
    shared = world._basis[:, :6]
    spans = [np.linalg.matrix_rank(x) for x in (a, b, np.hstack([a, b]))]
    assert spans == [9, 9, 12]
    alone = World(SMALL.model_copy(update={"n_private": 0, "private_share": 0.0})).brain(0, 50).encoding
    np.testing.assert_allclose(alone, shared @ (shared.T @ alone), atol=1e-12)


def test_the_known_transfer_is_the_best_linear_map() -> None:
    """With independent normal codes the oracle of the reference world reaches r = .992."""
    world = World(REFERENCE)
    new, known = world.brain(0, 300), world.brain(1, 300)
    test, fitting = world.scenes(500, prefix="test"), world.scenes(20_000, prefix="fit")
    oracle = new.transfer_to(known)
    fitted = np.linalg.lstsq(new.trials(fitting), known.trials(fitting), rcond=None)[0]
    x, truth = new.trials(test, 7), known.signal(test)
    assert correlation(truth, x @ oracle).mean() > correlation(truth, x @ fitted).mean() > 0.9
    np.testing.assert_allclose(correlation(truth, x @ oracle).mean(), 0.985, atol=0.005)


def test_the_ceiling_is_what_a_perfect_predictor_reaches() -> None:
    brain = World(SMALL).brain(0, 40)
    scenes = brain.world.scenes(4000)
    found = correlation(brain.trials(scenes), brain.signal(scenes))
    np.testing.assert_allclose(found, np.sqrt(noise_ceiling(brain.ncsnr)), atol=0.05)


def test_repeats_tell_the_ncsnr_after_scaling_by_session() -> None:
    brain = World(SMALL.model_copy(update={"ncsnr": 1.0})).brain(0, 60)
    raw = brain.responses(brain.world.scenes(300), n_repeats=3, n_sessions=4)
    scaled = SessionScaling.fit(raw, np.arange(len(raw.trials)))(raw)
    found = ncsnr_of(scaled.values, raw.trials.stimulus)
    assert np.corrcoef(found, brain.ncsnr)[0, 1] > 0.9
    np.testing.assert_allclose(found.mean(), brain.ncsnr.mean(), rtol=0.15)


def test_mismatch_takes_the_linear_part_away() -> None:
    def explained(settings: WorldSettings) -> float:
        world = World(settings)
        code = world.scenes(5000).code
        drive = world.drive(code)
        left = drive - code @ np.linalg.lstsq(code, drive, rcond=None)[0]
        return 1 - float(left.var() / drive.var())

    assert explained(SMALL) > 1 - 1e-12
    assert 0.4 < explained(SMALL.model_copy(update={"mismatch": 0.5})) < 0.95
    assert World(SMALL.model_copy(update={"missing": 5})).seen(np.zeros((2, 12))).shape == (2, 1, 7)


def test_procedural_images_are_seen_by_the_embedder_and_their_labels_by_the_brain() -> None:
    table = {"kind": "simulated_fmri", "stimuli": "procedural", "n_subjects": 1, "n_images": 6, "n_test": 4,
             "n_shared": 10, "n_voxels": 20}  # fmt: skip
    data = plugins.make("fmri_datasets", table)
    responses = data.read("00")
    features, code = data.features(), data.features("code")
    assert features.source == "gabor-64 1"
    assert features.tokens_of(responses.trials.stimulus).shape == (30, 16, 32)
    assert code.tokens.shape == (10, 1, 14)
    images = data.images(features.names.tolist())
    assert len({image.tobytes() for image in images}) == 10
    np.testing.assert_allclose(data.world.scenes(4000).code.std(axis=0), 1, atol=0.06)
    with pytest.raises(RecordingError, match="no such image"):
        data.images(["nsd00001"])
