"""``bci-app train`` and ``bci-app bench`` on a few subjects."""

from __future__ import annotations

import json
from hashlib import sha256
from pathlib import Path

import pytest

from bci_app import training_verbs
from models.checkpoints import load, load_decoder
from models.datasets.eegmat import CHANNELS, CLASSES
from pipelines.errors import ConfigError, RecordingError

SUBJECTS = (3, 5, 6, 15, 19, 25)


@pytest.fixture
def few(tmp_path: Path, shared_data: Path) -> Path:
    folder = tmp_path / "eegmat"
    folder.mkdir()
    for subject in SUBJECTS:
        for part in (1, 2):
            name = f"Subject{subject:02d}_{part}.edf"
            (folder / name).symlink_to(shared_data / "eegmat" / name)
    return folder


@pytest.mark.shared
@pytest.mark.parametrize("kind", ["bandpower", "riemann"])
def test_trained_decoder_loads_and_its_card_tells_all(
    kind: str, few: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    training_verbs.train_workload(few, tmp_path / "made", kind)
    printed = capsys.readouterr().out
    assert "leave one subject out" in printed
    card = load(tmp_path / "made").card
    assert card.kind == kind
    assert card.training.subjects == tuple(f"{s:02d}" for s in SUBJECTS)
    assert card.training.files["Subject03_1.edf"] == sha256((few / "Subject03_1.edf").read_bytes()).hexdigest()
    assert "separate recordings" in card.summary
    figures = card.metrics["models"]
    assert set(figures) == {"band power, no rest", "bandpower", kind}
    assert f"{figures[kind]['balanced_accuracy']:.3f}" in printed
    assert figures[kind]["balanced_accuracy"] > 0.8
    spec = load_decoder(str(tmp_path / "made")).spec
    assert (spec.classes, spec.calibration_s, spec.channels) == (CLASSES, 60.0, CHANNELS)


@pytest.mark.shared
def test_training_again_gives_the_same_weights(few: Path, tmp_path: Path) -> None:
    for name in ("a", "b"):
        training_verbs.train_workload(few, tmp_path / name, "bandpower")
    a, b = (load(tmp_path / name) for name in ("a", "b"))
    assert a.card.weights_sha256 == b.card.weights_sha256
    assert a.card.metrics == b.card.metrics


@pytest.mark.shared
@pytest.mark.slow
def test_bench_prints_the_same_as_table_and_json(few: Path, capsys: pytest.CaptureFixture[str]) -> None:
    training_verbs.bench_eegmat(few, as_json=True)
    found = json.loads(capsys.readouterr().out)
    training_verbs.bench_eegmat(few)
    table = capsys.readouterr().out
    for name, figures in {**found["models"], **found["riemann, otherwise"]}.items():
        assert name in table
        assert f"{figures['balanced_accuracy']:.3f}" in table
        low, high = figures["interval_95"]
        assert low <= figures["balanced_accuracy"] <= high
        assert sorted(figures["by_subject"]) == [f"{s:02d}" for s in SUBJECTS]
    assert set(found["models"]) == {"band power, no rest", "bandpower", "riemann"}
    assert {"10 s of rest", "20 s of rest", "30 s of rest", "average reference"} <= set(found["riemann, otherwise"])


@pytest.mark.shared
def test_bench_ssvep_prints_every_subject(shared_data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    training_verbs.bench_ssvep(shared_data / "ssvep_exo", as_json=True)
    found = json.loads(capsys.readouterr().out)
    training_verbs.bench_ssvep(shared_data / "ssvep_exo")
    table = capsys.readouterr().out
    assert f"{found['mean']:.3f}" in table
    for subject, value in found["by_subject"].items():
        assert any(subject in line and f"{value:.2f}" in line for line in table.splitlines())
    low, high = found["interval_95"]
    assert low < found["mean"] < high


def test_unknown_kind_is_refused_before_anything_is_read(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="'raw' cannot be trained here; known are bandpower, riemann"):
        training_verbs.train_workload(tmp_path, tmp_path / "out", "raw")


def test_folder_without_recordings_is_refused(tmp_path: Path) -> None:
    with pytest.raises(RecordingError, match="no SubjectNN_1"):
        training_verbs.bench_eegmat(tmp_path)
