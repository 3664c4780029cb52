"""A look at a source: what came in words and numbers, faults in plain words, children that can be given up."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from typer.testing import CliRunner

from bci_app.cli import app
from bci_app.probe import describe, probe
from bci_app.scout import Answer, Scout
from pipelines.errors import ConnectFailed


def wait_for(scout: Scout, patience_s: float = 60.0) -> Answer:
    give_up = time.monotonic() + patience_s
    while time.monotonic() < give_up:
        for answer in scout.poll():
            return answer
        time.sleep(0.02)
    raise AssertionError("no answer")


def test_a_live_source_is_measured() -> None:
    result = probe({"kind": "brainflow_board", "board": "synthetic"}, seconds=1.5)
    assert result.is_live
    assert result.samples > 200
    assert result.measured_hz == pytest.approx(250, rel=0.15)
    assert result.lost == 0
    assert "16 channels, 250 Hz" in result.text()
    assert "none was lost" in result.text()


def test_poor_channels_and_losses_are_named() -> None:
    source = {"kind": "synthetic", "speed": "max", "duration_s": 6, "flat_channels": ["O1"], "drop": [1.0, 0.5]}
    text = probe(source).text()
    assert "O1 (flat)" in text
    assert "125 were lost" in text


def test_what_is_missing_is_said_with_what_to_do() -> None:
    with pytest.raises(ConnectFailed, match="needs: serial_port"):
        probe({"kind": "brainflow_board", "board": "cyton"})


def test_a_recording_is_described(tmp_path: Path) -> None:
    file = tmp_path / "table.csv"
    rows = "\n".join(f"{i / 100:.2f},{i % 7},{i % 5}" for i in range(300))
    file.write_text(f"timestamps,TP9,AF7\n{rows}\n")
    text = describe(str(file))
    assert text.startswith("table.csv\n")
    assert "2 eeg; 100 Hz; 0 min 3 s" in text
    assert "TP9, AF7" in text


def test_a_scout_answers_fails_in_plain_words_repeats_and_is_given_up() -> None:
    scout = Scout("bci_app.probe:describe", "/nowhere/x.xdf")
    assert "there is no such file" in wait_for(scout).error
    scout.close()
    scout.close()
    scout = Scout("bci_app.provenance:versions", repeat=True)
    try:
        assert wait_for(scout).value == wait_for(scout).value
        assert scout.is_alive()
    finally:
        scout.close()
    assert not scout.is_alive()


def test_a_scout_that_dies_says_so() -> None:
    scout = Scout("os:_exit", 3)
    try:
        assert "exit code 3" in wait_for(scout).error
    finally:
        scout.close()


def test_the_source_of_a_session_file_is_tested_from_the_command_line(tmp_path: Path) -> None:
    file = tmp_path / "lab.toml"
    file.write_text('[source]\nkind = "synthetic"\nspeed = "max"\nduration_s = 3\n')
    result = CliRunner().invoke(app, ["devices", "--test", str(file)])
    assert result.exit_code == 0
    assert "750 samples came" in result.output
