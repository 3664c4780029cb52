"""Rest recorded once by ``calibrate``, judged, and used by sessions that then decide from their first window."""

from __future__ import annotations

import io
import threading
import tomllib
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from rich.console import Console
from typer.testing import CliRunner

from bci_app.assembly import build
from bci_app.calibration_verb import judge_rest, run_calibrate
from bci_app.cli import app
from bci_app.config import SessionSettings, validate
from bci_app.events import ChunkEvent
from bci_app.replay_settings import replay_settings
from bci_app.sessions import run_replay
from devices.sources.recording import open_recording
from models.datasets.eegmat import CHANNELS as TEN_TWENTY
from pipelines.errors import ChannelMismatch, ConfigError, ModelError, SpecMismatch
from tests.unit.bci_app.engine_parts import Keeper

CHANNELS = ("Fp1", "Fp2", "C3", "C4", "O1", "O2", "Pz", "Fz")


def a_session(decoder: dict[str, Any] | None = None, **source: Any) -> SessionSettings:
    values = {
        "name": "lab",
        "source": {"kind": "synthetic", "speed": "max", "paradigm": "rest", "channels": list(CHANNELS), **source},
        "decoder": {"name": "alpha", **(decoder or {})},
    }
    return validate(values, "lab.toml")


def calibrate(settings: SessionSettings, folder: Path, seconds: float) -> tuple[str, Exception | None]:
    out = Console(file=io.StringIO(), width=200)
    error = None
    try:
        run_calibrate(settings, str(folder), seconds, out)
    except (ModelError, ConfigError) as exc:
        error = exc
    assert isinstance(out.file, io.StringIO)
    return out.file.getvalue(), error


def test_rest_is_recorded_judged_and_the_lines_for_the_session_are_printed(tmp_path: Path) -> None:
    text, error = calibrate(a_session(), tmp_path, 20.0)
    assert error is None
    (path,) = tmp_path.glob("lab_rest_*.xdf")
    assert text.startswith("Rest now: ")
    assert "5.0 of 20 s: 5 of 5 windows fit for use (100 %)" in text
    assert "37 of 37 windows fit for use (100 %); bad channels: none" in text
    assert "alpha asks for 15 s of rest, which is 27 clean windows: enough" in text
    assert tomllib.loads(text[text.index("[decoder.calibration]") :]) == {
        "decoder": {"calibration": {"file": str(path.resolve())}}
    }
    assert len(open_recording(path).times_s) == 20 * 250


def test_what_is_recorded_is_the_raw_signal(tmp_path: Path) -> None:
    calibrate(a_session(), tmp_path, 5.0)
    keeper = Keeper()
    settings = {**a_session().model_dump(mode="json"), "decoder": None, "duration_s": 5.0}
    build(validate(settings, "raw"), [keeper]).run(threading.Event())
    sent = np.concatenate([e.chunk.samples for e in keeper.events if isinstance(e, ChunkEvent)])
    np.testing.assert_array_equal(open_recording(next(tmp_path.glob("*.xdf"))).samples[:], sent)


def test_a_session_that_names_the_file_decides_from_the_first_window(tmp_path: Path) -> None:
    calibrate(a_session(), tmp_path, 20.0)
    (path,) = tmp_path.glob("*.xdf")
    keeper = Keeper()
    settings = {**a_session({"calibration": {"file": str(path)}}, seed=3).model_dump(mode="json"), "duration_s": 6.0}
    build(validate(settings, "live"), [keeper]).run(threading.Event())
    assert keeper.states == ["running", "stopping"]
    assert [d.window_index for d in keeper.decisions] == list(range(9))
    assert keeper.notices == []


def test_a_replay_that_names_the_file_decides_from_the_first_window(tmp_path: Path) -> None:
    calibrate(a_session(), tmp_path, 20.0)
    (path,) = tmp_path.glob("*.xdf")
    result = run_replay(replay_settings(path, calibrate=str(path)), path)
    assert result.as_dict()["n_windows"] == 37
    assert result.notices == ()


def test_the_daemon_uses_the_file_from_the_command_line(tmp_path: Path) -> None:
    session = tmp_path / "lab.toml"
    text = '[source]\nkind = "synthetic"\nspeed = "max"\n[decoder]\nname = "alpha"\n'
    session.write_text(text, encoding="utf-8")
    answer = CliRunner().invoke(app, ["calibrate", str(session), "--seconds", "16", "--folder", str(tmp_path)])
    assert answer.exit_code == 0, answer.output
    lines = answer.output[answer.output.index("[decoder.calibration]") :]
    session.write_text(f'duration_s = 4.0\n{text}{lines}\n[[sinks]]\nkind = "console"\n', encoding="utf-8")
    answer = CliRunner().invoke(app, ["daemon", str(session)])
    assert answer.exit_code == 0, answer.output
    assert "state: running" in answer.output
    assert "calibrating" not in answer.output
    assert "window 0: " in answer.output


def test_too_short_a_stretch_is_refused_and_says_why(tmp_path: Path) -> None:
    text, error = calibrate(a_session(), tmp_path, 3.0)
    assert "3 of 3 windows fit for use" in text
    assert "[decoder.calibration]" not in text
    assert "cannot be used: alpha: calibration needs at least 4 clean windows" in str(error)
    assert "--seconds" in str(error)
    assert len(list(tmp_path.glob("*.xdf"))) == 1


def test_less_than_one_window_is_refused(tmp_path: Path) -> None:
    text, error = calibrate(a_session(), tmp_path, 1.0)
    assert "0 of 0 windows fit for use; bad channels: none" in text
    assert "cannot be used" in str(error)


def test_less_rest_than_asked_for_is_taken_but_said(tmp_path: Path) -> None:
    text, error = calibrate(a_session(), tmp_path, 10.0)
    assert error is None
    assert "27 clean windows: it takes these too, but a longer recording is better" in text


WITH_CHECK = {
    "stages": ({"kind": "nonfinite"}, {"kind": "bandpass", "low_hz": 1.0, "high_hz": 45.0}, {"kind": "bad_channels"})
}


def test_a_flat_channel_is_shown_while_recording_and_afterwards(tmp_path: Path) -> None:
    settings = a_session(flat_channels=["C3"]).model_copy(update=WITH_CHECK)
    text, error = calibrate(settings, tmp_path, 20.0)
    assert error is None
    lines = [line for line in text.splitlines() if "windows fit for use" in line]
    assert len(lines) == 5
    assert all("bad channels: C3 (" in line for line in lines)
    assert "37 of 37 windows fit for use" in lines[-1]


def test_too_many_flat_channels_leave_no_clean_window(tmp_path: Path) -> None:
    settings = a_session(flat_channels=list(CHANNELS[:4])).model_copy(update=WITH_CHECK)
    text, error = calibrate(settings, tmp_path, 20.0)
    assert "too many bad channels: " in text
    assert "cannot be used: alpha: calibration needs" in str(error)


def test_no_signal_at_all_is_refused(tmp_path: Path) -> None:
    _, error = calibrate(a_session(flat_channels=list(CHANNELS)), tmp_path, 20.0)
    assert "got 0 out of 37" in str(error)


def test_lost_samples_cost_windows_and_the_reason_is_given(tmp_path: Path) -> None:
    text, error = calibrate(a_session(drop=[8.0, 0.5]), tmp_path, 20.0)
    assert error is None
    assert "samples were lost: 3" in text


def test_an_old_file_that_is_gone_does_not_hinder_a_new_one(tmp_path: Path) -> None:
    _, error = calibrate(a_session({"calibration": {"file": str(tmp_path / "gone.xdf")}}), tmp_path, 20.0)
    assert error is None


@pytest.mark.parametrize(
    ("decoder", "words"), [(None, "no decoder"), ({"name": "ssvep_cca"}, "needs no rest")], ids=["none", "ssvep"]
)
def test_a_session_without_rest_is_refused_before_anything_is_opened(
    tmp_path: Path, decoder: dict[str, Any] | None, words: str
) -> None:
    values = {"source": {"kind": "synthetic", "speed": "max"}, "decoder": decoder}
    with pytest.raises(ConfigError, match=words):
        run_calibrate(validate(values, "lab"), str(tmp_path), 5.0, Console(file=io.StringIO()))
    assert not list(tmp_path.iterdir())


def test_a_signal_that_does_not_fit_is_refused_before_anything_is_recorded(tmp_path: Path) -> None:
    settings = a_session(rate_hz=64).model_copy(update={"stages": ()})
    wide = {**settings.source, "channels": list(TEN_TWENTY)}
    slow = settings.model_copy(update={"source": wide, "decoder": settings.decoder})
    workload = slow.model_copy(update={"decoder": settings.decoder.model_copy(update={"name": "workload"})})  # type: ignore[union-attr]
    with pytest.raises(SpecMismatch, match="rate is 64 Hz"):
        run_calibrate(workload, str(tmp_path), 5.0, Console(file=io.StringIO()))
    few = workload.model_copy(update={"source": settings.source})
    with pytest.raises(ChannelMismatch, match="lacks electrodes for every set of workload"):
        run_calibrate(few, str(tmp_path), 5.0, Console(file=io.StringIO()))
    assert not list(tmp_path.iterdir())


def test_a_terminal_shows_one_picture_that_changes(tmp_path: Path) -> None:
    file = io.StringIO()
    run_calibrate(a_session(), str(tmp_path), 16.0, Console(file=file, width=200, force_terminal=True))
    text = file.getvalue()
    assert "16.0 of 16 s" in text
    assert "29 of 29 windows fit for use" in text
    assert text.count("5.0 of 16 s: ") == 0


def test_any_recording_can_be_judged(tmp_path: Path) -> None:
    calibrate(a_session(), tmp_path, 20.0)
    judgement = judge_rest(a_session(), next(tmp_path.glob("*.xdf")))
    assert (judgement.n_clean, judgement.n_wanted, judgement.refusal) == (37, 27, "")
