"""The reader of the Natural Scenes Dataset on a fabricated folder in the published layout."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import h5py
import nibabel
import numpy as np
import pytest
from scipy.io import savemat

from pipelines import plugins
from pipelines.errors import RecordingError

SHAPE = (4, 5, 3)  # x, y, z
BETAS = "betas_fithrf_GLMdenoise_RR"


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, Any]]:
    """Two sessions of subject 2; the betas of trial t at x, y, z are known."""
    root = tmp_path_factory.mktemp("nsd")
    rng = np.random.default_rng(0)
    truth: dict[str, Any] = {"betas": rng.integers(-3000, 3000, (2, 750, *SHAPE)).astype(np.int16)}
    home = root / "nsddata_betas" / "ppdata" / "subj02" / "func1pt8mm" / BETAS
    rois = root / "nsddata" / "ppdata" / "subj02" / "func1pt8mm" / "roi"
    design = root / "nsddata" / "experiments" / "nsd"
    stimuli = root / "nsddata_stimuli" / "stimuli" / "nsd"
    for folder in (home, rois, design, stimuli):
        folder.mkdir(parents=True)
    for number, betas in enumerate(truth["betas"], start=1):
        with h5py.File(home / f"betas_session{number:02d}.hdf5", "w") as file:
            file["betas"] = betas.transpose(0, 3, 2, 1)  # trials, z, y, x
    affine = np.diag([1.8, 1.8, 1.8, 1.0])
    affine[:3, 3] = -10.0
    truth["mask"] = np.where(rng.random(SHAPE) < 0.4, 1, -1).astype(np.int16)
    truth["roi"] = rng.integers(0, 8, SHAPE).astype(np.int16)
    truth["ncsnr"] = rng.random(SHAPE).astype(np.float32)
    for path, volume in (
        (rois / "nsdgeneral.nii.gz", truth["mask"]),
        (rois / "prf-visualrois.nii.gz", truth["roi"]),
        (home / "ncsnr.nii.gz", truth["ncsnr"]),
    ):
        nibabel.save(nibabel.Nifti1Image(volume, affine), path)
    pattern = np.zeros((40, 12, 75), dtype=np.uint8)
    for run in range(12):
        pattern[:, run, 1 : 63 + run % 2] = 1
    order = np.concatenate([rng.integers(1, 1500, 30_000)])
    images = np.stack([rng.permutation(73_000)[:10_000] + 1 for _ in range(8)])
    truth["names"] = images[1][order - 1]
    truth["order"] = order
    savemat(
        design / "nsd_expdesign.mat",
        {"masterordering": order[None], "subjectim": images, "stimpattern": pattern},
        do_compression=True,
    )
    with h5py.File(stimuli / "nsd_stimuli.hdf5", "w") as file:
        file.create_dataset("imgBrick", (73_000, 2, 2, 3), dtype="u1", chunks=(1, 2, 2, 3), fillvalue=7)
        file["imgBrick"][41] = 42
    return root, truth


def _data(root: Path, **settings: Any) -> Any:
    return plugins.make("fmri_datasets", {"kind": "nsd", "folder": str(root), **settings})


def test_betas_of_the_mask_come_in_percent_in_the_order_of_the_mask(made: tuple[Path, dict[str, Any]]) -> None:
    root, truth = made
    data = _data(root)
    assert data.subjects() == ("subj02",)
    found = data.read("subj02")
    mask = truth["mask"] > 0
    np.testing.assert_allclose(found.values[:750], truth["betas"][0][:, mask] / 300.0, rtol=1e-6)
    np.testing.assert_allclose(found.values[750:], truth["betas"][1][:, mask] / 300.0, rtol=1e-6)
    np.testing.assert_allclose(found.voxels.ncsnr, truth["ncsnr"][mask])
    np.testing.assert_allclose(found.voxels.xyz_mm, np.argwhere(mask) * 1.8 - 10.0)
    names = ("", "V1v", "V1d", "V2v", "V2d", "V3v", "V3d", "hV4")
    assert found.voxels.roi.tolist() == [names[n] for n in truth["roi"][mask]]
    assert found.unit == "percent"


def test_trials_name_their_image_and_their_time(made: tuple[Path, dict[str, Any]]) -> None:
    root, truth = made
    trials = _data(root).read("subj02").trials
    assert trials.stimulus.tolist() == [f"nsd{n:05d}" for n in truth["names"][:1500]]
    assert trials.session.tolist() == ["01"] * 750 + ["02"] * 750
    assert trials.start_s[:3].tolist() == [4.0, 8.0, 12.0]
    assert trials.start_s[62] == 304.0  # the first stimulus of the second run
    np.testing.assert_allclose(trials.stop_s - trials.start_s, 3.0)


def test_the_test_set_is_the_images_that_everybody_saw(made: tuple[Path, dict[str, Any]]) -> None:
    root, truth = made
    data = _data(root)
    responses = data.read("subj02")
    split = data.split(responses)
    assert split.test.tolist() == np.flatnonzero(truth["order"][:1500] <= 1000).tolist()
    split.check(responses.trials)


def test_a_cache_gives_the_same_values_from_the_disk(made: tuple[Path, dict[str, Any]], tmp_path: Path) -> None:
    root, _ = made
    plain = _data(root, n_sessions=1).read("subj02")
    data = _data(root, n_sessions=1, cache=str(tmp_path))
    assert (data.read("subj02").values == plain.values).all()
    again = data.read("subj02").values
    assert isinstance(again, np.memmap)
    assert (again == plain.values).all()
    assert not list(tmp_path.glob(".*"))


def test_images_are_read_by_name(made: tuple[Path, dict[str, Any]]) -> None:
    found = _data(made[0]).images(["nsd00042", "nsd00001"])
    assert found.shape == (2, 2, 2, 3)
    assert found[:, 0, 0, 0].tolist() == [42, 7]


def test_betas_of_another_size_are_named(made: tuple[Path, dict[str, Any]], tmp_path: Path) -> None:
    with pytest.raises(RecordingError, match="no betas_fithrf of any subject"):
        _data(made[0], betas="betas_fithrf").subjects()
    with pytest.raises(RecordingError, match=r"other\.nii\.gz: cannot be read"):
        _data(made[0], mask="other").read("subj02")
    root = tmp_path / "copy"
    for path in made[0].rglob("*"):
        if path.is_file():
            target = root / path.relative_to(made[0])
            target.parent.mkdir(parents=True, exist_ok=True)
            target.symlink_to(path)
    bad = root / "nsddata_betas" / "ppdata" / "subj02" / "func1pt8mm" / BETAS / "betas_session02.hdf5"
    bad.unlink()
    with h5py.File(bad, "w") as file:
        file["betas"] = np.zeros((750, 3, 5, 5), dtype=np.int16)
    with pytest.raises(RecordingError, match=r"betas_session02\.hdf5: 'betas' is \(750, 3, 5, 5\)"):
        _data(root).read("subj02")
