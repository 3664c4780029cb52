"""``bci-app ask``: recordings and sessions, by words or by name; only options are ever answered."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from bci_app.cli import app
from pipelines.errors import ConfigError, RecordingError
from tests.contract.dataset_folders.signals import write_edf
from tests.unit.models.unimind_examples import CHANNELS, alpha, teach

RUN = CliRunner()


@pytest.fixture(scope="module")
def taught(tmp_path_factory: pytest.TempPathFactory) -> str:
    return str(teach(tmp_path_factory.mktemp("unimind") / "taught"))


@pytest.fixture(scope="module")
def recording(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Twelve seconds of weak, twelve of strong alpha, a flat electrode, two markers."""
    path = tmp_path_factory.mktemp("recording") / "eyes.edf"
    parts = [np.concatenate(alpha(1, level, seed, 12.0), axis=1) for seed, level in enumerate((1.0, 20.0))]
    rows = np.concatenate(parts, axis=1).T.copy()
    rows[:, 1] = 0.0
    write_edf(path, 200.0, CHANNELS, rows, [(4.0, 0.0, "stimulus/face"), (16.0, 0.0, "stimulus/house")])
    return str(path)


def asked(*arguments: str) -> dict[str, object]:
    found = RUN.invoke(app, ["ask", *arguments, "--json"])
    if found.exception is not None:
        raise found.exception
    table: dict[str, object] = json.loads(found.stdout.strip().splitlines()[-1])
    return table


def test_a_recording_answers_with_options_window_evidence_and_card(taught: str, recording: str) -> None:
    told = asked(recording, "are the eyes closed?", "--model", taught, "--language", "none")
    assert told["task"] == "eyes"
    assert told["bad_channels"] == ["C3"]
    assert told["model"]["metrics"]["head"]["eyes"]["balanced_accuracy"] > 0.8
    windows = told["windows"]
    assert {window["answer"] for window in windows} <= {"open", "closed", "not sure"}
    for window in windows:
        assert sum(window["probabilities"].values()) == pytest.approx(1.0)
        assert window["stop_s"] - window["start_s"] == pytest.approx(2.0)
        assert sum(window["evidence"]["electrodes"].values()) == pytest.approx(1.0, abs=1e-5)
    closed = [window["probabilities"]["closed"] for window in windows]
    assert np.mean(closed[:5]) < 0.5 < np.mean(closed[-5:])


def test_windows_begin_where_one_says(taught: str, recording: str) -> None:
    given = ("--model", taught, "--language", "none", "--task", "eyes")
    told = asked(recording, *given, "--at", "3", "--at", "15.5")
    assert [window["start_s"] for window in told["windows"]] == pytest.approx([3.0, 15.5])
    told = asked(recording, *given, "--event", "house")
    assert [window["start_s"] for window in told["windows"]] == pytest.approx([16.0])
    assert len(asked(recording, *given, "--windows", "3")["windows"]) == 3


def test_what_cannot_be_asked_is_refused(taught: str, recording: str) -> None:
    given = (recording, "--model", taught, "--language", "none")
    with pytest.raises(ConfigError, match="no task card asks this"):
        asked(*given, "will it rain?")
    with pytest.raises(ConfigError, match="there is no such card"):
        asked(*given, "--task", "mood")
    with pytest.raises(RecordingError, match=r"say which .*stimulus/face \(1\)"):
        asked(*given, "--task", "n170_face")
    with pytest.raises(RecordingError, match="no marker ends in 'horse'"):
        asked(*given, "--task", "eyes", "--event", "horse")
    with pytest.raises(ConfigError, match="--model FOLDER"):
        asked(recording, "--task", "eyes")


def test_a_session_is_run_and_asked_and_its_decoder_stays_the_head(taught: str, recording: str, tmp_path: Path) -> None:
    file = tmp_path / "session.toml"
    file.write_text(
        f'[source]\nkind = "recording"\npath = "{recording}"\nspeed = "max"\n'
        '[decoder]\nname = "alpha"\nmax_artifact_fraction = 1.0\n[decoder.calibration]\nrest_s = 6.0\n'
    )
    found = RUN.invoke(
        app,
        ["ask", str(file), "are the eyes open or closed?", "--model", taught, "--language", "none", "--json",
         "--set", "decoder.hop_s=2.0"],
    )  # fmt: skip
    assert found.exception is None, found.exception
    lines = [json.loads(line) for line in found.stdout.splitlines() if line.startswith("{")]
    assert all(line["reply"]["task"] == "eyes" for line in lines)
    assert all(line["words"].startswith("eyes: ") for line in lines)
