"""A session whose signal ends while it calibrates says so, whoever runs it."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from rich.console import Console
from typer.testing import CliRunner

from bci_app.cli import app
from bci_app.config import demo_session
from bci_app.replay_settings import replay_settings
from bci_app.sessions import run_demo, run_replay
from bci_app.sinks.xdf_recorder import Settings, XdfRecorder
from tests.unit.bci_app.engine_parts import run
from tests.unit.bci_app.recorder_parts import ROOMY

WANTS = "alpha wants 15 s of rest (27 clean windows)"


@pytest.fixture(scope="module")
def short(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A recording of 6 s."""
    folder = tmp_path_factory.mktemp("short")
    run({}, [XdfRecorder(Settings(folder=str(folder), **ROOMY))], duration_s=6.0)
    return next(folder.glob("*.xdf"))


@pytest.mark.parametrize("decoder", ["alpha", "workload"])
def test_a_replay_shorter_than_its_calibration_says_what_it_lacks(short: Path, decoder: str) -> None:
    result = run_replay(replay_settings(short, decoder=decoder, overrides=["decoder.calibration.rest_s=30"]), short)
    assert result.as_dict()["n_windows"] == 0
    (notice,) = result.notices
    wanted = {"alpha": "alpha wants 30 s of rest (57", "workload": "workload-riemann-2 wants 30 s of rest (51"}
    assert wanted[decoder] in notice
    assert "there were 6.0 s" in notice
    assert "--calibrate FILE@START:STOP" in notice
    assert "decoder.calibration.rest_s" in notice


def test_the_table_shows_the_whole_notice(short: Path) -> None:
    result = run_replay(replay_settings(short, decoder="alpha", overrides=["decoder.calibration.rest_s=15"]), short)
    console = Console(file=io.StringIO(), width=500)
    console.print(result.table())
    assert isinstance(console.file, io.StringIO)
    assert WANTS in console.file.getvalue()
    assert "file in [decoder.calibration]" in console.file.getvalue()


def test_a_calibration_file_or_less_rest_is_the_way_out(short: Path) -> None:
    with_file = run_replay(replay_settings(short, decoder="alpha", calibrate=str(short)), short)
    with_less = run_replay(replay_settings(short, decoder="alpha", overrides=["decoder.calibration.rest_s=4"]), short)
    assert (with_file.as_dict()["n_windows"], with_file.notices) == (9, ())
    assert (with_less.as_dict()["n_windows"], with_less.notices) == (4, ())


def test_windows_that_were_not_clean_are_told_apart() -> None:
    keeper = run({"nan_burst": [2.0, 1.0]}, duration_s=6.0, calibration={"rest_s": 15.0})
    assert any(f"{WANTS}; there were 6.0 s (4 clean windows of 9)" in text for text in keeper.notices)


def test_a_fault_that_ended_decisions_is_not_told_twice() -> None:
    keeper = run({"flat_channels": ["Fz"], "channels": ["Fz"]}, duration_s=10.0, calibration={"rest_s": 5.0})
    assert any("decisions have stopped" in text for text in keeper.notices)
    assert not any("ended during calibration" in text for text in keeper.notices)


def test_a_session_without_calibration_says_nothing() -> None:
    assert run({}, duration_s=12.0).notices == ["calibrated on this person's rest"]


def test_the_daemon_says_it(tmp_path: Path) -> None:
    session = tmp_path / "session.toml"
    session.write_text(
        'duration_s = 5.0\n[source]\nkind = "synthetic"\nspeed = "max"\n[decoder]\nname = "alpha"\n'
        '[[sinks]]\nkind = "console"\n',
        encoding="utf-8",
    )
    answer = CliRunner().invoke(app, ["daemon", str(session)])
    assert answer.exit_code == 0
    assert WANTS in answer.output
    assert "there were 5.0 s" in answer.output


def test_the_demo_says_it(tmp_path: Path) -> None:
    console = Console(file=io.StringIO(), width=500)
    run_demo(demo_session(7.0, str(tmp_path), speed="max"), console)
    assert isinstance(console.file, io.StringIO)
    assert "workload-riemann-2 wants 20 s of rest (31 clean windows); there were 7.0 s" in console.file.getvalue()
