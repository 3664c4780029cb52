"""A session tells the stages before its decoder, so that a window or a report can walk the same way."""

from __future__ import annotations

import threading
from typing import Any

import numpy as np

from bci_app.assembly import build
from bci_app.config import validate
from bci_app.event_records import event_record, to_json
from bci_app.events import ChunkEvent, Session, SessionEvent
from pipelines.plugins import make
from pipelines.stage import Pipeline
from tests.unit.bci_app.engine_parts import Keeper


def session_of(**more: Any) -> tuple[Session, Keeper]:
    keeper = Keeper()
    values = {"source": {"kind": "synthetic", "speed": "max"}, "duration_s": 2.0, **more}
    build(validate(values, "test"), [keeper]).run(threading.Event())
    assert keeper.session is not None
    return keeper.session, keeper


def test_the_decoders_own_stages_are_told_behind_the_montage() -> None:
    montage = {"kind": "mark_bad", "channels": ["O1"]}
    session, keeper = session_of(decoder={"name": "workload"}, montage=[montage])
    kinds = [table["kind"] for table in session.stages]
    assert kinds[0] == "mark_bad"
    assert "resample" in kinds
    pipeline = Pipeline([make("stages", table, "test") for table in session.stages])
    assert pipeline.prepare(session.spec).rate_hz == 200.0
    chunk = next(event.chunk for event in keeper.events if isinstance(event, ChunkEvent))
    assert np.isfinite(pipeline.process(chunk).samples).all()


def test_the_sessions_stages_take_their_place_and_none_are_none() -> None:
    assert session_of(decoder=None)[0].stages == ()
    session, _ = session_of(decoder=None, stages=[{"kind": "notch", "freq_hz": 50.0}])
    assert [table["kind"] for table in session.stages] == ["notch"]


def test_the_stages_are_recorded() -> None:
    session, _ = session_of(decoder={"name": "alpha"})
    record = event_record(SessionEvent(session))
    assert record is not None
    assert record["stages"] == session.stages
    assert '"stages"' in to_json(record)
