"""The file format: what pyxdf reads is what was written."""

from __future__ import annotations

import os
import time
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from bci_app.xdf_encoding import BOUNDARY_UUID, XdfStream, variable_length
from bci_app.xdf_writer import XdfWriter
from pipelines.errors import RecordingError
from tests.unit.bci_app.xdf_files import AS_WRITTEN, load, pieces, read_length

NUMBERS = XdfStream("numbers", "EEG", 3, "float32", 100.0)
TEXTS = XdfStream("texts", "Markers", 2, "string")


def write(path: Path, *batches: object, streams: tuple[XdfStream, ...] = (NUMBERS, TEXTS)) -> Path:
    writer = XdfWriter.create([path], streams)
    for batch in batches:
        writer.append(batch)  # type: ignore[arg-type]
    writer.close()
    return path


@pytest.mark.parametrize(
    ("value", "encoded"),
    [
        (0, "0100"),
        (255, "01ff"),
        (256, "0400010000"),
        (2**32 - 1, "04ffffffff"),
        (2**32, "080000000001000000"),
    ],
)
def test_lengths_are_written_as_the_specification_says(value: int, encoded: str) -> None:
    assert variable_length(value).hex() == encoded
    assert read_length(variable_length(value), 0) == (value, len(encoded) // 2)


@pytest.mark.parametrize(("kind", "dtype"), [("float32", "f4"), ("double64", "f8"), ("int32", "i4"), ("int64", "i8")])
def test_numbers_come_back_bit_for_bit(tmp_path: Path, kind: str, dtype: str) -> None:
    rng = np.random.default_rng(1)
    values = rng.integers(-(2**31), 2**31 - 1, (300, 5)).astype(dtype)
    stamps = 5000 + np.sort(rng.uniform(0, 3, 300))
    stream = XdfStream("s", "Misc", 5, kind, 100.0)  # type: ignore[arg-type]
    read = load(write(tmp_path / "a.xdf", ("s", stamps, values), streams=(stream,)), **AS_WRITTEN)["s"]
    np.testing.assert_array_equal(read["time_series"], values)
    assert read["time_series"].dtype == np.dtype(dtype)
    np.testing.assert_array_equal(read["time_stamps"], stamps)


@given(
    values=arrays(np.float32, st.tuples(st.integers(1, 6), st.just(3)), elements=st.floats(width=32)),
    text=st.lists(st.tuples(st.text(), st.text()), min_size=1, max_size=4),
)
@settings(max_examples=60, deadline=None)
def test_any_number_and_any_text_comes_back(
    tmp_path_factory: pytest.TempPathFactory, values: np.ndarray, text: list[tuple[str, str]]
) -> None:
    path = tmp_path_factory.mktemp("xdf") / "a.xdf"
    stamps = np.arange(len(values)) / 100
    read = load(write(path, ("numbers", stamps, values), ("texts", [1.0] * len(text), text)), **AS_WRITTEN)
    np.testing.assert_array_equal(read["numbers"]["time_series"].view(np.uint32), values.view(np.uint32))
    assert read["texts"]["time_series"] == [list(row) for row in text]


def test_half_a_surrogate_pair_is_escaped(tmp_path: Path) -> None:
    path = write(tmp_path / "a.xdf", ("texts", [1.0], [["\ud800x", "ok"]]))
    assert load(path)["texts"]["time_series"] == [["\\ud800x", "ok"]]


def test_odd_names_and_labels_come_back_from_the_header(tmp_path: Path) -> None:
    label = '<b>Fp1 & "µV" ]]> 日本 \u202e\U0001f9e0'
    stream = XdfStream(label, "EEG", 1, "float32", 100.0, "a&b", {"channels": {"channel": [{"label": label}]}})
    read = load(write(tmp_path / "a.xdf", streams=(stream,)))[label]
    assert read["info"]["source_id"] == ["a&b"]
    assert read["info"]["desc"][0]["channels"][0]["channel"][0]["label"] == [label]


def test_what_xml_cannot_hold_is_replaced(tmp_path: Path) -> None:
    stream = XdfStream("nul\0 esc\x1b\ud800", "EEG", 1, "float32", 100.0)
    assert list(load(write(tmp_path / "a.xdf", streams=(stream,)))) == ["nul\ufffd esc\ufffd\ufffd"]


def test_header_and_footer_tell_of_the_stream(tmp_path: Path) -> None:
    stamps = 10.0 + np.arange(201) / 100
    read = load(write(tmp_path / "a.xdf", ("numbers", stamps, np.zeros((201, 3)))))
    info, footer = read["numbers"]["info"], read["numbers"]["footer"]["info"]
    assert [info[key][0] for key in ("type", "channel_count", "channel_format")] == ["EEG", "3", "float32"]
    assert float(info["nominal_srate"][0]) == 100.0
    assert float(footer["first_timestamp"][0]) == stamps[0]
    assert float(footer["last_timestamp"][0]) == stamps[-1]
    assert int(footer["sample_count"][0]) == 201
    assert float(footer["measured_srate"][0]) == pytest.approx(100.0)
    assert len(footer["clock_offsets"][0]["offset"]) == 1
    assert int(read["texts"]["footer"]["info"]["sample_count"][0]) == 0


def test_offsets_every_5_s_and_boundaries_every_10_s(tmp_path: Path) -> None:
    now = 500.0
    writer = XdfWriter.create([tmp_path / "a.xdf"], [NUMBERS, TEXTS], clock=lambda: now)
    start = now
    while now < start + 60:
        writer.append(("numbers", np.arange(50) / 100 + now, np.ones((50, 3))))
        now += 0.5
    writer.close()
    data = writer.path.read_bytes()
    tags = Counter(piece.tag for piece in pieces(data))
    assert tags == {1: 1, 2: 2, 3: 120, 4: 2 * 12, 5: 6, 6: 2}
    assert data.count(BOUNDARY_UUID) == 6
    read = load(writer.path)["numbers"]
    assert read["clock_times"] == [500.0 + 5 * k for k in range(12)]
    assert set(read["clock_values"]) == {0.0}
    # Synchronising to an offset of 0 changes no stamp, and nothing is seen as a reset of the clock.
    np.testing.assert_array_equal(
        load(writer.path, dejitter_timestamps=False)["numbers"]["time_stamps"],
        np.arange(6000) // 50 * 0.5 + 500 + np.arange(6000) % 50 / 100,
    )
    assert read["info"]["clock_segments"] == [(0, 5999)]


def test_size_is_that_of_the_file(tmp_path: Path) -> None:
    writer = XdfWriter.create([tmp_path / "a.xdf"], [NUMBERS])
    for k in range(5):
        writer.append(("numbers", [float(k)], [[1.0, 2.0, 3.0]]))
        assert writer.path.stat().st_size == writer.size_bytes
    assert writer.sample_count("numbers") == 5
    writer.close()


def test_empty_batches_write_nothing(tmp_path: Path) -> None:
    writer = XdfWriter.create([tmp_path / "a.xdf"], [NUMBERS, TEXTS])
    before = writer.size_bytes
    writer.append(("numbers", np.empty(0), np.empty((0, 3))), ("texts", [], []))
    assert writer.size_bytes == before
    writer.close()


def test_a_file_that_exists_is_never_touched(tmp_path: Path) -> None:
    first, second = tmp_path / "a.xdf", tmp_path / "b.xdf"
    first.write_bytes(b"precious")
    with pytest.raises(RecordingError, match=r"a\.xdf: exists already"):
        XdfWriter.create([first], [NUMBERS])
    writer = XdfWriter.create([first, second], [NUMBERS])
    writer.close()
    assert writer.path == second
    assert first.read_bytes() == b"precious"


def test_a_folder_that_is_a_file_is_named(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("x")
    with pytest.raises(RecordingError, match=r"notes\.txt"):
        XdfWriter.create([tmp_path / "notes.txt" / "a.xdf"], [NUMBERS])
    with pytest.raises(RecordingError, match=r"notes\.txt"):
        XdfWriter.create([tmp_path / "notes.txt" / "deeper" / "a.xdf"], [NUMBERS])


@pytest.mark.parametrize(
    ("batch", "what"),
    [
        (("numbers", [1.0], [[1.0, 2.0]]), "3 channels"),
        (("numbers", [1.0, 2.0], [[1.0, 2.0, 3.0]]), "3 channels"),
        (("texts", [1.0], [["only one"]]), "2 channels"),
        (("texts", [1.0, 2.0], [["a", "b"]]), "2 channels"),
        (("numbers", [1.0], [[1j, 2j, 3j]]), "complex128"),
    ],
)
def test_what_does_not_fit_is_refused_and_leaves_no_trace(tmp_path: Path, batch: object, what: str) -> None:
    writer = XdfWriter.create([tmp_path / "a.xdf"], [NUMBERS, TEXTS])
    before = writer.size_bytes
    with pytest.raises(RecordingError, match=what):
        writer.append(("numbers", [1.0], [[1.0, 2.0, 3.0]]), batch)  # type: ignore[arg-type]
    assert writer.size_bytes == before
    assert writer.sample_count("numbers") == 0
    writer.close()
    assert int(load(writer.path)["numbers"]["footer"]["info"]["sample_count"][0]) == 0


def test_streams_must_differ_and_be_possible(tmp_path: Path) -> None:
    with pytest.raises(RecordingError, match="different names"):
        XdfWriter.create([tmp_path / "a.xdf"], [NUMBERS, NUMBERS])
    with pytest.raises(RecordingError, match="channel_count"):
        XdfStream("s", "EEG", 0, "float32")
    with pytest.raises(RecordingError, match="float16"):
        XdfStream("s", "EEG", 1, "float16")  # type: ignore[arg-type]
    assert list(tmp_path.iterdir()) == []


def test_closing_twice_is_harmless_and_writing_afterwards_is_not(tmp_path: Path) -> None:
    writer = XdfWriter.create([tmp_path / "a.xdf"], [NUMBERS])
    writer.close()
    size = writer.path.stat().st_size
    writer.close()
    with pytest.raises(RecordingError, match="closed"):
        writer.append(("numbers", [1.0], [[1.0, 2.0, 3.0]]))
    assert writer.path.stat().st_size == size


@pytest.mark.skipif(os.name == "nt", reason="Windows does not delete open files")
def test_a_file_deleted_while_it_is_written_is_noticed(tmp_path: Path) -> None:
    writer = XdfWriter.create([tmp_path / "a.xdf"], [NUMBERS], sync_s=0.05)
    writer.path.unlink()
    give_up = time.monotonic() + 20
    told = ""
    while not told and time.monotonic() < give_up:
        try:
            writer.append(("numbers", [1.0], [[1.0, 2.0, 3.0]]))
        except RecordingError as exc:
            told = str(exc)
        time.sleep(0.02)
    assert "a.xdf: could not be written: the file was deleted" in told
    with pytest.raises(RecordingError):
        writer.close()
    writer.close()
