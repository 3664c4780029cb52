"""The montage of a session comes before every other stage; the quality of its channels reaches every sink."""

from __future__ import annotations

import threading
from typing import Any

import pytest

from bci_app.assembly import build
from bci_app.config import validate
from bci_app.event_records import event_record, to_json
from bci_app.events import ChannelQualityEvent, HeartbeatEvent, QualityEvent
from pipelines.errors import ConfigError
from tests.unit.bci_app.engine_parts import Keeper


def run(**more: Any) -> Keeper:
    keeper = Keeper()
    values = {
        "source": {"kind": "synthetic", "speed": "max"},
        "decoder": {"name": "alpha", "calibration": {"rest_s": 4.0}},
        "duration_s": 6.0,
        **more,
    }
    build(validate(values, "test"), [keeper]).run(threading.Event())
    return keeper


def qualities(keeper: Keeper) -> list[ChannelQualityEvent]:
    return [event for event in keeper.events if isinstance(event, ChannelQualityEvent)]


def test_quality_is_told_once_a_second_of_signal() -> None:
    told = qualities(run(source={"kind": "synthetic", "speed": "max", "flat_channels": ["O1"], "flat_from_s": 3.0}))
    assert len(told) == 6
    verdicts = [{one.name: one.verdict for one in event.channels} for event in told]
    assert verdicts[0]["O1"] == "good"
    assert verdicts[-1]["O1"] == "flat"
    assert verdicts[-1]["Cz"] == "good"


def test_quality_is_a_record_of_strict_json() -> None:
    record = event_record(qualities(run())[0])
    assert record is not None
    assert record["channels"]["Cz"]["verdict"] == "good"
    assert '"impedance_kohm": null' in to_json(record)


def test_the_loop_beats_and_a_beat_is_no_record() -> None:
    beats = [event for event in run().events if isinstance(event, HeartbeatEvent)]
    assert beats
    assert event_record(beats[0]) is None


def test_the_montage_is_applied_before_the_decoders_own_stages() -> None:
    montage = [{"kind": "rename", "names": {"O1": "Oz"}}, {"kind": "mark_bad", "channels": ["Oz"]}]
    keeper = run(montage=montage, duration_s=14.0)
    told = [event.bad_channels for event in keeper.events if isinstance(event, QualityEvent)]
    assert told[0] == ("Oz",)
    assert keeper.decisions


def test_a_wrong_montage_names_its_table() -> None:
    with pytest.raises(ConfigError, match=r"test: \[\[montage\]\] \(mark_bad\): unknown key 'chanels'"):
        run(montage=[{"kind": "mark_bad", "chanels": ["O1"]}])
