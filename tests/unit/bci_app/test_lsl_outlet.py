"""The LSL sink, heard by a plain inlet."""

from __future__ import annotations

import time
import uuid
from dataclasses import replace

import numpy as np
import pylsl
import pytest

from bci_app.events import ChunkEvent, DecisionEvent, EngineState, MarkerEvent, Session, StateEvent
from bci_app.sinks.lsl_outlet import LslOutlet, Settings, build
from devices.clock import now_s
from devices.sources.lsl_stream import Settings as InletSettings
from devices.sources.lsl_stream import build as build_inlet
from pipelines.decision import Decision
from pipelines.plugins import names
from pipelines.signal import Channel, Chunk, Marker, StreamSpec, make_chunk
from tests.live.lsl_helpers import StreamPlan, make_outlet

CLASSES = ("rest", "arithmetic")


def a_session(classes: tuple[str, ...] = CLASSES) -> Session:
    return Session(
        name=f"test-{uuid.uuid4().hex}",
        spec=StreamSpec(250.0, (Channel("Cz"),), source_id="headset"),
        model_id="workload-1",
        classes=classes,
        window_s=4.0 if classes else 0.0,
        hop_s=0.5 if classes else 0.0,
    )


def decided(index: int, *probabilities: float, reason: str = "") -> DecisionEvent:
    end_s = 1000.0 + 0.5 * index
    p = probabilities or (0.5, 0.5)
    return DecisionEvent(Decision(index, end_s - 4, end_s, CLASSES, p, "workload-1", bool(reason), reason))


def listen(session: Session, what: str, prefix: str = "bci_app") -> pylsl.StreamInlet:
    found = pylsl.resolve_byprop("source_id", f"{prefix}-{session.name}-{what}", 1, 10.0)
    assert [info.name() for info in found] == [f"{prefix}-{what}"]
    inlet = pylsl.StreamInlet(found[0])
    inlet.open_stream(10.0)
    return inlet


def heard(inlet: pylsl.StreamInlet, n: int) -> tuple[list[list[object]], list[float]]:
    """Return n samples, and make sure that there are no more."""
    rows, stamps = inlet.pull_chunk(timeout=10.0, max_samples=n)
    assert len(rows) == n
    assert inlet.pull_sample(timeout=0.2) == (None, None)
    return rows, list(stamps)


def test_it_is_a_plug_in() -> None:
    assert "lsl_outlet" in names("sinks")
    assert isinstance(build(Settings()), LslOutlet)


def test_probabilities_with_their_window_ends_and_nan_while_abstaining() -> None:
    session, sink = a_session(), build(Settings())
    sink.open(session)
    inlet = listen(session, "decisions")
    for event in (decided(0, 0.9, 0.1), decided(1, reason="blink"), decided(2, 0.25, 0.75)):
        sink.accept(event)
    rows, stamps = heard(inlet, 3)
    np.testing.assert_array_equal(rows, np.array([[0.9, 0.1], [np.nan, np.nan], [0.25, 0.75]], dtype=np.float32))
    assert stamps == [1000.0, 1000.5, 1001.0]
    sink.close()


def test_the_description_says_who_decides_and_how() -> None:
    session, sink = a_session(), build(Settings())
    sink.open(session)
    info = listen(session, "decisions").info(10.0)
    assert (info.type(), info.nominal_srate(), info.channel_count()) == ("BCI", 2.0, 2)
    desc = info.desc()
    assert desc.child_value("model_id") == "workload-1"
    assert desc.child_value("classes") == "rest,arithmetic"
    assert (desc.child_value("window_s"), desc.child_value("hop_s")) == ("4", "0.5")
    assert info.get_channel_labels() == list(CLASSES)
    sink.close()


def test_sets_and_strangeness_have_a_stream_of_their_own() -> None:
    session, sink = a_session(), build(Settings())
    sink.open(session)
    inlet = listen(session, "trust")
    info = inlet.info(10.0)
    assert info.get_channel_labels() == ["set_rest", "set_arithmetic", "unfamiliarity"]
    assert info.nominal_srate() == 2.0
    plain = decided(0, 0.9, 0.1).decision
    for decision in (
        plain,
        replace(plain, prediction_set=("rest",), unfamiliarity=0.5),
        replace(plain, prediction_set=CLASSES, unfamiliarity=2.5, abstained=True, reason="unsure"),
    ):
        sink.accept(DecisionEvent(decision))
    rows, stamps = heard(inlet, 3)
    np.testing.assert_array_equal(rows, [[np.nan] * 3, [1, 0, 0.5], [1, 1, 2.5]])
    assert stamps == [1000.0] * 3
    sink.close()


def test_markers_tell_changes_abstentions_and_the_markers_of_the_session() -> None:
    session, sink = a_session(), build(Settings())
    sink.open(session)
    inlet = listen(session, "markers")
    for event in (
        decided(0, 0.9, 0.1),
        decided(1, 0.8, 0.2),
        decided(2, 0.2, 0.8),
        decided(3, reason="blink"),
        decided(4, reason="blink"),
        MarkerEvent(Marker(1002.25, "button é", "operator")),
        decided(5, 0.2, 0.8),
    ):
        sink.accept(event)
    rows, stamps = heard(inlet, 5)
    assert [row[0] for row in rows] == ["rest", "arithmetic", "abstain: blink", "button é", "arithmetic"]
    assert stamps == [1000.0, 1001.0, 1001.5, 1002.25, 1002.5]
    sink.close()


def test_its_own_markers_are_not_repeated() -> None:
    session, sink = a_session(), build(Settings(decisions=False))
    sink.open(session)
    inlet = listen(session, "markers")
    sink.accept(MarkerEvent(Marker(1.0, "echo", "bci_app-markers")))
    sink.accept(MarkerEvent(Marker(2.0, "real", "keyboard")))
    rows, _ = heard(inlet, 1)
    assert rows == [["real"]]
    sink.close()


@pytest.mark.parametrize("state", [EngineState.STALE, EngineState.RECONNECTING, EngineState.FAILED])
def test_when_samples_stop_the_last_row_is_no_decision(state: EngineState) -> None:
    session, sink = a_session(), build(Settings())
    sink.open(session)
    rows_in, text_in = listen(session, "decisions"), listen(session, "markers")
    before = now_s()
    for event in (StateEvent(EngineState.RUNNING), decided(0, 0.9, 0.1), StateEvent(state)):
        sink.accept(event)
    rows, stamps = heard(rows_in, 2)
    assert np.isnan(rows[1]).all()
    assert stamps[1] == pytest.approx(before, abs=5.0)
    assert heard(text_in, 2)[0][1] == [f"abstain: {state.value}"]
    sink.close()


def test_without_a_decoder_there_are_markers_only() -> None:
    session, sink = a_session(classes=()), build(Settings(prefix="lab"))
    sink.open(session)
    inlet = listen(session, "markers", "lab")
    sink.accept(StateEvent(EngineState.STALE))
    sink.accept(MarkerEvent(Marker(5.0, "start")))
    assert heard(inlet, 1)[0] == [["start"]]
    assert pylsl.resolve_byprop("source_id", f"lab-{session.name}-decisions", 1, 0.3) == []
    sink.close()


def test_closing_withdraws_the_streams_and_may_be_repeated() -> None:
    session, sink = a_session(), build(Settings())
    sink.close()
    sink.open(session)
    name = f"bci_app-{session.name}-markers"
    assert pylsl.resolve_byprop("source_id", name, 1, 10.0)
    sink.close()
    sink.close()
    sink.accept(decided(0, 0.9, 0.1))
    assert pylsl.resolve_byprop("source_id", name, 1, 0.5) == []


def test_a_session_that_asks_for_markers_by_type_does_not_hear_itself() -> None:
    plan, session, sink = StreamPlan(), a_session(), build(Settings())
    outlet = make_outlet(plan)
    sink.open(session)
    with build_inlet(InletSettings(source_id=plan.source_id, marker_stream="Markers")) as source:
        source.open()
        until = time.monotonic() + 2.0
        while time.monotonic() < until:
            source.read(0.1)
        sink.accept(MarkerEvent(Marker(now_s(), f"mine-{session.name}", "operator")))
        until = time.monotonic() + 1.5
        while time.monotonic() < until:
            chunk = source.read(0.1)
            assert chunk is None or not any(m.label == f"mine-{session.name}" for m in chunk.markers)
    sink.close()
    del outlet


def test_the_signal_is_offered_as_it_came_where_it_is_asked_for() -> None:
    session, sink = a_session(), build(Settings(signal=True))
    sink.open(session)
    samples = np.arange(50, dtype=np.float32)[:, None]
    times_s = now_s() + np.arange(50) / 250
    with build_inlet(InletSettings(source_id=f"bci_app-{session.name}-signal", clock_sync=False)) as inlet:
        spec = inlet.open()
        assert (spec.rate_hz, spec.channels) == (250.0, session.spec.channels)
        inlet.read(0.2)  # lets it connect
        sink.accept(ChunkEvent(make_chunk(samples, times_s, 0)))
        got: list[Chunk] = []
        give_up_s = time.monotonic() + 10
        while sum(chunk.n_samples for chunk in got) < 50 and time.monotonic() < give_up_s:
            if (chunk := inlet.read(0.2)) is not None:
                got.append(chunk)
    sink.close()
    np.testing.assert_array_equal(np.vstack([chunk.samples for chunk in got]), samples)
    np.testing.assert_allclose(np.concatenate([chunk.times_s for chunk in got]), times_s, atol=1e-6)
