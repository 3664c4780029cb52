"""Offer decisions and the signal to LSL: ``<prefix>-decisions``, ``-trust``, ``-markers`` and ``-signal``.

Decisions: float32, one channel for each class, its probability; stamped with the end of the window, nominally one
every hop. Where no decision is given, every channel is **NaN**: while abstaining, and once when samples stop coming. A
uniform distribution would look like a decision; NaN cannot be mistaken for one, and spreads through arithmetic.

Trust: float32, with the stamps of the decisions; for each class 1 if it is in the prediction set and 0 if it is ruled
out, then how far the window lies from the training signals (1 is the limit). NaN where the decoder does not say.

Signal: the source's samples as they came, for other programs or another session; only where it is asked for.

Markers: one string channel. The label at each change of the decision; ``abstain: <reason>`` when decisions stop, for
whatever reason; and every marker of the session.

Only what is sent last is true now: a window that was held up may be sent after the row that says samples stopped.
"""

from __future__ import annotations

import math

import pylsl
from pydantic import Field

from bci_app.events import ChunkEvent, DecisionEvent, DecoderEvent, EngineState, Event, MarkerEvent, Session, StateEvent
from bci_app.recording_streams import UNIT_NAMES
from devices.clock import now_s
from devices.lsl_query import APPLICATION
from devices.lsl_scope import in_force
from pipelines.decision import Decision
from pipelines.plugins import PluginSettings
from pipelines.signal import Marker

SILENT_STATES = frozenset({EngineState.STALE, EngineState.RECONNECTING, EngineState.STOPPING, EngineState.FAILED})
"""States in which no decision is made, however many were before."""


class Settings(PluginSettings):
    """Which streams to offer, and under which names."""

    prefix: str = Field("bci_app", min_length=1, max_length=64, description="What the streams' names begin with.")
    source_id: str = Field(
        "",
        max_length=128,
        description="What the streams' source ids begin with; empty: prefix and session name. Must be unique.",
    )
    decisions: bool = Field(True, description="Whether to offer the class probabilities.")
    trust: bool = Field(True, description="Whether to offer prediction sets and how unfamiliar the signal is.")
    markers: bool = Field(True, description="Whether to offer decisions and markers as text.")
    signal: bool = Field(False, description="Whether to offer the samples of the source, as they came.")


def _decider(session: Session) -> tuple[str, tuple[str, ...], float]:
    """Return what the description of a stream of decisions says of who makes them."""
    return session.model_id, session.classes, session.hop_s


def build(settings: Settings) -> LslOutlet:
    """Build the sink; nothing is offered before ``open``."""
    return LslOutlet(settings)


class LslOutlet:
    """Up to four outlets; see the module's text. A session without a decoder offers no decisions."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self._decisions: pylsl.StreamOutlet | None = None
        self._trust: pylsl.StreamOutlet | None = None
        self._markers: pylsl.StreamOutlet | None = None
        self._session: Session | None = None
        self._signal: pylsl.StreamOutlet | None = None
        self._said = ""
        self._n_classes = 0

    def open(self, session: Session) -> None:
        """Offer the streams, as far as the LSL scope reaches."""
        self.close()
        in_force()
        s = self.settings
        self._session = session
        self._offer_decisions(session)
        if s.markers:
            info = pylsl.StreamInfo(
                f"{s.prefix}-markers", "Markers", 1, pylsl.IRREGULAR_RATE, "string", f"{self._id_of(session)}-markers"
            )
            _describe(info, session, ("marker",), "")
            self._markers = pylsl.StreamOutlet(info)
        if s.signal:
            self._signal = _signal_outlet(f"{s.prefix}-signal", f"{self._id_of(session)}-signal", session)

    def _offer_decisions(self, session: Session) -> None:
        s = self.settings
        self._decisions = self._trust = None
        self._n_classes = len(session.classes)
        rate_hz = 1.0 / session.hop_s if session.hop_s > 0 else pylsl.IRREGULAR_RATE
        if s.decisions and session.classes:
            info = pylsl.StreamInfo(
                f"{s.prefix}-decisions", "BCI", self._n_classes, rate_hz, "float32", f"{self._id_of(session)}-decisions"
            )
            _describe(info, session, session.classes, "probability")
            self._decisions = pylsl.StreamOutlet(info)
        if s.trust and session.classes:
            columns = (*(f"set_{name}" for name in session.classes), "unfamiliarity")
            name = f"{s.prefix}-trust"
            info = pylsl.StreamInfo(name, "Trust", len(columns), rate_hz, "float32", f"{self._id_of(session)}-trust")
            _describe(info, session, columns, "none")
            self._trust = pylsl.StreamOutlet(info)

    def _id_of(self, session: Session) -> str:
        return self.settings.source_id or f"{self.settings.prefix}-{session.name}"

    def accept(self, event: Event) -> None:
        """Send samples, a decision, a marker, or that there are no decisions now."""
        match event:
            case ChunkEvent(chunk) if self._signal is not None and chunk.n_samples:
                self._signal.push_chunk(chunk.samples, chunk.times_s.tolist())
            case DecisionEvent(decision):
                self._decide(decision)
            case DecoderEvent() if self._session is not None:
                self._change(event.applied_to(self._session))
            case MarkerEvent(marker):
                self._pass_on(marker)
            case StateEvent(state) if state in SILENT_STATES:
                self._abstain(state.value, event.time_s or now_s())

    def _change(self, session: Session) -> None:
        """Offer the decisions of another decoder; receivers of a stream with other channels must look for it anew."""
        before, self._session = self._session, session
        if before is None or _decider(before) != _decider(session):
            self._offer_decisions(session)

    def _decide(self, decision: Decision) -> None:
        self._push_trust(decision)
        if decision.abstained:
            self._abstain(decision.reason, decision.end_s)
            return
        self._push_row(list(decision.probabilities), decision.end_s)
        self._say(decision.label, decision.end_s)

    def _abstain(self, reason: str, time_s: float) -> None:
        self._push_row([math.nan] * self._n_classes, time_s)
        # A session without a decoder has no decisions to abstain from.
        if self._n_classes:
            self._say(f"abstain: {reason}", time_s)

    def _push_trust(self, d: Decision) -> None:
        if self._trust is not None:
            sets = [float(name in d.prediction_set) if d.prediction_set else math.nan for name in d.labels]
            self._trust.push_sample([*sets, math.nan if d.unfamiliarity is None else d.unfamiliarity], d.end_s)

    def _push_row(self, row: list[float], time_s: float) -> None:
        if self._decisions is not None:
            self._decisions.push_sample(row, time_s)

    def _say(self, text: str, time_s: float) -> None:
        if text != self._said:
            self._said = text
            self._push_marker(text, time_s)

    def _pass_on(self, marker: Marker) -> None:
        # A session that listens to its own markers must not repeat them for ever.
        if marker.stream != f"{self.settings.prefix}-markers":
            self._push_marker(marker.label, marker.time_s)

    def _push_marker(self, text: str, time_s: float) -> None:
        if self._markers is not None:
            self._markers.push_sample([text], time_s)

    def close(self) -> None:
        """Withdraw all streams. May be called twice."""
        self._decisions = self._trust = self._markers = self._signal = self._session = None
        self._said = ""


def _signal_outlet(name: str, source_id: str, session: Session) -> pylsl.StreamOutlet:
    spec = session.spec
    info = pylsl.StreamInfo(name, "EEG", spec.n_channels, spec.rate_hz, "float32", source_id)
    desc = info.desc()
    desc.append_child_value("application", APPLICATION)
    desc.append_child_value("session", session.name)
    desc.append_child("reference").append_child_value("label", spec.reference)
    channels = desc.append_child("channels")
    for one in spec.channels:
        channel = channels.append_child("channel")
        channel.append_child_value("label", one.name)
        channel.append_child_value("type", one.kind.upper())
        channel.append_child_value("unit", UNIT_NAMES.get(one.unit, one.unit))
    return pylsl.StreamOutlet(info)


def _describe(info: pylsl.StreamInfo, session: Session, labels: tuple[str, ...], unit: str) -> None:
    desc = info.desc()
    desc.append_child_value("application", APPLICATION)
    desc.append_child_value("session", session.name)
    desc.append_child_value("source", session.spec.source_id)
    desc.append_child_value("model_id", session.model_id)
    desc.append_child_value("classes", ",".join(session.classes))
    desc.append_child_value("window_s", f"{session.window_s:g}")
    desc.append_child_value("hop_s", f"{session.hop_s:g}")
    desc.append_child_value("time_stamp", "end of the window")
    if unit == "probability":
        desc.append_child_value("abstention", "NaN in every channel")
    channels = desc.append_child("channels")
    for label in labels:
        channel = channels.append_child("channel")
        channel.append_child_value("label", label)
        channel.append_child_value("type", "BCI" if unit else "Markers")
        if unit:
            channel.append_child_value("unit", unit)
