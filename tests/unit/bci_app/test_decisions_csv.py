from __future__ import annotations

import csv
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bci_app.events import ChunkEvent, DecisionEvent, DecoderEvent, EngineState, StateEvent
from bci_app.sinks.decisions_csv import DecisionsCsv, Settings
from pipelines.decision import Decision
from pipelines.errors import RecordingError
from tests.unit.bci_app.engine_parts import run
from tests.unit.bci_app.xdf_files import a_chunk, a_session

CLASSES = ("rest", "work")
TRUST = ("prediction_set", "unfamiliarity", "unfamiliar")


def test_a_decoder_of_other_classes_begins_a_file_of_its_own(tmp_path: Path) -> None:
    other = ("a", "b", "c")
    path = tmp_path / "said.csv"
    sink = DecisionsCsv(Settings(path=str(path)))
    sink.open(a_session())
    sink.accept(decided(0, 0.25, 0.75))
    sink.accept(DecoderEvent("mine", "m", CLASSES, 2.0, 0.5, 25))
    sink.accept(decided(1, 0.25, 0.75))
    sink.accept(DecoderEvent("other", "o", other, 2.0, 0.5, 50))
    sink.accept(decided(2, 0.2, 0.3, 0.5, labels=other))
    sink.close()
    first, second = (list(csv.reader(file.read_text().splitlines())) for file in (path, tmp_path / "said-2.csv"))
    assert [row[0] for row in first] == ["window_index", "0", "1"]
    assert second[0][4:7] == ["p_a", "p_b", "p_c"]
    assert second[1][3] == "c"


def decided(index: int, *p: float, reason: str = "", labels: tuple[str, ...] = CLASSES) -> DecisionEvent:
    end_s = 1000.0 + 0.5 * index
    return DecisionEvent(Decision(index, end_s - 1.996, end_s, labels, p, "a", bool(reason), reason))


def written(path: Path, *decisions: DecisionEvent) -> list[list[str]]:
    sink = DecisionsCsv(Settings(path=str(path)))
    sink.open(a_session())
    sink.accept(StateEvent(EngineState.RUNNING))
    sink.accept(ChunkEvent(a_chunk(0, 0)))
    sink.accept(ChunkEvent(a_chunk(0, start_s=998.0)))
    sink.accept(ChunkEvent(a_chunk(25, start_s=998.0)))
    for decision in decisions:
        sink.accept(decision)
    sink.close()
    sink.close()
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.reader(file))


def test_columns_and_values(tmp_path: Path) -> None:
    path = tmp_path / "new" / "d.csv"
    rows = written(path, decided(0, 0.25, 0.75), decided(1, 0.5, 0.5, reason='lost, "many"\nsamples'))
    assert rows == [
        ["window_index", "start_s", "end_s", "label", "p_rest", "p_work", "abstained", "reason", *TRUST, "model_id"],
        ["0", "0.004000", "2.000000", "work", "0.25", "0.75", "0", "", "", "", "", "a"],
        ["1", "0.504000", "2.500000", "", "0.5", "0.5", "1", 'lost, "many"\nsamples', "", "", "", "a"],
    ]


def test_sets_and_strange_signals_have_columns(tmp_path: Path) -> None:
    plain = decided(0, 0.25, 0.75).decision
    told = replace(plain, prediction_set=CLASSES, unfamiliarity=1.25, unfamiliar="amplitude, spectrum")
    rows = written(tmp_path / "d.csv", DecisionEvent(told), DecisionEvent(replace(told, unfamiliar="")))
    assert [row[-4:-1] for row in rows] == [
        [*TRUST],
        ["rest|work", "1.25", "amplitude, spectrum"],
        ["rest|work", "1.25", ""],
    ]


@given(p=st.floats(0, 1))
@settings(max_examples=50, deadline=None)
def test_probabilities_read_back_exactly(tmp_path_factory: pytest.TempPathFactory, p: float) -> None:
    rows = written(tmp_path_factory.mktemp("csv") / "d.csv", decided(0, p, 1 - p))
    assert (float(rows[1][4]), float(rows[1][5])) == (p, 1 - p)


def test_numpy_probabilities_are_written_as_numbers(tmp_path: Path) -> None:
    rows = written(tmp_path / "d.csv", decided(0, np.float64(0.1), np.float64(0.9)))
    assert rows[1][4:6] == ["0.1", "0.9"]


def test_each_line_is_there_at_once(tmp_path: Path) -> None:
    sink = DecisionsCsv(Settings(path=str(tmp_path / "d.csv")))
    sink.open(a_session())
    sink.accept(ChunkEvent(a_chunk(0)))
    sink.accept(decided(0, 0.25, 0.75))
    assert len((tmp_path / "d.csv").read_text().splitlines()) == 2
    sink.close()
    sink.accept(decided(1, 0.25, 0.75))


def test_a_session_without_classes_has_a_heading_only(tmp_path: Path) -> None:
    sink = DecisionsCsv(Settings(path=str(tmp_path / "d.csv")))
    sink.open(a_session(classes=()))
    sink.close()
    trust = ",".join(TRUST)
    assert (tmp_path / "d.csv").read_text() == f"window_index,start_s,end_s,label,abstained,reason,{trust},model_id\n"


def test_other_classes_than_the_heading_are_refused(tmp_path: Path) -> None:
    sink = DecisionsCsv(Settings(path=str(tmp_path / "d.csv")))
    sink.open(a_session())
    with pytest.raises(RecordingError, match=r"left, right.*rest, work"):
        sink.accept(decided(0, 0.5, 0.5, labels=("left", "right")))
    sink.close()


def test_a_path_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    with pytest.raises(RecordingError, match="cannot be written: Is a directory"):
        DecisionsCsv(Settings(path=str(tmp_path))).open(a_session())


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no /dev/full")
def test_a_full_disk_is_told() -> None:
    sink = DecisionsCsv(Settings(path="/dev/full"))
    with pytest.raises(RecordingError, match="/dev/full: could not be written: No space left"):
        sink.open(a_session())
    with pytest.raises(RecordingError, match="/dev/full: could not be closed"):
        sink.close()
    sink.close()


@pytest.mark.parametrize("chunk", [7, 1000])
def test_the_file_does_not_depend_on_the_chunking(tmp_path: Path, chunk: int) -> None:
    paths = (tmp_path / "default.csv", tmp_path / "other.csv")
    for path, source in zip(paths, ({}, {"chunk_samples": chunk}), strict=True):
        keeper = run(source, [DecisionsCsv(Settings(path=str(path)))])
    lines = paths[0].read_text().splitlines()
    assert len(lines) == 1 + len(keeper.decisions) > 5
    # The clock of two runs differs, so times may differ by its rounding.
    assert [line.split(",")[3:] for line in lines] == [
        line.split(",")[3:] for line in paths[1].read_text().splitlines()
    ]
