"""bci-app bench fmri: small runs of the studies, and what is written."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from bci_app.cli import app

SMALL = ["--seeds", "2", "--set", "n_pairs=[30]", "--set", "n_voxels=30", "--set", "n_known=120", "--set", "n_test=300"]


def _run(*words: str) -> str:
    found = CliRunner().invoke(app, ["bench", "fmri", *words], catch_exceptions=False)
    assert found.exit_code == 0, found.output
    return found.stdout


def test_the_alignment_study_writes_what_it_prints(tmp_path: Path) -> None:
    words = ["alignment", *SMALL, "--set", 'worlds=["linear"]', "--set", 'unpaired=["bridge"]', "--out", str(tmp_path)]
    told = json.loads(_run(*words, "--json"))["alignment"]
    kept = json.loads((tmp_path / "alignment.json").read_text())
    assert kept["scores"] == told["scores"]
    assert kept["command"].startswith("bci-app bench fmri alignment --seeds 2")
    means = {s["model"]: s["mean"] for s in told["scores"] if s["metric"] == "voxelwise r"}
    assert means["mean predictor"] == 0.0
    assert means["best linear map"] > means["ridge, paired"] > 0.3 > abs(means["ridge, pairs shuffled"])
    text = (tmp_path / "alignment.md").read_text()
    assert "| ridge, paired |" in text
    assert "![alignment](alignment.png)" in text
    assert (tmp_path / "alignment.png").read_bytes().startswith(b"\x89PNG")


def test_the_encoding_study_prints_the_mean_predictor_first(tmp_path: Path) -> None:
    words = [
        "--seeds",
        "1",
        "--set",
        "n_voxels=20",
        "--set",
        "n_images=40",
        "--set",
        'worlds=["linear"]',
        "--set",
        'encoders=["mean", "ridge"]',
    ]
    told = json.loads(_run("encoding", *words, "--out", str(tmp_path), "--json"))["encoding"]
    assert told["scores"][0]["model"] == "mean"
    r = {s["model"]: s["mean"] for s in told["scores"] if (s["condition"], s["metric"]) == ("linear", "r over ceiling")}
    assert r["ridge"] > 0.2 > abs(r["mean"])
    assert any("inflated" in s["metric"] for s in told["scores"])


@pytest.mark.shared
def test_the_81_objects_are_predicted_as_well_as_published(shared_data: Path, tmp_path: Path) -> None:
    words = ["--data", str(shared_data), "--seeds", "1", "--set", "n_shuffles=2", "--set", "encoders=[]"]
    told = json.loads(_run("objects81", *words, "--out", str(tmp_path), "--json"))["objects81"]
    means = {(s["model"], s["condition"]): s["mean"] for s in told["scores"]}
    assert means["ridge, alexnet", "PPA"] == pytest.approx(0.63, abs=0.06)
    assert means["ridge, word2vec", "EVC"] == pytest.approx(0.17, abs=0.1)
    assert means["ridge, alexnet shuffled", "PPA"] == pytest.approx(-0.28, abs=0.15)
    assert means["mean predictor", "PPA"] < -0.15


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["no_such"], "there is no 'no_such'"),
        (["alignment", "--set", "no_such=1"], "no study has a setting 'no_such'"),
        (["alignment", "--set", "seeds"], "give KEY=VALUE"),
        (["alignment", "--set", "n_test=1"], "n_test"),
    ],
)
def test_what_is_wrong_is_named(words: list[str], told: str) -> None:
    found = CliRunner().invoke(app, ["bench", "fmri", *words])
    assert found.exit_code != 0
    assert told in f"{found.output} {found.exception}"
