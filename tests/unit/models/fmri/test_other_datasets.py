"""Readers of arrays, of BIDS derivatives and of the 81 objects."""

from __future__ import annotations

from pathlib import Path

import h5py
import nibabel
import numpy as np
import pytest

from pipelines import plugins
from pipelines.errors import RecordingError


@pytest.mark.parametrize("suffix", [".npz", ".h5"])
def test_arrays_are_read_from_npz_and_hdf5(tmp_path: Path, suffix: str) -> None:
    rng = np.random.default_rng(0)
    table = {
        "responses": rng.standard_normal((6, 4)), "stimulus": np.array(list("abcabc")), "session": np.repeat([1, 2], 3),
        "roi": np.array(["V1", "V1", "V2", ""]), "ncsnr": np.ones(4), "test": np.array([1, 0, 0, 1, 0, 0]),
    }  # fmt: skip
    features = {"names": np.array(list("cba")), "clip": rng.standard_normal((3, 5))}
    for name, arrays in (("s01", table), ("features", features)):
        if suffix == ".npz":
            np.savez(tmp_path / f"{name}.npz", **arrays)
            continue
        with h5py.File(tmp_path / f"{name}.h5", "w") as file:
            for key, value in arrays.items():
                file[key] = value.astype(object) if value.dtype.kind == "U" else value
    data = plugins.make("fmri_datasets", {"kind": "arrays", "folder": str(tmp_path)})
    assert data.subjects() == ("s01",)
    found = data.read("s01")
    np.testing.assert_allclose(found.values, table["responses"], rtol=1e-6)
    assert found.trials.session.tolist() == list("111222")
    assert found.voxels.rois == ("V1", "V2")
    assert data.split(found).test.tolist() == [0, 3]
    np.testing.assert_allclose(data.features("clip").tokens_of(np.array(["a"]))[0, 0], features["clip"][2], rtol=1e-6)


def test_what_an_array_file_lacks_is_named_and_pickles_are_not_read(tmp_path: Path) -> None:
    data = plugins.make("fmri_datasets", {"kind": "arrays", "folder": str(tmp_path)})
    np.savez(tmp_path / "s01.npz", responses=np.zeros((2, 2)))
    with pytest.raises(RecordingError, match=r"s01\.npz: no array 'stimulus'; there are responses"):
        data.read("s01")
    np.savez(tmp_path / "s01.npz", responses=np.array([{}, {}]), stimulus=np.array(["a", "b"]))
    with pytest.raises(RecordingError, match="cannot be read"):
        data.read("s01")
    (tmp_path / "s01.npz").write_bytes(b"PK damaged")
    with pytest.raises(RecordingError, match="cannot be read"):
        data.read("s01")


@pytest.fixture
def bids(tmp_path: Path) -> Path:
    """One subject, two runs of 40 volumes of 2 s; a voxel rises 4 to 8 s after each onset of image a."""
    rng = np.random.default_rng(0)
    derived = tmp_path / "derivatives" / "fmriprep" / "sub-01" / "func"
    raw = tmp_path / "sub-01" / "func"
    for folder in (derived, raw):
        folder.mkdir(parents=True)
    mask = np.zeros((3, 3, 3), dtype=np.uint8)
    mask[1, :2, :2] = 1
    for run in (1, 2):
        signal = rng.standard_normal((3, 3, 3, 40)) + 100
        onsets = [(8.0, "a.png"), (24.0, "b.png"), (40.0, "a.png"), (56.0, "n/a")]
        for onset, name in onsets:
            if name == "a.png":
                signal[1, 0, 0, int(onset / 2) + 2 : int(onset / 2) + 4] += 20
        image = nibabel.Nifti1Image(signal, np.eye(4))
        image.header.set_zooms((1, 1, 1, 2.0))
        stem = f"sub-01_task-see_run-{run}"
        nibabel.save(image, derived / f"{stem}_space-T1w_desc-preproc_bold.nii.gz")
        nibabel.save(nibabel.Nifti1Image(mask, np.eye(4)), derived / f"{stem}_space-T1w_desc-brain_mask.nii.gz")
        lines = "".join(f"{onset}\t3.0\t{name}\n" for onset, name in onsets)
        (raw / f"{stem}_events.tsv").write_text("onset\tduration\tstim_file\n" + lines)
    return tmp_path


def test_bids_trials_are_means_after_the_onset(bids: Path) -> None:
    data = plugins.make("fmri_datasets", {"kind": "bids", "folder": str(bids), "high_pass_hz": 0.0})
    assert data.subjects() == ("sub-01",)
    found = data.read("sub-01")
    assert found.trials.stimulus.tolist() == ["a.png", "b.png", "a.png"] * 2
    assert found.trials.session.tolist() == ["1-1"] * 3 + ["1-2"] * 3
    assert found.trials.stop_s.tolist() == [11.0, 27.0, 43.0] * 2
    assert found.voxels.xyz_mm.tolist() == [[1, 0, 0], [1, 0, 1], [1, 1, 0], [1, 1, 1]]
    of_a = found.trials.stimulus == "a.png"
    assert found.values[of_a, 0].min() > 2.0
    assert abs(found.values[~of_a]).max() < 2.0


def test_bids_events_without_the_column_are_named(bids: Path) -> None:
    data = plugins.make("fmri_datasets", {"kind": "bids", "folder": str(bids), "stimulus_column": "image"})
    with pytest.raises(RecordingError, match=r"events\.tsv: no column 'image'; there are onset, duration, stim_file"):
        data.read("sub-01")


@pytest.mark.shared
def test_the_81_objects_are_as_they_are_described(shared_data: Path) -> None:
    data = plugins.make("fmri_datasets", {"kind": "fmri_81objects", "folder": str(shared_data / "fmri_81objects")})
    found = data.read("1")
    assert found.values.shape == (81, 696)
    assert found.voxels.rois == ("EVC", "OPA", "PPA", "LOC", "PFS", "OFA", "FFA")
    assert data.features("word2vec").tokens.shape == (81, 1, 30)
    with pytest.raises(RecordingError, match="no such features"):
        data.features("clip")
