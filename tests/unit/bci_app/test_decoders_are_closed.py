"""Whatever decides is closed: at the end of a session, when another takes over, and when the session fails."""

from __future__ import annotations

import threading
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from bci_app.assembly import build
from bci_app.config import validate
from bci_app.events import ChunkEvent, Event
from models.decoders.alpha import Alpha
from models.estimator_decoder import EstimatorDecoder
from pipelines.errors import BciError
from tests.unit.bci_app.test_decoder_swaps import Commander, run, session, trained

__all__ = ["trained"]


class Ledger:
    """Which decoders were prepared, and which closed."""

    def __init__(self) -> None:
        self.prepared: Counter[str] = Counter()
        self.open: set[int] = set()
        self.closed: list[str] = []


@pytest.fixture
def ledger(monkeypatch: pytest.MonkeyPatch) -> Ledger:
    """Follow the real decoders from their preparation to their end."""
    kept = Ledger()
    for kind in (Alpha, EstimatorDecoder):
        prepare, close = kind.prepare, kind.close

        def prepared(self: Any, delivered: Any, prepare: Any = prepare) -> None:
            kept.prepared[self.spec.model_id] += 1
            kept.open.add(id(self))
            prepare(self, delivered)

        def closed(self: Any, close: Any = close) -> None:
            if id(self) in kept.open:
                kept.closed.append(self.spec.model_id)
            kept.open.discard(id(self))
            close(self)

        monkeypatch.setattr(kind, "prepare", prepared)
        monkeypatch.setattr(kind, "close", closed)
    return kept


@pytest.mark.parametrize("mode", ["inline", "background"])
def test_at_the_end_of_a_session(tmp_path: Path, ledger: Ledger, mode: str) -> None:
    values = session(tmp_path, duration_s=10.0)
    values["decoder"]["mode"] = mode
    run(values, Commander())
    assert ledger.closed == ["alpha"]


def test_when_others_take_over(tmp_path: Path, trained: str, ledger: Ledger) -> None:
    class Watching(Commander):
        def accept(self, event: Event) -> None:
            super().accept(event)
            if isinstance(event, ChunkEvent) and event.chunk.end_index > 9_500:
                seen.append(list(ledger.closed))

    seen: list[list[str]] = []
    commander = Watching((2000, trained), (4000, trained), (6000, trained))
    run(session(tmp_path), commander)
    assert [turn.model_id for turn in commander.turns] == ["taught"] * 3
    assert seen[0] == ["taught"], "the one before can come back, those before it cannot"
    assert ledger.open == set()
    assert Counter(ledger.closed) == {"alpha": 1, "taught": 3}


def test_one_that_is_made_ready_too_late(tmp_path: Path, trained: str, ledger: Ledger) -> None:
    values = {**session(tmp_path), "duration_s": 8.0}
    run(values, Commander((1990, trained)))
    for thread in threading.enumerate():
        if thread.name == "decoder-swap":
            thread.join()
    assert ledger.open == set()


def test_when_the_session_fails(tmp_path: Path, ledger: Ledger) -> None:
    class Refusing(Commander):
        def open(self, session: Any) -> None:
            raise BciError("no room")

    with pytest.raises(BciError, match="no room"):
        run(session(tmp_path), Refusing())
    assert ledger.closed == ["alpha"]


def test_when_there_is_no_session_because_the_source_is_missing(ledger: Ledger, tmp_path: Path) -> None:
    closed = []
    values = {**session(tmp_path), "source": {"kind": "recording", "path": str(tmp_path / "absent.edf")}}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Alpha, "close", lambda self: closed.append(self.spec.model_id))
        with pytest.raises(BciError, match="no such file"):
            build(validate(values, "absent"))
    assert closed == ["alpha"]


def test_one_that_cannot_be_closed_costs_nothing_else(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def stuck(self: Alpha) -> None:
        raise OSError("device busy")

    monkeypatch.setattr(Alpha, "close", stuck)
    commander = Commander()
    run({**session(tmp_path), "duration_s": 10.0}, commander)
    assert any("alpha could not be closed: OSError: device busy" in text for text in commander.notices)
    assert commander.closed == 1
