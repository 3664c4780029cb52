"""``bci-app data``: list, fetch from a server on the loopback, look through fabricated folders."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from typer.testing import CliRunner, Result

from bci_app import data_check
from bci_app.cli import app
from bci_app.data_check import Findings
from models.dataset import Key, Labelled, Trial
from models.datasets import eegmat
from models.reading.fetching import fetch_physionet
from pipelines.errors import BciError, ConfigError, RecordingError
from pipelines.plugins import names
from pipelines.signal import Channel, StreamSpec, make_chunk
from tests.contract.dataset_folders import PERSONAL
from tests.contract.dataset_folders import eegmat as eegmat_folder
from tests.contract.dataset_folders import shu as shu_folder
from tests.unit.models.loopback_server import Server


def invoke(*arguments: str) -> Result:
    result = CliRunner().invoke(app, ["data", *arguments])
    if isinstance(result.exception, BciError):
        raise result.exception
    return result


@pytest.fixture
def published(tmp_path: Path) -> Iterator[Server]:
    folder = tmp_path / "published"
    folder.mkdir()
    eegmat_folder.make(folder)
    sums = [f"{sha256(path.read_bytes()).hexdigest()} {path.name}" for path in sorted(folder.iterdir())]
    (folder / "SHA256SUMS.txt").write_text("\n".join(sums) + "\n")
    server = Server(folder)
    yield server
    server.close()


@pytest.fixture
def fetching(published: Server, monkeypatch: pytest.MonkeyPatch) -> Server:
    """EEGMAT's own ``fetch``, sent to the loopback."""

    def redirected(base_url: str, *rest: Any) -> None:
        assert base_url == "https://physionet.org/files/eegmat/1.0.0/"
        fetch_physionet(published.url, *rest)

    monkeypatch.setattr(eegmat, "fetch_physionet", redirected)
    return published


def test_every_data_set_is_listed_with_access_and_licence() -> None:
    found = json.loads(invoke("list", "--json").stdout)
    assert [entry["kind"] for entry in found] == names("datasets")
    for entry in found:
        assert entry["access"] in ("open", "form", "request")
        assert entry["licence"]
        assert entry["how_to_get"]
    text = invoke("list").stdout
    assert "ODC-By" in text
    assert "things_eeg" in text


def test_fetching_goes_on_where_it_was_broken_off(fetching: Server, tmp_path: Path) -> None:
    target = tmp_path / "eegmat"
    target.mkdir()
    first = "Subject00_1.edf"
    (target / first).write_bytes((fetching.folder / first).read_bytes())
    said = invoke("fetch", "eegmat", str(target))
    assert said.exit_code == 0
    assert "ODC-By 1.0" in said.stdout
    assert f"data check eegmat {target}" in said.stdout
    assert {path.name for path in target.iterdir()} == {f"Subject{s}_{r}.edf" for s in ("00", "04", "33") for r in "12"}
    assert f"/{first}" not in fetching.asked
    checked = json.loads(invoke("check", "eegmat", str(target), "--json").stdout)
    assert checked["people"]["00"]["trials"] == {"rest": 1, "mental_arithmetic": 1}
    assert checked["problems"] == []


def test_a_file_that_is_not_what_was_published_is_refused(fetching: Server, tmp_path: Path) -> None:
    (fetching.folder / "Subject04_2.edf").write_bytes(b"damaged on the way")
    with pytest.raises(RecordingError, match=r"Subject04_2\.edf: cannot be fetched"):
        invoke("fetch", "eegmat", str(tmp_path / "eegmat"))
    assert not (tmp_path / "eegmat" / "Subject04_2.edf").exists()


@pytest.mark.parametrize("kind", ["seed", "shu"])
def test_what_a_person_has_to_get_is_said(kind: str, tmp_path: Path) -> None:
    said = invoke("fetch", kind, str(tmp_path / kind))
    assert said.exit_code == 1
    entry = next(e for e in json.loads(invoke("list", "--json").stdout) if e["kind"] == kind)
    assert entry["how_to_get"] in said.stdout
    assert not (tmp_path / kind).exists()


def test_an_unknown_data_set_and_an_unknown_setting_are_named(tmp_path: Path) -> None:
    for arguments in (("fetch", "nowhere"), ("check", "nowhere")):
        with pytest.raises(ConfigError, match="nowhere"):
            invoke(*arguments, str(tmp_path))
    with pytest.raises(ConfigError, match="taste"):
        invoke("check", "eegmat", str(tmp_path), "--set", "taste=sweet")
    with pytest.raises(RecordingError, match="physionet"):
        invoke("check", "eegmat", str(tmp_path))


def test_a_folder_is_counted_and_nobody_is_described(tmp_path: Path) -> None:
    eegmat_folder.make(tmp_path)
    said = invoke("check", "eegmat", str(tmp_path))
    assert said.exit_code == 0
    assert "4 recordings: 19 channels, 500 Hz, uV" in said.stdout
    assert "note: 2 subjects here; published are 36" in said.stdout
    assert "no problems found" in said.stdout
    assert not [word for word in PERSONAL if word in said.stdout]
    with_test = invoke("check", "eegmat", str(tmp_path), "--set", "published_test=true")
    assert "6 recordings" in with_test.stdout


def test_a_damaged_recording_is_named_and_the_others_are_counted(tmp_path: Path) -> None:
    shu_folder.make(tmp_path)
    (tmp_path / "sub-001_ses-02_task_motorimagery_eeg.mat").write_bytes(b"no MATLAB file")
    said = invoke("check", "shu", str(tmp_path), "--json")
    assert said.exit_code == 1
    found = json.loads(said.stdout)
    assert ["sub-001_ses-02" in text for text in found["problems"]] == [True]
    assert found["people"]["001"]["trials"] == {"right_hand": 1, "left_hand": 2}
    assert found["people"]["025"]["recordings"] == 1
    assert "problem: " in invoke("check", "shu", str(tmp_path)).stdout


ABOUT = replace(eegmat.ABOUT, channels=("Cz", "Pz", "Oz"), window_s=2.0, rate_hz=100.0, n_subjects=2)


def findings(*recordings: Labelled) -> Findings:
    found = Findings(ABOUT)
    for recording in recordings:
        data_check._count(found, recording)
    data_check._compare(found)
    return found


def recording(subject: str, rows: np.ndarray, *trials: Trial, rate_hz: float = 100.0) -> Labelled:
    spec = StreamSpec(rate_hz, tuple(Channel(name) for name in ABOUT.channels[: rows.shape[1]]), "x")
    chunk = make_chunk(rows.astype(np.float32), np.arange(len(rows)) / rate_hz, 0)
    return Labelled(Key(subject), spec, (chunk,), trials)


def test_faults_of_the_signal_and_the_trials_are_problems() -> None:
    rows = np.random.default_rng(0).standard_normal((1000, 3))
    assert findings(recording("a", rows, Trial(0, 4, "rest"), Trial(4, 8, "mental_arithmetic"))).problems == []
    rows[:, 1] = 7.0
    rows[5, 0] = np.nan
    (bad, flat, short) = findings(recording("a", rows, Trial(0, 4, "rest"), Trial(4, 5, "rest"))).problems
    assert bad.endswith("1 samples are not finite")
    assert flat.endswith("flat channels: Pz")
    assert short.endswith("1 of 2 trials are shorter than the window of 2 s")
    (empty, missing) = findings(recording("a", rows[:, :1] * 0 + np.arange(1000)[:, None] % 7)).problems[-2:]
    assert empty.endswith("neither a trial nor rest")
    assert missing.endswith("missing channels: Pz, Oz")


def test_differences_from_what_was_published_are_notes() -> None:
    rows = np.random.default_rng(0).standard_normal((1000, 3))
    found = findings(
        recording("a", rows, Trial(0, 4, "rest")), recording("b", rows[:, :2], Trial(0, 4, "sleep"), rate_hz=50.0)
    )
    assert found.notes == [
        "some recordings have 50 Hz; published are 100 Hz",
        "recordings have different channels; a recipe must select those that all have",
        "no trial of class mental_arithmetic here",
    ]
    assert found.problems[-1] == "labels that the data set does not declare: sleep"
