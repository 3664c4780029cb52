"""Recordings of the real recorder go out in every format and are read back by MNE and mne-bids."""

from __future__ import annotations

import sys
import warnings
from pathlib import Path
from typing import Any

import mne
import mne_bids
import numpy as np
import pytest
from typer.testing import CliRunner

from bci_app.cli import app
from bci_app.events import ChunkEvent, MarkerEvent
from bci_app.export_verb import BidsName, export
from bci_app.sinks.xdf_recorder import Settings, XdfRecorder
from devices.recording_data import ReadOptions
from devices.sources.recording import open_recording, recorded_decisions
from pipelines.errors import ConfigError, MissingDependency, RecordingError, UnitMismatch
from pipelines.signal import Channel, Flag, Marker, StreamSpec
from tests.unit.bci_app.engine_parts import Keeper, run
from tests.unit.bci_app.recorder_parts import ROOMY, a_recorder
from tests.unit.bci_app.xdf_files import RATE_HZ, a_chunk, a_session

OUT = {"fif": "x_raw.fif", "edf": "x.edf", "bdf": "x.bdf", "brainvision": "x.vhdr", "bids": "study"}
LOST = slice(1000, 1325)
NAN = slice(2000, 2025)


@pytest.fixture(scope="module")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Keeper]:
    """12.5 s that arrived of 13.8 s: 1.3 s lost at 4 s, NaN for 0.1 s at 8 s, decided on from 6.5 s on."""
    folder = tmp_path_factory.mktemp("recorded")
    recorder = XdfRecorder(Settings(folder=str(folder), **ROOMY))
    keeper = run({"drop": [4.0, 1.3], "nan_burst": [8.0, 0.1]}, [recorder], duration_s=12.5)
    (path,) = folder.glob("*.xdf")
    return path, keeper


def read_back(out: Path, form: str) -> Any:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # readers complain about what the formats leave out
        if form == "bids":
            labels = {"subject": "01", "session": "01", "task": "rest", "run": "01"}
            path = mne_bids.BIDSPath(root=out, datatype="eeg", **labels)
            return mne_bids.read_raw_bids(path, verbose="error").load_data(verbose="error")
        return mne.io.read_raw(out, preload=True, verbose="error")


def notes(raw: Any) -> list[tuple[float, float, str]]:
    return [
        (a["onset"] - raw.first_time, a["duration"], a["description"].removeprefix("Comment/")) for a in raw.annotations
    ]


@pytest.mark.parametrize("form", OUT)
def test_samples_gaps_markers_and_decisions_come_back(recorded: tuple[Path, Keeper], tmp_path: Path, form: str) -> None:
    path, keeper = recorded
    told = export(path, tmp_path / OUT[form], form=form)
    raw = read_back(tmp_path / OUT[form], form)
    assert raw.ch_names == list(open_recording(path).spec.names)
    assert set(raw.get_channel_types()) == {"eeg"}
    assert raw.info["sfreq"] == 250.0

    sent = np.concatenate([e.chunk.samples for e in keeper.events if isinstance(e, ChunkEvent)]).astype(float)
    rows = np.full((told.n_samples, 19), np.nan)
    rows[: LOST.start], rows[LOST.stop :] = sent[: LOST.start], sent[LOST.start :]
    assert np.isnan(rows[NAN]).all()
    for gap in (LOST, NAN):
        rows[gap] = rows[gap.start - 1]
    microvolts = raw.get_data().T * 1e6
    # EDF and BDF have 16 and 24 bits for the range of each channel, the others float32.
    bits = {"edf": 16, "bdf": 24}.get(form)
    tolerance = np.ptp(rows, axis=0) / (2**bits - 2) + 1e-4 if bits else 1e-5 * np.abs(rows).max(axis=0)
    assert (np.abs(microvolts[: told.n_samples] - rows) <= tolerance).all()

    found = notes(raw)
    expected = [(4.0, 1.3, "BAD_ACQ_SKIP"), (8.0, 0.1, "BAD_nonfinite"), (0.0, 0.0, "rest")]
    decided = [
        (d.start_s, d.end_s - d.start_s, f"decision/{'none' if d.abstained else d.label}") for d in keeper.decisions
    ]
    for onset_s, duration_s, label in [*expected, *decided]:
        near = [n for n in found if n[2] == label and abs(n[0] - onset_s) < 1.1 / 250]
        assert near, label
        assert min(abs(n[1] - duration_s) for n in near) < 1.1 / 250
    assert told.n_decisions == len(decided) == 11
    assert told.n_annotations == 14


def test_what_is_not_as_recorded_is_told(recorded: tuple[Path, Keeper], tmp_path: Path) -> None:
    told = export(recorded[0], tmp_path / "x.edf").told
    assert any(text.startswith("325 lost samples") for text in told)
    assert any(text.startswith("25 samples hold values that are not finite") for text in told)
    assert any("0.2 seconds of edge values were appended" in text for text in told)
    assert not any("edge" in text for text in export(recorded[0], tmp_path / "x_raw.fif").told)


@pytest.mark.parametrize("form", ["fif", "edf", "brainvision"])
def test_our_own_reader_sees_the_loss_again(recorded: tuple[Path, Keeper], tmp_path: Path, form: str) -> None:
    export(recorded[0], tmp_path / OUT[form])
    flags = open_recording(tmp_path / OUT[form]).flags
    assert flags is not None
    assert np.flatnonzero(flags[:3450] & Flag.LOST).tolist() == list(range(LOST.start, LOST.stop))


def test_exporting_an_export_gives_the_same_again(recorded: tuple[Path, Keeper], tmp_path: Path) -> None:
    export(recorded[0], tmp_path / "a_raw.fif")
    export(tmp_path / "a_raw.fif", tmp_path / "b_raw.fif")
    first, second = (read_back(tmp_path / f"{name}_raw.fif", "fif") for name in "ab")
    np.testing.assert_allclose(first.get_data(), second.get_data(), rtol=1e-6)
    assert first.info["meas_date"] == second.info["meas_date"]
    # Of annotations other than losses, a recording keeps the moment, not the length.
    assert [(round(n[0], 3), n[2]) for n in notes(first)] == [(round(n[0], 3), n[2]) for n in notes(second)]


def record(folder: Path, *channels: Channel, markers: tuple[Marker, ...] = (), **session: Any) -> Path:
    recorder, _ = a_recorder(folder)
    spec = StreamSpec(RATE_HZ, channels, "headset", "linked ears")
    recorder.open(a_session(spec=spec, classes=(), model_id="", **session))
    path = recorder.path
    for k in range(5):
        recorder.accept(ChunkEvent(a_chunk(50 * k, 50)))
    for marker in markers:
        recorder.accept(MarkerEvent(marker))
    recorder.close()
    assert path is not None
    return path


ODD = (Channel("Cz"), Channel("VEOG", "eog"), Channel("aux", "misc", "unknown"), Channel("skin", "misc"))


@pytest.mark.parametrize("form", OUT)
def test_every_kind_of_channel_keeps_its_values(tmp_path: Path, form: str) -> None:
    path = record(tmp_path, *ODD)
    told = export(path, tmp_path / OUT[form], form=form).told
    assert any(text.startswith("aux: no voltage") for text in told)
    assert any(text.startswith("skin: a voltage of no kind") for text in told)
    raw = read_back(tmp_path / OUT[form], form)
    values = open_recording(path).samples[:].astype(float)
    written = raw.get_data().T[: len(values)]
    resolution = np.ptp(values, axis=0).max() / 65534
    np.testing.assert_allclose(written[:, [0, 1, 3]] * 1e6, values[:, [0, 1, 3]], atol=resolution)
    np.testing.assert_allclose(written[:, 2], values[:, 2], atol=resolution)
    if form in ("fif", "bids"):
        assert raw.get_channel_types()[:3] == ["eeg", "eog", "misc"]


def test_a_voltage_of_unknown_unit_is_refused_until_it_is_stated(tmp_path: Path) -> None:
    path = record(tmp_path, Channel("Cz", unit="unknown"), Channel("Pz", unit="unknown"), Channel("Oz"), Channel("Fz"))
    with pytest.raises(UnitMismatch, match=r"the unit of Cz, Pz is not known.*--unit"):
        export(path, tmp_path / "x.edf")
    assert not (tmp_path / "x.edf").exists()
    export(path, tmp_path / "x_raw.fif", options=ReadOptions(unit="mV"))
    raw = read_back(tmp_path / "x_raw.fif", "fif")
    np.testing.assert_allclose(raw.get_data()[0] * 1e3, open_recording(path).samples[:][:, 0], rtol=1e-5)


def test_the_date_is_that_of_the_file_and_never_made_up(tmp_path: Path) -> None:
    export(record(tmp_path, *ODD, started_unix_s=1.7e9), tmp_path / "dated_raw.fif")
    export(record(tmp_path, *ODD, started_unix_s=0.0), tmp_path / "undated_raw.fif")
    assert read_back(tmp_path / "dated_raw.fif", "fif").info["meas_date"].timestamp() == 1.7e9
    assert read_back(tmp_path / "undated_raw.fif", "fif").info["meas_date"] is None


def test_markers_outside_and_odd_labels_are_kept(tmp_path: Path) -> None:
    odd = (Marker(999.0, "early"), Marker(1000.5, "a;b\x07"), Marker(2000.0, "late"))
    export(record(tmp_path, *ODD, markers=odd), tmp_path / "x.bdf")
    found = [(round(onset, 3), label) for onset, _, label in notes(read_back(tmp_path / "x.bdf", "bdf"))]
    assert found == [(0.0, "early"), (0.5, "a,b"), (0.996, "late")]


def test_bids_names_the_reference_and_no_maker(tmp_path: Path) -> None:
    written = export(record(tmp_path, *ODD), tmp_path / "study", form="bids", name=BidsName("p7", "", "oddball", "2"))
    assert written.path.name == "sub-p7_task-oddball_run-2_eeg.vhdr"
    sidecar = written.path.with_suffix(".json").read_text(encoding="utf-8")
    assert '"EEGReference": "linked ears"' in sidecar
    assert '"Manufacturer": "n/a"' in sidecar
    with pytest.raises(ConfigError, match="BIDS"):
        export(written.path, tmp_path / "study", form="bids", name=BidsName(subject="a_b"))


@pytest.mark.parametrize("form", OUT)
def test_nothing_is_overwritten_without_force(recorded: tuple[Path, Keeper], tmp_path: Path, form: str) -> None:
    out = tmp_path / OUT[form]
    path = export(recorded[0], out, form=form).path
    before = path.stat().st_mtime_ns
    with pytest.raises(ConfigError, match=r"exists already; --force"):
        export(recorded[0], out, form=form)
    assert path.stat().st_mtime_ns == before
    export(recorded[0], out, form=form, force=True)
    assert path.stat().st_mtime_ns > before


def test_a_recording_is_never_written_over_itself(recorded: tuple[Path, Keeper], tmp_path: Path) -> None:
    export(recorded[0], tmp_path / "x.edf")
    before = (tmp_path / "x.edf").read_bytes()
    with pytest.raises(ConfigError, match="is the recording itself"):
        export(tmp_path / "x.edf", tmp_path / "x.edf", force=True)
    assert (tmp_path / "x.edf").read_bytes() == before


@pytest.mark.parametrize(
    ("out", "form", "words"),
    [
        ("x.doc", "", "no format"),
        ("x.edf", "docx", "--format knows fif, edf"),
        ("x.fif", "edf", r"ends in \.edf"),
        ("x.edf", "bids", "folder of the data set"),
    ],
)
def test_a_format_that_does_not_fit_is_named(tmp_path: Path, out: str, form: str, words: str) -> None:
    with pytest.raises(ConfigError, match=words):
        export(tmp_path / "absent.xdf", tmp_path / out, form=form)


def test_what_a_format_cannot_hold_is_told(tmp_path: Path) -> None:
    path = record(tmp_path, Channel("A_name_of_20_letters"), *ODD[1:])
    with pytest.raises(RecordingError, match=r"x\.edf: cannot be written as edf: .*longer than 16"):
        export(path, tmp_path / "x.edf")


@pytest.mark.parametrize(("package", "form"), [("edfio", "edf"), ("pybv", "brainvision"), ("mne_bids", "bids")])
def test_a_missing_package_names_the_command(
    recorded: tuple[Path, Keeper], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, package: str, form: str
) -> None:
    monkeypatch.setitem(sys.modules, package, None)
    with pytest.raises(MissingDependency, match=rf"{package}.*pip install 'bci-app\[export\]'"):
        export(recorded[0], tmp_path / OUT[form], form=form)


def test_stamps_that_jump_by_days_are_refused(tmp_path: Path) -> None:
    recorder, _ = a_recorder(tmp_path)
    recorder.open(a_session())
    path = recorder.path
    recorder.accept(ChunkEvent(a_chunk(0, 50)))
    recorder.accept(ChunkEvent(a_chunk(10**9, 50, gap_before=10**9 - 50)))
    recorder.close()
    assert path is not None
    with pytest.raises(RecordingError, match="its time stamps cannot be right"):
        export(path, tmp_path / "x.edf")


def test_files_of_others_hold_no_decisions(tmp_path: Path, recorded: tuple[Path, Keeper]) -> None:
    assert len(recorded_decisions(recorded[0])) == 11
    export(recorded[0], tmp_path / "x_raw.fif")
    assert recorded_decisions(tmp_path / "x_raw.fif") == ()
    assert recorded_decisions(record(tmp_path, *ODD)) == ()


def test_a_stream_is_chosen_by_name(recorded: tuple[Path, Keeper], tmp_path: Path) -> None:
    name = open_recording(recorded[0]).spec.source_id
    assert export(recorded[0], tmp_path / "x.edf", options=ReadOptions(stream=name)).n_channels == 19
    with pytest.raises(RecordingError, match="no signal stream called 'absent'"):
        export(recorded[0], tmp_path / "y.edf", options=ReadOptions(stream="absent"))


def test_the_command_line_says_what_it_wrote(recorded: tuple[Path, Keeper], tmp_path: Path) -> None:
    answer = CliRunner().invoke(app, ["export", str(recorded[0]), str(tmp_path / "x.vhdr")])
    assert answer.exit_code == 0, answer.output
    assert "x.vhdr (brainvision): 19 channels, 13.8 s at 250 Hz" in answer.output
    assert "14 annotations, 11 of them decisions" in answer.output
    assert "note: 325 lost samples" in answer.output
