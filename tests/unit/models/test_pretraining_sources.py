"""Which recordings, whose, and who is held out."""

from __future__ import annotations

from pathlib import Path

import pytest

from models.csbrain.montages import published
from models.training.pretraining.sources import Source, hold_out, is_electrode, recordings_of
from pipelines.errors import ConfigError
from pipelines.plugins import configure


@pytest.fixture
def bids(tmp_path: Path) -> Path:
    for person in ("01", "02", "03", "04"):
        for run in ("1", "2"):
            file = tmp_path / f"sub-{person}" / "eeg" / f"sub-{person}_run-{run}_eeg.edf"
            file.parent.mkdir(parents=True, exist_ok=True)
            file.touch()
    return tmp_path


def test_people_are_those_of_the_paths(bids: Path) -> None:
    found = recordings_of(Source(folder=str(bids), leave_out=("03",)), "here")
    assert [r.person for r in found] == ["01", "01", "02", "02", "04", "04"]
    alone = recordings_of(Source(folder=str(bids), person="nobody(x)"), "here")
    assert len({r.person for r in alone}) == 8


def test_somebody_who_is_not_there_is_told(bids: Path) -> None:
    with pytest.raises(ConfigError, match=r"here: 07: no such people in .*01, 02, 03, 04"):
        recordings_of(Source(folder=str(bids), leave_out=("07",)), "here")
    with pytest.raises(ConfigError, match="no recordings that MNE can read"):
        recordings_of(Source(folder=str(bids), files=("*.vhdr",)), "here")


def test_named_people_are_held_out_or_a_share_by_seed(bids: Path) -> None:
    folder = str(bids)
    named = recordings_of(Source(folder=folder, held_out=("02",)), "here")
    assert hold_out(named, 0.5, 0) == {(folder, "02")}
    drawn = recordings_of(Source(folder=folder), "here")
    halves = [hold_out(drawn, 0.5, seed) for seed in range(5)]
    assert {len(half) for half in halves} == {2}
    assert hold_out(drawn, 0.5, 3) == halves[3]
    assert len(set(map(frozenset, halves))) > 1
    assert hold_out(drawn, 0.0, 0) == set()
    assert len(hold_out(drawn, 0.01, 0)) == 1
    one = [r for r in drawn if r.person == "01"]
    assert hold_out(one, 0.5, 0) == set()


def test_a_published_montage_names_the_channels(bids: Path) -> None:
    source = Source(folder=str(bids), montage="eegmat")
    assert source.wanted()[6:8] == ("T7", "T8")
    assert source.worn(source.wanted()).order == published("eegmat").order
    with pytest.raises(ConfigError, match="the montage names the channels"):
        Source(folder=str(bids), montage="eegmat", channels=("Cz",)).check("here")
    with pytest.raises(ConfigError, match="no such published one"):
        Source(folder=str(bids), montage="mars").check("here")
    with pytest.raises(ConfigError, match="there is no such folder"):
        Source(folder=str(bids / "absent")).check("here")


@pytest.mark.parametrize(("text", "fault"), [("sub-(", "no regular expression"), ("sub", "needs a group")])
def test_expressions_that_name_nobody_are_refused(text: str, fault: str) -> None:
    with pytest.raises(ConfigError, match=fault):
        configure("tasks", {"kind": "pretrain", "data": [{"folder": "x", "person": text}]})


def test_electrodes_are_those_with_a_region() -> None:
    assert is_electrode("T3")
    assert not is_electrode("ECG")
    assert not is_electrode("A1")
