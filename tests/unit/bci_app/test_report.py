"""The report of a recorded session says what the session came to."""

from __future__ import annotations

import re
import threading
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from bci_app.assembly import build
from bci_app.cli import app
from bci_app.commands import Note
from bci_app.config import validate
from bci_app.engine import Engine
from bci_app.events import ChunkEvent, Event, Session
from bci_app.report.contents import SessionReport, gather
from bci_app.report.screen_page import html
from bci_app.report_verb import report_paths, write_report
from bci_app.summary import Summary
from pipelines.errors import BciError, ConnectFailed
from tests.unit.bci_app.engine_parts import Keeper

NOTE = "cap moved <b>&</b> $5"


class Remarking(Keeper):
    """Makes a note in the middle of the session."""

    engine: Engine | None = None

    def accept(self, event: Event) -> None:
        super().accept(event)
        if isinstance(event, ChunkEvent) and self.engine is not None and event.chunk.end_index > 10_000:
            self.engine.post(Note(NOTE))
            self.engine = None


@dataclass
class Recorded:
    """A session with faults, what it came to, and what its report says."""

    path: Path
    summary: Summary
    session: Session
    report: SessionReport


@pytest.fixture(scope="module")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> Recorded:
    folder = tmp_path_factory.mktemp("session")
    settings = {
        "name": "faulty",
        "note": "pilot",
        "source": {
            "kind": "synthetic", "speed": "max", "first_rest_s": 20, "drop": [50.0, 1.5], "flat_channels": ["C3"],
            "flat_from_s": 40.0,
        },
        "decoder": {"name": "workload", "calibration": {"rest_s": 15}},
        "smoothing": {"mode": "exponential"},
        "sinks": [{"kind": "xdf_recorder", "folder": str(folder), "subject": "07", "task": "workload"}],
        "duration_s": 80.0,
    }  # fmt: skip
    summary, keeper = Summary(), Remarking()
    keeper.engine = engine = build(validate(settings, "faulty"), [summary, keeper])
    engine.run(threading.Event())
    (path,) = folder.rglob("*.xdf")
    assert keeper.session is not None
    return Recorded(path, summary, keeper.session, gather(path))


def test_decisions_and_their_hash_are_those_of_the_session(recorded: Recorded) -> None:
    report, summary = recorded.report, recorded.summary
    assert report.decisions_sha256 == summary.decisions_sha256
    assert report.labels == summary.labels
    assert report.abstentions.total() == summary.n_windows - summary.n_decisions
    assert report.abstentions["samples were lost"] > 0
    assert report.classes == recorded.session.classes


def test_agreement_is_that_of_the_session(recorded: Recorded) -> None:
    found, live = recorded.report.agreement, recorded.summary.agreement()
    assert found.confusion == live.confusion
    assert live.judged > 20
    assert found.balanced_accuracy == pytest.approx(np.mean([a / n for a, n in map(live.of_state, live.states)]))
    assert found.chance == 0.5


def test_the_channel_that_went_flat_is_the_worst(recorded: Recorded) -> None:
    quality = recorded.report.quality
    worst, *others = quality.worst_first
    assert worst.name == "C3"
    assert (worst.fault, worst.bad) == ("flat", pytest.approx(40 / 80, abs=0.03))
    assert all(channel.bad == 0 for channel in others)
    assert 2 < others[0].deviation < 50


def test_losses_and_timing_are_told(recorded: Recorded) -> None:
    report = recorded.report
    assert report.quality.lost == 375
    certificate = report.certificate
    assert certificate is not None
    assert (certificate.lost_samples, certificate.samples, certificate.dropped_windows) == (375, 20_000, 0)
    for section in certificate.sections:
        assert 0 <= section.p50_ms <= section.p99_ms <= section.worst_ms
    titles = [section.title for section in certificate.sections]
    assert "decoding" in titles
    assert "end of window to decision" not in titles  # stamps were not of now


def test_notes_settings_and_warnings_are_told(recorded: Recorded) -> None:
    report = recorded.report
    assert [text for _, text in report.notes] == ["pilot", NOTE]
    assert report.notes[1][0] == pytest.approx(40.0, abs=1.1)
    assert any("375 samples" in text for text in report.told)
    assert report.settings["source"]["flat_channels"] == ["C3"]
    assert report.made_with == recorded.session.versions


def test_the_page_for_the_screen_needs_no_other_file_and_takes_text_as_text(recorded: Recorded) -> None:
    page = html(recorded.report)
    assert re.findall(r'(?:src|href)="(?!data:)', page) == []
    assert "http" not in page
    assert "cap moved &lt;b&gt;&amp;&lt;/b&gt; $5" in page
    assert recorded.report.sha256 in page
    assert recorded.report.decisions_sha256 in page
    assert page.count("<img") == 3


def test_the_page_for_paper_is_one_page(recorded: Recorded, tmp_path: Path) -> None:
    paths = write_report(recorded.path, tmp_path)
    assert paths == report_paths(recorded.path, tmp_path)
    assert len(re.findall(rb"/Type /Page\b", paths[1].read_bytes())) == 1


def test_the_command_writes_beside_the_recording(recorded: Recorded) -> None:
    result = CliRunner().invoke(app, ["report", str(recorded.path)])
    assert result.exit_code == 0
    for path in report_paths(recorded.path):
        assert path.name.startswith("sub-07_ses-01_task-workload_run-01_eeg_report")
        assert path.stat().st_size > 10_000


def test_an_absent_recording_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConnectFailed, match="no such file"):
        write_report(tmp_path / "absent.xdf")


def test_a_folder_that_cannot_be_made_is_named(recorded: Recorded, tmp_path: Path) -> None:
    (tmp_path / "taken").write_text("")
    with pytest.raises(BciError, match="taken"):
        write_report(recorded.path, tmp_path / "taken")


def test_a_recording_without_eeg_or_shorter_than_a_block_has_a_report_too(tmp_path: Path) -> None:
    path = tmp_path / "raw.txt"
    rows = "".join(f"{k % 256}, {k}.5, {k}.25, 1, 2, 3\n" for k in range(60))
    path.write_text(f"%OpenBCI Raw EEG Data\n%Number of channels = 2\n%Sample Rate = 250.0 Hz\n{rows}")
    report = gather(path)
    assert report.quality.channels == ()
    assert report.certificate is None
    assert all(one.stat().st_size for one in write_report(path))


@pytest.mark.shared
@pytest.mark.parametrize("name", ["eegmmidb_s001/S001R04.edf", "eegmat/Subject00_2.edf"])
def test_recordings_of_others_have_a_report(shared_data: Path, tmp_path: Path, name: str) -> None:
    report = gather(shared_data / name)
    assert report.decisions_sha256 == ""
    assert report.quality.channels
    assert "The file holds no settings" in html(report)
    write_report(shared_data / name, tmp_path)
