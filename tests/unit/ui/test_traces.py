"""Traces: views of the signal, butterfly, looking back, the value pointed at, doubtful stretches, and every key."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from bci_app.events import ChunkEvent, MarkerEvent, QualityEvent, Session, SessionEvent
from pipelines.signal import Channel, Flag, Marker, StreamSpec, make_chunk
from ui import theme
from ui.flagged_stretches import FlaggedStretches
from ui.shown_signal import DECODER, FILTERED, RAW, DecoderSignal, FilteredSignal
from ui.trace_lanes import arrange

RATE_HZ = 250.0
SPEC = StreamSpec(RATE_HZ, (Channel("EEG T3-Ref"), Channel("Cz"), Channel("VEOG", "eog")), "bench amplifier")
STAGES = (
    {"kind": "select", "channels": ["Cz"]},
    {"kind": "resample", "rate_hz": 125.0},
    {"kind": "artifact", "amplitude_uv": 100.0, "muscle_uv": 1000.0},
)
Show, Tell = Callable[..., Any], Callable[..., None]


def begin(**more: Any) -> SessionEvent:
    return SessionEvent(Session("s", SPEC, **more))


def samples(first: int, count: int, **more: Any) -> ChunkEvent:
    rows = np.random.default_rng(first).normal(0, 10, (count, 3)).astype(np.float32)
    return of(rows, first, **more)


def of(rows: np.ndarray, first: int, **more: Any) -> ChunkEvent:
    return ChunkEvent(make_chunk(rows, 50 + (first + np.arange(len(rows))) / RATE_HZ, first, **more))


def pixels(panel: Any) -> np.ndarray:
    image = panel.view.grab().toImage()
    view = np.frombuffer(image.constBits(), np.uint32)
    return view.reshape(image.height(), image.bytesPerLine() // 4)[:, : image.width()].copy()


def point(panel: Any, qtbot: QtBot, seconds: float, share: float) -> str:
    """Point at a time of the window and a height; return what is written there."""
    area = panel.view.plot_area()
    x = area.left() + (seconds / panel.view.window_s) * area.width() + 1
    qtbot.mouseMove(panel.view, QPoint(round(x), round(area.top() + share * area.height())))
    QApplication.processEvents()
    return str(panel.view._readout)


def test_pointing_reads_the_exact_value(show: Show, tell: Tell, qtbot: QtBot) -> None:
    panel = show("traces", view="raw", window_s=1.0, scale_uv=1000.0)
    rows = np.tile(np.arange(250, dtype=np.float32)[:, None], (1, 3)) * [1, 2, 3]
    tell(begin(), of(rows.astype(np.float32), 0))
    pointed = panel.view.pointed_at
    text = point(panel, qtbot, 0.5, 0.5)
    index = pointed().index
    assert abs(index - 125) <= 1
    assert text == f"0:00.5   Cz   {2 * index:.1f} µV"
    text = point(panel, qtbot, 0.8, 0.1)
    assert text.endswith(f"T7   {pointed().index:.1f} µV")
    qtbot.mouseMove(panel.view, QPoint(2, 2))
    QApplication.processEvents()
    assert panel.view._readout == ""


def test_pointing_at_a_gap_says_lost_and_beyond_the_signal_nothing(show: Show, tell: Tell, qtbot: QtBot) -> None:
    panel = show("traces", view="raw", window_s=10.0)
    tell(begin(), samples(0, 500), samples(1000, 250, gap_before=500))
    assert point(panel, qtbot, 3.0, 0.5).endswith("lost")
    assert point(panel, qtbot, 8.0, 0.5) == ""


def test_the_value_follows_the_signal_under_a_resting_pointer(show: Show, tell: Tell, qtbot: QtBot) -> None:
    panel = show("traces", window_s=2.0)
    tell(begin(), samples(0, 500))
    before = point(panel, qtbot, 1.0, 0.5)
    tell(samples(500, 250))
    assert panel.view._readout != before
    assert panel.view._readout.startswith("0:02.0")


def test_raw_is_raw_and_the_decoder_sees_its_own_channels_and_rate(show: Show, tell: Tell, qtbot: QtBot) -> None:
    panel = show("traces", scale_uv=5000.0)
    rows = np.random.default_rng(0).normal(0, 10, (1000, 3)) + 1000
    tell(begin(stages=STAGES), of(rows.astype(np.float32), 0))
    filtered = pixels(panel)
    panel.controls.view_box.setCurrentText(RAW)
    assert (pixels(panel) != filtered).any()
    assert not panel.controls.filter_button.isVisible()
    assert 900 < float(point(panel, qtbot, 2.0, 0.5).split()[2]) < 1100
    panel.controls.view_box.setCurrentText(DECODER)
    assert panel._signal.spec.names == ("Cz",)
    assert point(panel, qtbot, 2.0, 0.5).startswith("0:02.0   Cz")
    assert panel.view.pointed_at().index == pytest.approx(2 * 125, abs=2)
    tell(of(rows[:250].astype(np.float32), 1000))
    panel.controls.view_box.setCurrentText(FILTERED)
    assert panel.controls.filter_button.isVisible()


def test_without_stages_there_is_no_decoders_view(show: Show, tell: Tell) -> None:
    panel = show("traces", view=DECODER)
    tell(begin(), samples(0, 100))
    assert panel.controls.view_box.currentText() == FILTERED
    assert not panel.controls.offers(2)
    tell(begin(stages=STAGES), samples(0, 100))
    assert panel.controls.offers(2)
    tell(begin(stages=({"kind": "select", "channels": ["Oz"]},)), samples(0, 100))
    assert not panel.controls.offers(2)
    assert "Oz" in panel._flagged.fault


def test_what_the_stages_flag_is_shaded_and_told(show: Show, tell: Tell, qtbot: QtBot) -> None:
    panel = show("traces", view="raw", window_s=4.0)
    rows = np.random.default_rng(0).normal(0, 5, (1000, 3))
    rows[500:550, 1] += 400
    tell(begin(stages=STAGES), *(of(rows[i : i + 50].astype(np.float32), i) for i in range(0, 1000, 50)))
    stretches = panel._flagged.between(0, 4)
    assert min(s.start_s for s in stretches) == pytest.approx(2.0, abs=0.1)
    assert max(s.stop_s for s in stretches) == pytest.approx(2.2, abs=0.15)
    assert "large amplitude" in point(panel, qtbot, 2.1, 0.9)
    assert "amplitude" not in point(panel, qtbot, 3.5, 0.9)
    bar = theme.argb(theme.palette().warning)
    columns = np.flatnonzero((pixels(panel) == bar).any(axis=0))
    area = panel.view.plot_area()
    assert abs(columns.mean() - (area.left() + area.width() * 2.1 / 4)) < 0.05 * area.width()
    before = pixels(panel)
    panel.resize(901, 500)
    panel.resize(900, 500)
    np.testing.assert_array_equal(pixels(panel)[60:], before[60:])


def test_flags_do_not_depend_on_how_the_samples_came() -> None:
    rows = np.random.default_rng(0).normal(0, 90, (2000, 3)).astype(np.float32)
    whole, parts = FlaggedStretches(SPEC, STAGES), FlaggedStretches(SPEC, STAGES)
    whole.push(of(rows, 0).chunk)
    for i in range(0, 2000, 37):
        parts.push(of(rows[i : i + 37], i).chunk)
    assert whole.between(0, 8) == parts.between(0, 8)
    assert len(whole.between(0, 8)) > 10


def test_flags_of_the_source_need_no_stages() -> None:
    flags = np.zeros(100, np.uint8)
    flags[20:30] = Flag.CLOCK_JUMP
    flags[40:50] = Flag.LOST
    found = FlaggedStretches(SPEC, ()).push(of(np.zeros((100, 3), np.float32), 0, flags=flags).chunk)
    assert [(s.start_s, s.stop_s, s.words()) for s in found] == [(0.08, 0.12, "clock jump")]


def test_butterfly_lays_the_eeg_on_top_of_one_another(show: Show, tell: Tell, qtbot: QtBot) -> None:
    lanes = arrange(SPEC, "butterfly")
    assert lanes.centre[0] == lanes.centre[1] < lanes.centre[2]
    assert lanes.at(0.2) == (0, 1)
    assert lanes.at(0.99) == (2,)
    panel = show("traces", view="raw", scale_uv=100.0)
    rows = np.zeros((2500, 3), np.float32)
    rows[:, 0], rows[:, 1] = 50, -50
    tell(begin(), of(rows, 0))
    panel.controls.arrangement.setCurrentText("butterfly")
    up, down = panel.view.heights_of(np.array([50, -50, 0], np.float32))[:2] / panel.view.plot_area().height()
    assert "T7   50.0 µV" in point(panel, qtbot, 5.0, up)
    assert "Cz   -50.0 µV" in point(panel, qtbot, 5.0, down)


def test_looking_back_shows_what_was_there_while_samples_are_kept(show: Show, tell: Tell, qtbot: QtBot) -> None:
    panel, twin = (show("traces", scale_uv=50.0, view="raw", window_s=4.0) for _ in range(2))
    tell(begin(), samples(0, 1500))
    twin.controls.freeze.setChecked(True)
    tell(samples(1500, 1500))
    qtbot.keyClick(panel, Qt.Key.Key_PageUp)
    assert panel.frozen
    assert panel._frozen_at == 2000
    tell(samples(3000, 500))
    assert panel._frozen_at == 2000
    panel._look_at(6.0)
    np.testing.assert_array_equal(pixels(panel), pixels(twin))
    qtbot.keyClick(panel, Qt.Key.Key_Home)
    assert panel._frozen_at == 1000
    qtbot.keyClick(panel, Qt.Key.Key_End)
    assert panel._frozen_at == 3500
    qtbot.keyClick(panel, Qt.Key.Key_Space)
    twin.controls.freeze.setChecked(False)
    np.testing.assert_array_equal(pixels(panel), pixels(twin))


def test_the_wheel_looks_back_and_with_ctrl_scales(show: Show, tell: Tell) -> None:
    panel = show("traces", scale_uv=50.0, window_s=2.0)
    tell(begin(), samples(0, 2500))

    def turn(up: int, modifiers: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier) -> None:
        at = QPointF(panel.view.mapTo(panel, QPoint(300, 200)))
        QTest.wheelEvent(panel.windowHandle(), at, QPoint(0, 120 * up), QPoint(), modifiers)
        QApplication.processEvents()

    turn(-1)
    assert not panel.frozen
    turn(1)
    assert panel.frozen
    assert panel._frozen_at == 2500 - 50
    turn(1, Qt.KeyboardModifier.ControlModifier)
    assert panel.controls.scale_box.currentText() == "20"


@pytest.mark.parametrize(
    ("key", "what", "expected"),
    [
        (Qt.Key.Key_Up, lambda c: c.scale_box.currentText(), "20"),
        (Qt.Key.Key_Minus, lambda c: c.scale_box.currentText(), "100"),
        (Qt.Key.Key_A, lambda c: c.scale_box.currentText(), "auto"),
        (Qt.Key.Key_BracketLeft, lambda c: c.window_box.value(), 5),
        (Qt.Key.Key_BracketRight, lambda c: c.window_box.value(), 20),
        (Qt.Key.Key_B, lambda c: c.arrangement.currentText(), "butterfly"),
        (Qt.Key.Key_V, lambda c: c.view_box.currentText(), RAW),
        (Qt.Key.Key_Space, lambda c: c.freeze.isChecked(), True),
        (Qt.Key.Key_Left, lambda c: c.freeze.isChecked(), True),
    ],
)
def test_keys(show: Show, tell: Tell, qtbot: QtBot, key: Qt.Key, what: Callable[[Any], Any], expected: Any) -> None:
    panel = show("traces", scale_uv=50.0)
    tell(begin(), samples(0, 3000))
    assert what(panel.controls) != expected
    qtbot.keyClick(panel.view, key)
    assert what(panel.controls) == expected


def test_markers_stay_in_another_view_of_another_rate(show: Show, tell: Tell) -> None:
    panel = show("traces", window_s=10.0)
    tell(begin(stages=STAGES), samples(0, 2500))
    tell(MarkerEvent(Marker(54.0, "clap", "operator")))
    colour = theme.argb(theme.palette().class_colour(1))
    panel.controls.view_box.setCurrentText(DECODER)
    area = panel.view.plot_area()
    columns = np.flatnonzero((pixels(panel)[area.top() :] == colour).any(axis=0))
    assert abs(columns.mean() - (area.left() + 0.4 * area.width())) < 4


def test_a_bad_channel_carries_a_cross(show: Show, tell: Tell) -> None:
    panel = show("traces")
    tell(begin(), samples(0, 500), QualityEvent(("Cz",), 51.0))
    assert [(label.text, label.bad) for label in panel.view._labels()][:2] == [("T7", False), ("Cz", True)]


def test_shown_signals_agree_with_their_parts() -> None:
    rows = samples(0, 500).chunk.samples
    lost = np.zeros(500, np.bool_)
    raw = FilteredSignal(SPEC).process(rows, lost, 0)
    np.testing.assert_array_equal(raw.samples, rows)
    decoder = DecoderSignal(SPEC, STAGES)
    first, second = decoder.process(rows[:300], lost[:300], 0), decoder.process(rows[300:], lost[300:], 300)
    whole = DecoderSignal(SPEC, STAGES).process(rows, lost, 0)
    np.testing.assert_array_equal(np.concatenate((first.samples, second.samples)), whole.samples)
    assert second.first_index == len(first.samples)


def test_the_view_can_change_size_while_it_changes_what_it_shows(show: Show, tell: Tell) -> None:
    panel = show("traces", view=DECODER)
    panel.resize(560, 400)  # the filters take another line of controls when they come and go
    tell(begin(stages=STAGES), samples(0, 500))
    for view in (FILTERED, DECODER, RAW, DECODER):
        panel.controls.view_box.setCurrentText(view)
        QApplication.processEvents()
        tell(samples(500, 100))
        assert panel._signal.spec.n_channels == (1 if view == DECODER else 3)
    tell(begin(), samples(0, 500))
    assert panel._signal.spec.n_channels == 3


def test_controls_that_need_two_lines_get_them(show: Show) -> None:
    panel = show("traces")
    for width in (900, 560, 900, 560):
        panel.resize(width, 500)
        QApplication.processEvents()
        controls = panel.controls
        assert controls.freeze.geometry().bottom() < controls.height(), width
        assert controls.y() == 0
