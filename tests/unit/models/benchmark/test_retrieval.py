"""From a fabricated folder of THINGS-EEG2 to a report: brains that show what is known of a picture."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from bci_app import bench_verbs
from models.benchmark.preparation import prepare
from models.benchmark.recipe import Recipe
from models.benchmark.store import Store
from models.datasets.things_eeg import N_PICTURES
from pipelines.errors import ConfigError
from tests.contract.dataset_folders.things_eeg import write_run

N_FEATURES, UV, STEP, FIRST = 4, 8.0, 200, 500
RECIPE = Recipe(window_s=0.2, hop_s=1.0, stages=({"kind": "nonfinite"},))
TEST = (200, 7, 31, 112, 64, 3, 150, 7)
SUITE = """
name = "pictures"

[[data]]
kind = "things_eeg"
options = { train_features = "train.npy", test_features = "test.npy" }
recipe = { window_s = 0.2, hop_s = 1.0, stages = [{ kind = "nonfinite" }] }
settings = [{ kind = "multi_subject", split = "published" }]

[[models]]
kind = "chance"
tasks = ["retrieval"]

[[models]]
kind = "retrieval_ridge"
tasks = ["retrieval"]
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two people, a run of training and the test; a picture raises every fourth channel by one of its features."""
    root = tmp_path_factory.mktemp("things") / "things_eeg"
    rng = np.random.default_rng(5)
    features = {task: rng.standard_normal((n, N_FEATURES)).astype(np.float32) for task, n in N_PICTURES.items()}
    train = [int(n) for n in rng.permutation(N_PICTURES["train"])[:80] + 1]
    for number, subject in enumerate(("sub-01", "sub-02")):
        for task, stem, pictures in (("train", "train_part-01", train), ("test", "test", list(TEST))):
            home = root / subject / "ses-01"
            base = f"{subject}_ses-01_task-{stem}"
            write_run(home, base, pictures, seed=100 * number + len(pictures))
            path = home / "eeg" / f"{base}_eeg.eeg"
            rows = np.fromfile(path, "<f4").reshape(-1, 63)
            for place, picture in enumerate(pictures):
                shown = slice(FIRST + STEP * place, FIRST + STEP * (place + 1))
                rows[shown] += UV * np.resize(features[task][picture - 1], 63)
            path.write_bytes(rows.tobytes())
    for task, table in features.items():
        np.save(root / f"{task}.npy", table)
    return root


def table(folder: Path, **options: str) -> dict[str, str]:
    return {"kind": "things_eeg", "folder": str(folder), **options}


BOTH = {"train_features": "train.npy", "test_features": "test.npy"}


def test_items_are_those_of_the_labels(folder: Path, tmp_path: Path) -> None:
    prepared = prepare(table(folder, **BOTH), RECIPE, tmp_path)
    assert prepared.items is not None
    assert len(prepared.items) == len(prepared.labels) == 80 + len(set(TEST))
    for label, features in zip(prepared.labels, prepared.items, strict=True):
        task, _, number = label.partition("-")
        np.testing.assert_array_equal(features, np.load(folder / f"{task}.npy")[int(number) - 1])


def test_other_features_make_another_key(folder: Path, tmp_path: Path) -> None:
    first = prepare(table(folder, **BOTH), RECIPE, tmp_path)
    changed = np.load(folder / "test.npy")
    changed[0] += 1
    np.save(tmp_path / "other.npy", changed)
    other = {**BOTH, "test_features": str(tmp_path / "other.npy")}
    second = prepare(table(folder, **other), RECIPE, tmp_path)
    np.save(tmp_path / "other.npy", changed + 1)
    assert len({first.key, second.key, prepare(table(folder, **other), RECIPE, tmp_path).key}) == 3


def test_items_without_features_are_told(folder: Path, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="80 of 87 items have no features, train-"):
        prepare(table(folder, test_features="test.npy"), RECIPE, tmp_path)
    with pytest.raises(ConfigError, match="train_features and test_features are not set"):
        prepare(table(folder), RECIPE, tmp_path)


def test_from_the_folder_to_the_report(folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "pictures.toml").write_text(SUITE)
    bench_verbs.run_suite(
        str(tmp_path / "pictures.toml"), folder.parent, tmp_path / "out", tmp_path / "cache",
        engine="joblib", workers=1, address="", as_json=True,
    )  # fmt: skip
    ridge, chance = json.loads(capsys.readouterr().out)["rows"]
    assert (ridge["estimator"], chance["estimator"]) == ("retrieval_ridge", "chance")
    assert (ridge["n_people"], ridge["n_windows"], ridge["chance"]) == (2, 2 * len(TEST), 0.5)
    assert chance["two_way"] == 0.5
    assert ridge["two_way"] > 0.9
    assert ridge["top1"] > 0.6
    assert ridge["top5"] >= ridge["top1"]
    with Store(tmp_path / "out" / "results.sqlite") as store:
        found = {job.model: predictions for job, predictions in store.results()}["retrieval_ridge"]
    # Only pictures of the test compete, and each window's own is the one that was shown.
    assert found.labels == tuple(f"test-{n:05d}" for n in sorted(set(TEST)))
    assert [found.labels[i] for i in found.truth] == 2 * [f"test-{n:05d}" for n in TEST]
    said = found.said["clean"]
    assert said.shape == (2 * len(TEST), len(found.labels))
    beaten = [np.mean(np.delete(row, i) < row[i]) for row, i in zip(said, found.truth, strict=True)]
    assert ridge["two_way"] == pytest.approx(np.mean(beaten), abs=1e-4)
    report = (tmp_path / "out" / "report.md").read_text()
    assert "| model | two-way | 95 % over people | ± over seeds | top 1 | top 5 |" in report
    assert "| retrieval_ridge |" in report
