"""``bci-app bench eegmat | ssvep`` on a few subjects."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from pathlib import Path

import pytest

from bci_app import accuracy_verbs
from pipelines.errors import RecordingError

SUBJECTS = (3, 5, 6, 15, 19, 25)


@pytest.fixture
def few(eegmat_of: Callable[[Iterable[int]], Path]) -> Path:
    return eegmat_of(SUBJECTS)


@pytest.mark.shared
@pytest.mark.slow
def test_bench_prints_the_same_as_table_and_json(few: Path, capsys: pytest.CaptureFixture[str]) -> None:
    accuracy_verbs.bench_eegmat(few, as_json=True)
    found = json.loads(capsys.readouterr().out)
    accuracy_verbs.bench_eegmat(few)
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
    accuracy_verbs.bench_ssvep(shared_data / "ssvep_exo", as_json=True)
    found = json.loads(capsys.readouterr().out)
    accuracy_verbs.bench_ssvep(shared_data / "ssvep_exo")
    table = capsys.readouterr().out
    assert f"{found['mean']:.3f}" in table
    for subject, value in found["by_subject"].items():
        assert any(subject in line and f"{value:.2f}" in line for line in table.splitlines())
    low, high = found["interval_95"]
    assert low < found["mean"] < high


def test_folder_without_recordings_is_refused(tmp_path: Path) -> None:
    with pytest.raises(RecordingError, match="no SubjectNN_1"):
        accuracy_verbs.bench_eegmat(tmp_path)
