"""What each panel shows of the engine's events."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PySide6.QtCore import QPointF, Qt
from pytestqt.qtbot import QtBot

from bci_app.events import (
    ChunkEvent,
    DecisionEvent,
    EngineState,
    Event,
    LoopTiming,
    MarkerEvent,
    NoticeEvent,
    QualityEvent,
    RecordingEvent,
    SectionTiming,
    Session,
    SessionEvent,
    StateEvent,
)
from pipelines.decision import Decision
from pipelines.signal import Channel, Marker, StreamSpec, make_chunk
from ui import theme

SPEC = StreamSpec(250.0, (Channel("EEG T3-Ref"), Channel("Cz")), "bench amplifier")
CALIBRATION = {"decoder": {"calibration": {"rest_s": 10.0}}}


def session(**more: Any) -> SessionEvent:
    return SessionEvent(Session("s", SPEC, classes=("rest", "task"), model_id="workload-1", **more))


def samples(first: int, count: int, gap: int = 0) -> ChunkEvent:
    rows = np.random.default_rng(first).normal(0, 10, (count, 2)).astype(np.float32)
    return ChunkEvent(make_chunk(rows, 50 + (first + np.arange(count)) / 250, first, gap_before=gap))


def decided(end_s: float, task: float, reason: str = "") -> DecisionEvent:
    odds = (0.5, 0.5) if reason else (1 - task, task)
    return DecisionEvent(
        Decision(0, end_s - 2, end_s, ("rest", "task"), odds, "workload-1", abstained=bool(reason), reason=reason)
    )


Show, Tell = Callable[..., Any], Callable[..., None]


def test_decision_shows_label_probabilities_and_model(show: Show, tell: Tell) -> None:
    panel = show("decision")
    tell(session(), StateEvent(EngineState.RUNNING), samples(0, 500), decided(52.0, 0.8))
    assert panel.label.text() == "task"
    assert "workload-1" in panel.detail.text()
    assert panel.label.property("tone") == "class1"


def test_decision_shows_why_it_abstains(show: Show, tell: Tell) -> None:
    panel = show("decision")
    tell(session(), StateEvent(EngineState.RUNNING), samples(0, 500), decided(52.0, 0.5, "0.4 s of lost samples"))
    assert panel.label.text() == "No decision"
    assert panel.detail.text() == "0.4 s of lost samples"


def test_decision_shows_what_speaks_against_it(show: Show, tell: Tell) -> None:
    panel = show("decision")
    plain = decided(52.0, 0.6).decision
    doubtful = replace(plain, prediction_set=("rest", "task"), unfamiliarity=1.5, unfamiliar="amplitude")
    tell(session(), StateEvent(EngineState.RUNNING), samples(0, 500), DecisionEvent(doubtful))
    assert panel.label.text() == "task"
    assert panel.detail.text() == "could be rest or task; unlike the training signals: amplitude"


@pytest.mark.parametrize("state", [EngineState.STALE, EngineState.RECONNECTING, EngineState.FAILED, EngineState.IDLE])
def test_an_old_decision_goes_away_when_the_signal_does(show: Show, tell: Tell, state: EngineState) -> None:
    panel = show("decision")
    tell(session(), StateEvent(EngineState.RUNNING), samples(0, 500), decided(52.0, 0.8))
    tell(StateEvent(state, "no samples for 1.0 s"))
    assert "task" not in panel.label.text()
    tell(StateEvent(EngineState.RUNNING))
    assert panel.label.text() != "task", "it must not come back before a new decision"


def test_decision_follows_the_calibration(show: Show, tell: Tell) -> None:
    panel = show("decision")
    tell(session(settings=CALIBRATION), StateEvent(EngineState.CALIBRATING), samples(0, 1000))
    assert panel.progress.isVisible()
    assert panel.progress.value() == pytest.approx(400, abs=2)
    assert "4 of 10 s" in panel.detail.text()
    tell(StateEvent(EngineState.RUNNING), decided(54.0, 0.1))
    assert not panel.progress.isVisible()
    assert panel.label.text() == "rest"


def test_decision_without_a_known_length_of_calibration_says_how_much_there_is(show: Show, tell: Tell) -> None:
    panel = show("decision")
    tell(session(), StateEvent(EngineState.CALIBRATING), samples(0, 750))
    assert "3 s of rest so far" in panel.detail.text()


def test_decision_draws_truth_beside_decisions(show: Show, tell: Tell) -> None:
    panel = show("decision")
    truth = [MarkerEvent(Marker(50.0, "rest", "ground_truth")), MarkerEvent(Marker(53.0, "task", "ground_truth"))]
    tell(session(), StateEvent(EngineState.RUNNING), samples(0, 2500), *truth, decided(52.0, 0.2), decided(54.0, 0.9))
    bars = panel.plot.strips.opts
    colours = [brush.color().name() for brush in bars["brushes"]]
    rows = sorted(zip(bars["x0"], bars["x1"], colours, strict=True))
    assert (0.0, 3.0, theme.palette().classes[0]) in rows
    assert (3.0, pytest.approx(9.996), theme.palette().classes[1]) in rows
    assert len(rows) == 4
    assert len({brush.style() for brush in bars["brushes"]}) == 2, "classes are told apart without colour"


def test_decision_shows_how_much_the_probabilities_waver(show: Show, tell: Tell) -> None:
    panel = show("decision")
    steady = [decided(52.0 + n / 2, 0.8) for n in range(20)]
    shaky = [decided(62.0 + n / 2, 0.95 if n % 2 else 0.55) for n in range(20)]
    tell(session(), StateEvent(EngineState.RUNNING), samples(0, 6000), *steady, *shaky)
    outline = panel.plot._bands[1].path()
    assert outline.contains(QPointF(18.0, 0.75))
    assert not outline.contains(QPointF(6.0, 0.75)), "steady ones have no width"


def test_a_session_without_a_decoder_says_so(show: Show, tell: Tell) -> None:
    panel = show("decision")
    tell(SessionEvent(Session("s", SPEC)), StateEvent(EngineState.RUNNING), samples(0, 10))
    assert panel.label.text() == "No decoder"


def test_status_names_source_state_losses_and_bad_channels(show: Show, tell: Tell) -> None:
    panel = show("status")
    tell(session(), StateEvent(EngineState.RECONNECTING, "device unplugged"), samples(100, 10, gap=50))
    tell(QualityEvent(("EEG T3-Ref",), 1.0))
    text = {row: field.text() for row, field in panel.fields.items()}
    assert text["Source"] == "bench amplifier"
    assert text["Signal"] == "2 channels, 250 Hz"
    assert text["State"] == "▲ reconnecting: device unplugged"
    assert text["Lost"] == "▲ 50 samples (0.2 s)"
    assert text["Bad channels"] == "✖ T7"
    assert panel.fields["State"].property("tone") == "warning"


def test_timing_fills_its_table(show: Show, tell: Tell) -> None:
    panel = show("timing")
    sections = (SectionTiming("decode", 1.234, 2.0, 3.0, 4), SectionTiming("latency", 5.0, 6.0, 7.0, 4))
    tell(LoopTiming(sections, 0.0123, 3, 0, 12_345, 1.0))
    assert panel.cells["decode", "p50"].text() == "1.23"
    assert panel.cells["latency", "p99"].text() == "6.00"
    assert panel.cells["read", "p50"].text() == "–"
    assert [panel.counters[name].text() for name in ("late", "dropped", "received")] == ["12.3 ms", "▲ 3", "12,345"]
    assert panel.counters["dropped"].property("tone") == "warning"


def test_messages_lists_notices_as_text(show: Show, tell: Tell) -> None:
    panel = show("messages", max_lines=10)
    tell(NoticeEvent("error", "<b>disk</b> & co"), MarkerEvent(Marker(1.0, "clap", "operator")))
    assert "<b>disk</b> & co" in panel.text.toPlainText()
    assert "marker: clap" in panel.text.toPlainText()
    tell(*(NoticeEvent("info", f"line {n}") for n in range(50)))
    assert panel.text.document().blockCount() == 10
    assert panel.text.toPlainText().endswith("line 49")


def pixels(panel: Any) -> np.ndarray:
    image = panel.view.grab().toImage().convertToFormat(panel.view.grab().toImage().Format.Format_RGB32)
    return np.frombuffer(image.constBits(), np.uint32).reshape(image.height(), image.bytesPerLine() // 4).copy()


def colours_shown(panel: Any) -> set[int]:
    return set(np.unique(pixels(panel)).tolist())


def test_traces_draw_what_arrives(show: Show, tell: Tell, synthetic_events: Callable[..., list[Event]]) -> None:
    panel = show("traces")
    empty = pixels(panel)
    tell(*synthetic_events(3.0))
    full = pixels(panel)
    assert (empty != full).any()
    assert theme.argb(theme.trace_colour("O1", "eeg")) in colours_shown(panel)


def test_traces_shade_a_gap_and_grey_a_bad_channel(show: Show, tell: Tell) -> None:
    panel = show("traces")
    tell(session(), samples(0, 500))
    assert theme.argb(theme.palette().gap) not in colours_shown(panel)
    assert theme.argb(theme.trace_colour("T7", "eeg")) in colours_shown(panel)
    tell(samples(1000, 500, gap=500), QualityEvent(("EEG T3-Ref",), 1.0))
    assert theme.argb(theme.palette().gap) in colours_shown(panel)
    assert theme.argb(theme.trace_colour("T7", "eeg")) not in colours_shown(panel)


def test_traces_show_a_marker_at_its_time(show: Show, tell: Tell) -> None:
    panel = show("traces", window_s=10.0)
    tell(session(), samples(0, 2500))
    before = pixels(panel)
    tell(MarkerEvent(Marker(54.0, "clap", "operator")))
    changed = np.flatnonzero((before != pixels(panel))[200:400].any(axis=0))
    area = panel.view.plot_area()
    assert abs(changed.mean() - (area.left() + 0.4 * area.width())) < 3


def test_freezing_holds_the_picture_and_loses_nothing(show: Show, tell: Tell, qtbot: QtBot) -> None:
    frozen, twin = show("traces", scale_uv=50.0), show("traces", scale_uv=50.0)
    tell(session(), samples(0, 1000))
    held = pixels(frozen)
    qtbot.mouseClick(frozen.controls.freeze, Qt.MouseButton.LeftButton)
    tell(samples(1000, 1000))
    np.testing.assert_array_equal(pixels(frozen), held)
    assert (pixels(twin) != held).any()
    frozen.resize(901, 500)
    frozen.resize(900, 500)
    np.testing.assert_array_equal(pixels(frozen), held)
    qtbot.mouseClick(frozen.controls.freeze, Qt.MouseButton.LeftButton)
    np.testing.assert_array_equal(pixels(frozen), pixels(twin))


def test_a_resized_picture_equals_one_drawn_at_that_size(show: Show, tell: Tell) -> None:
    resized, twin = show("traces", scale_uv=50.0), show("traces", scale_uv=50.0)
    resized.resize(700, 400)
    tell(session(), samples(0, 1700), samples(2000, 300, gap=300))
    resized.resize(900, 500)
    np.testing.assert_array_equal(pixels(resized), pixels(twin))


def test_the_scale_buttons_step_and_the_filter_can_be_changed(show: Show, tell: Tell, qtbot: QtBot) -> None:
    panel = show("traces", scale_uv=50.0)
    tell(session(), samples(0, 1000))
    before = pixels(panel)
    qtbot.mouseClick(panel.controls.smaller, Qt.MouseButton.LeftButton)
    assert panel.controls.scale_box.currentText() == "100"
    assert (pixels(panel) != before).any()
    qtbot.mouseClick(panel.controls.larger, Qt.MouseButton.LeftButton)
    np.testing.assert_array_equal(pixels(panel), before)
    panel.controls.low_pass.setCurrentIndex(panel.controls.low_pass.findData(15.0))
    assert (pixels(panel) != before).any()


def test_the_window_length_and_motion_can_be_changed(show: Show, tell: Tell) -> None:
    panel = show("traces", scale_uv=50.0)
    tell(session(), samples(0, 5000))
    panel.controls.window_box.setValue(5)
    assert panel.view.window_s == 5
    scrolling = pixels(panel)
    panel.controls.motion.setCurrentText("sweep")
    assert (pixels(panel) != scrolling).any()


def test_automatic_scale_follows_the_signal(show: Show, tell: Tell) -> None:
    panel = show("traces", high_pass_hz=0.0, low_pass_hz=0.0)
    tell(session())
    for second in range(3):
        rows = (np.random.default_rng(second).normal(0, 1000, (250, 2))).astype(np.float32)
        tell(ChunkEvent(make_chunk(rows, 50 + second + np.arange(250) / 250, 250 * second)))
    assert panel.scales.common in (5000, 10_000)


def test_two_hundred_channels_are_labelled_without_overlap(show: Show, tell: Tell) -> None:
    spec = StreamSpec(250.0, tuple(Channel(f"E{n}") for n in range(256)))
    panel = show("traces")
    tell(SessionEvent(Session("s", spec)))
    rows = np.zeros((500, 256), np.float32)
    tell(ChunkEvent(make_chunk(rows, 50 + np.arange(500) / 250, 0)))
    font, every = panel.view.label_font()
    assert every * panel.view.plot_area().height() / 256 >= font.pixelSize() * 0.9


def test_the_recording_line_shows_file_and_size(show: Show, tell: Tell, tmp_path: Path) -> None:
    panel = show("status")
    file = tmp_path / "session.xdf"
    file.write_bytes(bytes(3_000_000))
    tell(session(), StateEvent(EngineState.RUNNING), RecordingEvent(str(file), True))
    assert panel.fields["Recording"].text() == "● session.xdf, 3.0 MB"
    tell(RecordingEvent(str(file), False), StateEvent(EngineState.IDLE))
    assert panel.fields["Recording"].text() == "off; saved session.xdf, 3.0 MB"
    tell(session())
    assert panel.fields["Recording"].text() == "off"


def test_the_recording_line_tells_what_ended_it_and_follows_two_recorders(
    show: Show, tell: Tell, tmp_path: Path
) -> None:
    panel = show("status")
    first, second = tmp_path / "first.xdf", tmp_path / "second.xdf"
    for file in (first, second):
        file.write_bytes(bytes(5_000))
    tell(session(), StateEvent(EngineState.RUNNING), *(RecordingEvent(str(file), True) for file in (first, second)))
    assert panel.fields["Recording"].text() == "● first.xdf, 5 kB\n● second.xdf, 5 kB"
    tell(RecordingEvent(str(first), False, "the disk is full"))
    assert panel.fields["Recording"].text() == "● second.xdf, 5 kB"
    tell(RecordingEvent(str(second), False, "the disk is full"))
    assert panel.fields["Recording"].text() == "off; second.xdf, 5 kB, ended early: the disk is full"
    assert panel.fields["Recording"].property("tone") == "bad"


def test_a_recording_that_vanished_is_an_error(show: Show, tell: Tell, tmp_path: Path) -> None:
    panel = show("status")
    tell(session(), StateEvent(EngineState.RUNNING), RecordingEvent(str(tmp_path / "gone.xdf"), True))
    assert "No such file" in panel.fields["Recording"].text()
    assert panel.fields["Recording"].property("tone") == "bad"


def test_a_recording_whose_engine_died_is_not_shown_as_saved(show: Show, tell: Tell, tmp_path: Path) -> None:
    panel = show("status")
    file = tmp_path / "session.xdf"
    file.write_bytes(bytes(5_000))
    tell(session(), StateEvent(EngineState.RUNNING), RecordingEvent(str(file), True))
    tell(StateEvent(EngineState.FAILED, "exit code -9"))
    assert "ended early: the engine ended first" in panel.fields["Recording"].text()
    tell(RecordingEvent(str(file), False))
    assert panel.fields["Recording"].text() == "off; saved session.xdf, 5 kB", "a fault of the session, not of the file"


def test_more_decisions_than_pixels_are_drawn_as_means_and_those_of_one_class_as_one_bar(
    show: Show, tell: Tell
) -> None:
    panel = show("decision", history_s=600)
    panel.resize(300, 400)
    wanted = [decided(52.0 + n / 10, 0.9 if n < 1000 else 0.2).decision for n in range(2000)]
    many = [DecisionEvent(replace(decision, window_index=n)) for n, decision in enumerate(wanted)]
    tell(session(), StateEvent(EngineState.RUNNING), samples(0, 5000), *many)
    times_s, drawn = panel.plot._curves[1].getData()
    assert len(times_s) <= 300
    assert np.all(np.diff(times_s) > 0)
    assert drawn[:10] == pytest.approx(0.9)
    assert len(panel.plot.strips.opts["brushes"]) == 2


def test_curves_do_not_cross_a_silence(show: Show, tell: Tell) -> None:
    panel = show("decision")
    spoken = [decided(52.0 + n / 2, 0.9) for n in range(8)] + [decided(62.0 + n / 2, 0.2) for n in range(8)]
    tell(session(), StateEvent(EngineState.RUNNING), samples(0, 5000), *spoken)
    times_s, drawn = panel.plot._curves[1].getData()
    (gap,) = np.flatnonzero(np.isnan(drawn))
    assert (times_s[gap - 1], times_s[gap + 1]) == (pytest.approx(5.5), pytest.approx(12.0))
    assert not panel.plot._bands[1].path().contains(QPointF(9.0, 0.5))
