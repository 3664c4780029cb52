"""The example package, installed as a user would: its model and its data set join by name, and it is judged."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = ROOT / "examples" / "peak_frequency"


@pytest.fixture(scope="module")
def environment(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Environment in which the package is installed, and nothing else is changed."""
    home = tmp_path_factory.mktemp("installed")
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--no-build-isolation", "--no-index"]
    subprocess.run([*pip, "--target", str(home), str(PACKAGE)], check=True, timeout=120, capture_output=True)
    return {**os.environ, "PYTHONPATH": os.pathsep.join([str(home), str(ROOT)]), "OMP_NUM_THREADS": "1"}


def bench(environment: dict[str, str], *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "bci_app", "bench", *arguments]
    return subprocess.run(command, env=environment, text=True, capture_output=True, timeout=150, check=False)


def test_it_is_listed_beside_what_is_shipped(environment: dict[str, str]) -> None:
    done = bench(environment, "list", "--json")
    assert done.returncode == 0, done.stderr
    listed = json.loads(done.stdout)
    assert "two_rhythms" in {entry["kind"] for entry in listed["datasets"]}
    assert {"peak_frequency", "bandpower_lr"} <= {entry["kind"] for entry in listed["estimators"]}


def test_its_model_is_judged_on_its_data_and_beats_the_baselines(environment: dict[str, str], tmp_path: Path) -> None:
    done = bench(environment, "run", str(PACKAGE / "suite.toml"), "--out", str(tmp_path), "--json")
    assert done.returncode == 0, done.stderr
    rows = {row["estimator"]: row for row in json.loads(done.stdout)["rows"]}
    assert rows["peak_frequency"]["balanced_accuracy"] > 0.8
    assert rows["peak_frequency"]["balanced_accuracy"] > rows["chance"]["balanced_accuracy"] + 0.2
