"""Recordings of any kind: found in folders, electrodes by name, stretches between cuts and bad spans."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from models.reading.any_recording import electrodes, find_recordings, open_recording, read_chunks, stretches
from models.training.pretraining.sources import is_electrode
from pipelines.errors import RecordingError
from tests.unit.models.made_recordings import rhythms, write_fif


def test_recordings_are_found_at_any_depth_and_what_is_none_is_not(tmp_path: Path) -> None:
    for name in ("a_raw.fif", "sub-01/ses-1/eeg/sub-01_eeg.edf", "sub-02/eeg/sub-02_eeg.SET", "deep/er/x.vhdr"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    for name in ("a-eve.fif", "b-epo.fif", "notes.txt", "x.eeg", "sub-01/participants.tsv"):
        (tmp_path / name).touch()
    found = [path.relative_to(tmp_path).as_posix() for path in find_recordings(tmp_path)]
    assert found == ["a_raw.fif", "deep/er/x.vhdr", "sub-01/ses-1/eeg/sub-01_eeg.edf", "sub-02/eeg/sub-02_eeg.SET"]
    some = find_recordings(tmp_path, ["**/sub-*_eeg.*"], ["sub-02/*"])
    assert [path.name for path in some] == ["sub-01_eeg.edf"]


def test_channels_marked_bad_are_no_electrodes_and_names_are_put_right(tmp_path: Path) -> None:
    raw = open_recording(write_fif(tmp_path / "a_raw.fif", names=("EEG FP1-Ref", "T3", "Cz")))
    assert electrodes(raw) == {"Fp1": 0, "T7": 1, "Cz": 2}
    raw.info["bads"] = ["T3"]
    assert electrodes(raw) == {"Fp1": 0, "Cz": 2}


def test_stretches_end_at_cuts_and_leave_out_bad_spans_and_the_ends(tmp_path: Path) -> None:
    notes = [(5.0, 1.0, "BAD_move"), (12.0, 0.0, "boundary"), (20.0, 1.0, "T1")]
    raw = open_recording(write_fif(tmp_path / "a_raw.fif", seconds=30, annotations=notes))
    assert stretches(raw) == [(0, 1000), (1200, 2400), (2400, 6000)]
    assert stretches(raw, 6.0, 2.0) == [(1200, 2400), (2400, 5600)]
    assert stretches(raw, 20.0, 20.0) == []


def test_pieces_are_the_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("models.reading.any_recording.PIECE", 700)
    path = write_fif(tmp_path / "a_raw.fif", seconds=10, seed=4)
    chunks = list(read_chunks(open_recording(path), [2, 0], 100, 1900, path, 1.0))
    assert [chunk.first_index for chunk in chunks] == [0, 700, 1400]
    wanted = rhythms(4, 200.0, 10, 4)[[2, 0], 100:1900].T
    np.testing.assert_allclose(np.concatenate([chunk.samples for chunk in chunks]), wanted, atol=1e-4)
    assert chunks[1].times_s[0] == 3.5


def test_a_damaged_file_is_named(tmp_path: Path) -> None:
    (tmp_path / "a.edf").write_bytes(b"nothing")
    with pytest.raises(RecordingError, match=r"a\.edf: cannot be read"):
        open_recording(tmp_path / "a.edf")


@pytest.mark.shared
@pytest.mark.parametrize(
    ("name", "n"),
    [
        ("formats/EDF/test_edf_overlapping_annotations.edf", 64),
        ("formats/BDF/multiple_annotation_chans.bdf", 10),
        ("formats/Brainvision/test_NO.vhdr", 0),
        ("formats/EEGLAB/test_raw_chanloc.set", 56),
        ("ssvep_exo/subject03/record-[2012.07.11-15.25.23].gdf", 0),
        ("ssvep_exo/subject03/record-[2012.07.11-15.25.23]_raw.fif", 8),
    ],
)
def test_formats_of_the_world_are_opened(shared_data: Path, name: str, n: int) -> None:
    raw = open_recording(shared_data / name)
    assert sum(map(is_electrode, electrodes(raw))) >= n
    assert stretches(raw)[-1][1] == raw.n_times
