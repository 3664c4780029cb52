"""What data sets are read with: folders that change, files that are damaged, channels, splits of numbered names."""

from __future__ import annotations

import re
import warnings
from pathlib import Path

import numpy as np
import pytest

from models.dataset import About, Key, Labelled
from models.reading.damage import damage_told
from models.reading.epochs import spaced
from models.reading.folder_data_set import FolderDataSet, Found, by_name
from models.reading.listed_splits import numbered
from models.reading.mne_files import through_mne
from models.reading.seed_files import adabrain_splits
from models.reading.streams import eeg_spec, one_chunk, places
from pipelines.errors import RecordingError

ABOUT = About(
    title="Notes",
    paradigm="writing",
    task="regression",
    classes=(),
    n_subjects=2,
    n_sessions=1,
    channels=("Cz",),
    rate_hz=10.0,
    unit="uV",
    window_s=1.0,
    metric="pearson",
    citation="none",
    licence="CC0",
    url="https://example.org",
    access="open",
    how_to_get="Write some.",
)


class Notes(FolderDataSet):
    """One recording a text file; an empty one is not listed."""

    about = ABOUT
    layout = "A_1.txt"

    def find(self) -> Found:
        with (self.folder / "searches").open("a") as log:
            log.write("x")
        return by_name(re.compile(r"([A-Z])_(\d)\.txt"), self.folder.glob("*.txt"))

    def listed(self, found: Found) -> list[Key]:
        return [key for key, (path,) in found.items() if path.read_text()]

    def read(self, key: Key) -> Labelled:
        (path,) = self.files(key)
        rows = np.full((len(path.read_text()), 1), 3.0)
        return Labelled(key, eeg_spec(("Cz",), 10.0, path.stem), (one_chunk(rows, 10.0),), ())


@pytest.fixture
def notes(tmp_path: Path) -> Notes:
    for name, text in (("B_1", "abc"), ("A_2", "ab"), ("A_1", ""), ("plain", "a")):
        (tmp_path / f"{name}.txt").write_text(text)
    return Notes(tmp_path)


def test_keys_are_sorted_and_what_is_not_listed_can_be_read(notes: Notes) -> None:
    assert notes.keys() == [Key("A", "2"), Key("B", "1")]
    assert notes.files(Key("A", "1")) == (notes.folder / "A_1.txt",)
    assert notes.read(Key("B", "1")).chunks[0].n_samples == 3
    assert notes.splits == {}


def test_listing_looks_again_and_reading_does_not_search_for_each_file(notes: Notes) -> None:
    for key in notes.keys():
        notes.read(key)
    assert (notes.folder / "searches").read_text() == "x"
    (notes.folder / "C_1.txt").write_text("a")
    assert notes.files(Key("C", "1")) == (notes.folder / "C_1.txt",)  # come since: looked for
    (notes.folder / "A_2.txt").unlink()
    assert notes.keys() == [Key("B", "1"), Key("C", "1")]


def test_recording_that_is_not_there_and_empty_folder_are_told(notes: Notes, tmp_path: Path) -> None:
    with pytest.raises(RecordingError, match="no recording of subject Z, session 1, run 1 here"):
        notes.read(Key("Z"))
    (tmp_path / "empty").mkdir()
    with pytest.raises(RecordingError, match=r"empty: no A_1\.txt here\. Write some\."):
        Notes(tmp_path / "empty").keys()


def test_whatever_a_library_raises_names_the_file(tmp_path: Path) -> None:
    path = tmp_path / "a.mat"
    with (
        pytest.raises(RecordingError, match=r"a\.mat: cannot be read as a MATLAB file: nonsense"),
        damage_told(path, " as a MATLAB file"),
    ):
        raise IndexError("nonsense")
    with pytest.raises(RecordingError, match=r"a\.mat: cannot be read: EOFError"), damage_told(path):
        raise EOFError


def test_remarks_of_mne_are_not_passed_on(tmp_path: Path) -> None:
    with through_mne(tmp_path):
        warnings.warn("the birthday is odd", RuntimeWarning, stacklevel=1)


def test_first_of_doubled_channels_counts_and_missing_ones_are_named(tmp_path: Path) -> None:
    labels = ["EEG T3-REF", "Cz", "T3", "EEG"]
    assert places(("Cz", "T7"), labels, tmp_path) == [1, 0]
    assert places(("C4",), labels, tmp_path, {"EEG": "C4"}) == [3]
    with pytest.raises(RecordingError, match="has no channels Pz, Oz; it has EEG T3-REF, Cz, T3, EEG"):
        places(("Pz", "Cz", "Oz"), labels, tmp_path)


def test_trials_of_spaced_epochs_lie_in_their_chunks() -> None:
    chunks, trials = spaced(np.zeros((2, 30, 1)), ["a", "b"], 10.0, 2.0, (1.0, 3.0))
    assert [chunk.gap_before for chunk in chunks] == [0, 20]
    assert [(t.start_s, t.stop_s, t.label) for t in trials] == [(1.0, 3.0, "a"), (6.0, 8.0, "b")]


def test_splits_of_numbered_names() -> None:
    assert numbered("S{:03d}", range(9, 11)) == {"S009", "S010"}
    split = adabrain_splits(validation_at=10, test_at=13, last=15)["adabrain_multi_subject"]
    assert "clips 1-9, 10-12 and 13-15 of" in split.source
    sides = [side[0].runs for side in (split.train, split.validation, split.test)]
    assert [len(side) for side in sides] == [9, 3, 3]
    assert frozenset().union(*sides) == numbered("{:02d}", range(1, 16))
