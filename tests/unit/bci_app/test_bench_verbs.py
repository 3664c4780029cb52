"""``bci-app bench run | report | list`` on a fabricated data set."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from bci_app import bench_verbs, cli
from models.benchmark.store import Store
from models.dataset import Key
from tests.contract.dataset_folders import seed_vig
from tests.contract.dataset_folders.eegmat import NAMES
from tests.contract.dataset_folders.signals import noise_uv, write_edf

SUITE = """
name = "two people"
description = "Noise"

[[data]]
kind = "eegmat"
recipe = { window_s = 1.0, stages = [{ kind = "nonfinite" }, { kind = "resample", rate_hz = 200.0 }] }
settings = [{ kind = "leave_one_subject_out" }]

[[models]]
kind = "chance"

[[models]]
name = "power [/b]"
kind = "bandpower_lr"
settings = { C = 0.01 }
"""
BROKEN = """
[[models]]
name = "broken"
kind = "sklearn"
settings = { estimator = "sklearn.svm.SVC", parameters = { C = -1.0, probability = false }, features = "flat" }
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    data = tmp_path / "data" / "eegmat"
    data.mkdir(parents=True)
    signals = [*(f"EEG {name}" for name in NAMES), "ECG ECG"]
    for number, (subject, run, seconds) in enumerate((("00", 1, 8), ("00", 2, 6), ("04", 1, 8), ("04", 2, 6))):
        write_edf(data / f"Subject{subject}_{run}.edf", 500.0, signals, noise_uv(seconds * 500, 21, seed=number))
    (tmp_path / "two.toml").write_text(SUITE)
    return tmp_path


def bench(folder: Path, *words: str, monkeypatch: pytest.MonkeyPatch) -> int:
    """Run the command line; return its exit code."""
    monkeypatch.setattr("sys.argv", ["bci-app", "bench", *words, "--out", str(folder / "out")])
    with pytest.raises(SystemExit) as ended:
        cli.main()
    return int(ended.value.code or 0)


def run(folder: Path, monkeypatch: pytest.MonkeyPatch, *more: str) -> int:
    where = ("--data", str(folder / "data"), "--cache", str(folder / "cache"))
    return bench(folder, "run", str(folder / "two.toml"), *where, *more, monkeypatch=monkeypatch)


def stored(folder: Path) -> dict[str, tuple[str, float]]:
    """Return model and time of learning by key: measured anew it would be another one."""
    with Store(folder / "out" / bench_verbs.STORE) as store:
        return {job.key: (job.model, found.fit_s) for job, found in store.results()}


def rows(printed: str) -> list[dict[str, Any]]:
    found = json.loads(printed)
    assert found["suite"] == "two people"
    return list(found["rows"])


def test_the_second_run_runs_nothing_and_says_the_same(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(folder, monkeypatch, "--json") == 0
    first = capsys.readouterr()
    found = rows(first.out)
    assert {row["estimator"] for row in found} == {"chance", "power [/b]"}
    assert all(row["n_people"] == 2 and row["n_windows"] == 28 and row["missing_folds"] == 0 for row in found)
    before = stored(folder)
    assert len(before) == 4
    files = {path.name: path.read_bytes() for path in (folder / "out").iterdir() if path.suffix != ".sqlite"}
    assert set(files) == {"report.md", "report.html", "report.json", "matrix.png", "people-01.png"}
    assert json.loads(files["report.json"]) == json.loads(first.out)
    assert run(folder, monkeypatch, "--json") == 0
    assert capsys.readouterr().out == first.out
    assert stored(folder) == before
    assert {name: (folder / "out" / name).read_bytes() for name in files} == files


def test_tables_for_a_person(folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(folder, monkeypatch) == 0
    printed = " ".join(capsys.readouterr().out.split())  # however wide the terminal is
    assert "power [/b]" in printed
    assert "chance 0.50" in printed
    assert "5 files in" in printed


def test_a_failing_job_is_named_and_the_others_are_stored(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "two.toml").write_text(SUITE + BROKEN)
    assert run(folder, monkeypatch, "--json") == 1
    printed = capsys.readouterr()
    assert "2 of 6 jobs failed; the others are stored" in printed.err
    assert "eegmat, leave_one_subject_out, calibration none, broken, seed 0, subject 00: " in printed.err
    assert "InvalidParameterError" in printed.err
    assert {row["estimator"] for row in rows(printed.out)} == {"chance", "power [/b]"}
    assert {model for model, _ in stored(folder).values()} == {"chance", "power [/b]"}


def test_if_all_fail_it_is_said_why(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "two.toml").write_text(SUITE.partition("[[models]]")[0] + BROKEN)
    assert run(folder, monkeypatch) == 1
    error = capsys.readouterr().err
    assert "2 of 2 jobs failed" in error
    assert "InvalidParameterError" in error


def test_a_report_is_of_what_was_wanted_last(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(folder, monkeypatch, "--json") == 0
    capsys.readouterr()
    # Another penalty and another name: what the first run measured is still in the store, but in no table.
    (folder / "two.toml").write_text(
        SUITE.replace("C = 0.01", "C = 10.0").replace('kind = "chance"', 'kind = "chance"\nname = "luck"')
    )
    assert run(folder, monkeypatch, "--json") == 0
    ran = rows(capsys.readouterr().out)
    assert len(stored(folder)) == 6
    assert {row["estimator"] for row in ran} == {"luck", "power [/b]"}
    assert all(row["n_windows"] == 28 for row in ran)
    assert bench(folder, "report", str(folder / "two.toml"), "--json", monkeypatch=monkeypatch) == 0
    assert rows(capsys.readouterr().out) == ran


def test_a_report_of_nothing_says_what_to_do(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert bench(folder, "report", str(folder / "two.toml"), monkeypatch=monkeypatch) == 1
    assert "no results yet: run 'bci-app bench run" in capsys.readouterr().err
    Store(folder / "out" / bench_verbs.STORE).close()
    assert bench(folder, "report", str(folder / "two.toml"), monkeypatch=monkeypatch) == 1
    assert "holds no results" in capsys.readouterr().err


def test_a_wrong_suite_is_told_before_anything_is_read(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "two.toml").write_text(SUITE.replace("settings = [{ kind", "setings = [{ kind"))
    assert run(folder, monkeypatch) == 1
    error = capsys.readouterr().err
    assert "data.0.settings" in error
    assert "unknown key 'data.0.setings'" in error
    assert not (folder / "out").exists()


def test_an_engine_that_there_is_not(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(folder, monkeypatch, "--engine", "spark") == 2
    assert "joblib or dask" in capsys.readouterr().err


def test_an_interruption_keeps_what_is_done(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    put = Store.put

    def interrupted(self: Store, *what: Any) -> None:
        put(self, *what)
        raise KeyboardInterrupt

    with monkeypatch.context() as once:
        once.setattr(Store, "put", interrupted)
        assert run(folder, once) == 130
    assert len(stored(folder)) == 1
    kept = stored(folder)
    assert run(folder, monkeypatch) == 0
    assert kept.items() <= stored(folder).items()
    assert len(stored(folder)) == 4


def test_what_there_is(capsys: pytest.CaptureFixture[str]) -> None:
    bench_verbs.show_list(as_json=True)
    found = json.loads(capsys.readouterr().out)
    assert {"eegmat", "things_eeg"} <= {entry["kind"] for entry in found["datasets"]}
    assert {"chance", "retrieval_ridge"} <= {entry["kind"] for entry in found["estimators"]}
    assert "few_shot" in {entry["kind"] for entry in found["settings"]}
    assert all(entry["about"] for entries in found.values() for entry in entries)
    bench_verbs.show_list(as_json=False)
    assert "leave_one_subject_out" in capsys.readouterr().out


VIGILANCE = """
name = "vigilance"
perturbations = [{ noise_db = 0.0 }]

[[data]]
kind = "seed_vig"
settings = [{ kind = "leave_one_subject_out" }, { kind = "cross_session" }]

[[models]]
kind = "ridge"
tasks = ["regression"]

[[models]]
kind = "mean_predictor"
tasks = ["regression"]
"""


def test_numbers_from_the_folder_to_the_report(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "data" / "seed_vig").mkdir(parents=True)
    labels = seed_vig.make(tmp_path / "data" / "seed_vig")
    (tmp_path / "two.toml").write_text(VIGILANCE)
    assert run(tmp_path, monkeypatch, "--json") == 0
    found = json.loads(capsys.readouterr().out)["rows"]
    flat = next(row for row in found if row["setting"] == "cross session" and row["estimator"] == "mean_predictor")
    # Subject 04: each session is told the mean of the other one.
    first, second = (np.array(labels[Key("04", session)], float) for session in ("1", "2"))
    errors = np.concatenate([first - second.mean(), second - first.mean()])
    assert flat["rmse"] == pytest.approx(np.sqrt(np.mean(errors**2)), abs=1e-4)
    assert flat["n_people"] == 1
    assert set(flat["perturbed"]) == {"noise_db=0"}
    markdown = (tmp_path / "out" / "report.md").read_text()
    assert "## 2. seed_vig · leave one subject out · no calibration" in markdown
    assert "| model | Pearson |" in markdown
    assert "nan" not in markdown
