"""A recording whose unit is wrong is mended by one number, with the same outcome in every verb."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from rich.console import Console
from typer.testing import CliRunner

from bci_app.assembly import rest_windows, scale_of
from bci_app.calibration_verb import run_calibrate
from bci_app.cli import app
from bci_app.config import CalibrationSettings, validate
from bci_app.report.contents import gather
from bci_app.report.wording import facts
from bci_app.sinks.xdf_recorder import Settings, XdfRecorder
from devices.recording_data import ReadOptions
from devices.sources.recording import open_recording
from models.checkpoints import load_decoder
from tests.unit.bci_app.engine_parts import run
from tests.unit.bci_app.recorder_parts import ROOMY

REST = "@0:15"


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A recording in microvolts, and the same one a thousand times too large."""
    folder = tmp_path_factory.mktemp("scale")
    run({"first_rest_s": 20}, [XdfRecorder(Settings(folder=str(folder), **ROOMY))], duration_s=40.0)
    (recorded,) = folder.glob("*.xdf")
    for name, scale in (("right_eeg.fif", "1"), ("wrong_eeg.fif", "1000")):
        told = invoke("export", str(recorded), str(folder / name), "--scale", scale)
        assert ("voltages are those of the file times 1000" in told) == (scale == "1000")
    return folder / "right_eeg.fif", folder / "wrong_eeg.fif"


def invoke(*arguments: str) -> str:
    result = CliRunner().invoke(app, list(arguments))
    assert result.exit_code == 0, result.output
    return result.stdout


def replayed(file: Path, *more: str) -> dict[str, Any]:
    found = invoke("replay", str(file), "--decoder", "workload", "--calibrate", f"{file}{REST}", "--json", *more)
    return dict(json.loads(found))


def test_a_replay_and_its_calibration_decide_alike(files: tuple[Path, Path], tmp_path: Path) -> None:
    right, wrong = files
    expected = replayed(right)
    assert expected["n_decisions"] > 10
    mended = replayed(wrong, "--scale", "0.001")
    torn = replayed(wrong, "--scale", "0.001", "--set", "decoder.calibration.scale=1.0")
    assert torn["labels"] != expected["labels"], "rest in other units than the signal"
    assert mended["labels"] == expected["labels"]
    session = tmp_path / "session.toml"
    session.write_text(f'[source]\nkind = "recording"\npath = "{wrong}"\nscale = 0.001\n[decoder]\nname = "workload"\n')
    again = replayed(wrong, "--session", str(session))
    assert again["decisions_sha256"] == mended["decisions_sha256"]


def test_an_export_and_a_report_hold_the_same_voltages(files: tuple[Path, Path], tmp_path: Path) -> None:
    right, wrong = files
    invoke("export", str(wrong), str(tmp_path / "mended_eeg.fif"), "--scale", "0.001")
    expected = np.asarray(open_recording(right).samples[:])
    np.testing.assert_allclose(open_recording(tmp_path / "mended_eeg.fif").samples[:], expected, rtol=1e-5, atol=1e-4)
    report = gather(wrong, ReadOptions(scale=1e-3))
    for one, other in zip(report.quality.channels, gather(right).quality.channels, strict=True):
        assert one.deviation == pytest.approx(other.deviation, rel=1e-4)
    assert ("scale", "voltages are those of the file times 0.001") in facts(report)
    invoke("report", str(wrong), "--out", str(tmp_path), "--scale", "0.001")
    assert "voltages are those of the file times 0.001" in (tmp_path / "wrong_eeg_report.html").read_text()


def test_rest_is_calibrated_with_the_voltages_of_the_session(files: tuple[Path, Path], tmp_path: Path) -> None:
    right, wrong = files
    source = {"kind": "recording", "path": str(wrong), "scale": 1e-3, "speed": "max"}
    settings = validate({"source": source, "decoder": {"name": "workload"}}, "test")
    run_calibrate(settings, str(tmp_path), 18.0, Console(quiet=True))
    (rest,) = tmp_path.glob("*_rest_*.xdf")
    expected = np.asarray(open_recording(right).samples[:4000])
    np.testing.assert_allclose(open_recording(rest).samples[:4000], expected, rtol=1e-5, atol=1e-4)

    decoder = load_decoder("workload")
    calibrations = {
        str(right): None,  # another file than the session's: as it is
        str(wrong): None,  # the session's own: as the session plays it
        str(rest): 1.0,
    }
    found = [rest_windows(CalibrationSettings(file=f, stop_s=15, scale=s), settings, decoder)[0] for f, s in
             calibrations.items()]  # fmt: skip
    for windows in found[1:]:
        for one, other in zip(found[0], windows, strict=True):
            np.testing.assert_allclose(one.samples, other.samples, rtol=1e-4, atol=1e-3)
    assert scale_of(str(wrong), settings) == 1e-3
    doubled, _ = rest_windows(CalibrationSettings(file=str(right), stop_s=15, scale=2.0), settings, decoder)
    assert np.std(doubled[0].samples) == pytest.approx(2 * np.std(found[0][0].samples), rel=1e-3)
