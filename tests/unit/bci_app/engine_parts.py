"""Small real parts for engine tests: a source that follows a script of chunks, and a sink that keeps everything."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from typing import Any

import numpy as np

from bci_app.assembly import build
from bci_app.config import validate
from bci_app.events import DecisionEvent, Event, NoticeEvent, Session, StateEvent
from bci_app.sink import Sink
from pipelines.decision import Decision


class Keeper:
    """A sink that keeps what it is told."""

    def __init__(self) -> None:
        self.events: list[Event] = []
        self.session: Session | None = None
        self.closed = 0

    def open(self, session: Session) -> None:
        self.session = session

    def accept(self, event: Event) -> None:
        self.events.append(event)

    def close(self) -> None:
        self.closed += 1

    @property
    def decisions(self) -> list[Decision]:
        return [event.decision for event in self.events if isinstance(event, DecisionEvent)]

    @property
    def notices(self) -> list[str]:
        return [event.text for event in self.events if isinstance(event, NoticeEvent)]

    @property
    def states(self) -> list[str]:
        return [event.state.value for event in self.events if isinstance(event, StateEvent)]


def run(source: dict[str, Any], sinks: Sequence[Sink] = (), duration_s: float | None = 12.0, **decoder: Any) -> Keeper:
    """Run a session on the simulated participant with the alpha decoder; return what was said."""
    keeper = Keeper()
    settings = {
        "source": {"kind": "synthetic", "speed": "max", **source},
        "decoder": {"name": "alpha", "calibration": {"rest_s": 5.0}, **decoder},
        "duration_s": duration_s,
    }
    engine = build(validate(settings, "test"), [*sinks, keeper])
    engine.run(threading.Event())
    return keeper


def probabilities(keeper: Keeper) -> np.ndarray:
    return np.array([decision.probabilities for decision in keeper.decisions])
