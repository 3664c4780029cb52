"""``bci-app bench csbrain`` on a network of one layer."""

from __future__ import annotations

import json

import pytest
from typer.testing import CliRunner

from bci_app import speed_verbs
from bci_app.bench_cli import bench
from pipelines.errors import ConfigError


def test_figures_fit_one_another(capsys: pytest.CaptureFixture[str]) -> None:
    speed_verbs.bench_csbrain(["22x4"], 1, as_json=True, n_layers=1)
    (row,) = json.loads(capsys.readouterr().out)
    assert row["shape"] == "22x4"
    assert row["ratio"] == pytest.approx(row["fused_ms"] / row["plain_ms"])
    assert row["times_ceiling"] == pytest.approx(row["fused_ms"] / row["ceiling_ms"])
    assert 0 <= row["difference"] < 1e-5
    assert min(row[key] for key in ("plain_ms", "fused_ms", "ceiling_ms", "fuse_ms", "first_pass_ms")) > 0
    # A process with torch in it; the network of one layer has 5 MB.
    assert 50 < row["plain_mb"] < 5000
    assert 50 < row["fused_mb"] < 5000


def test_the_table_has_a_line_for_each_shape(capsys: pytest.CaptureFixture[str], monkeypatch) -> None:
    monkeypatch.setenv("COLUMNS", "200")
    speed_verbs.bench_csbrain(["20x5"], 1, as_json=False, n_layers=1)
    printed = capsys.readouterr().out
    assert "20x5" in printed
    assert "fused / ceiling" in printed


def test_an_unknown_shape_is_named() -> None:
    with pytest.raises(ConfigError, match=r"--shape 7x7 is not known; there are 20x5, 22x4"):
        speed_verbs.bench_csbrain(["7x7"], 1, as_json=True)


def test_the_verb_reaches_it() -> None:
    result = CliRunner().invoke(bench, ["csbrain", "--shape", "7x7"])
    assert isinstance(result.exception, ConfigError)
