"""What keeps the window's thread free: nothing is drawn without need, and not everything in one turn."""

from __future__ import annotations

import pickle
from collections.abc import Callable, Iterator
from itertools import count
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PySide6.QtCore import QCoreApplication, QEvent, QObject, QTimer
from PySide6.QtWidgets import QHBoxLayout, QLabel, QWidget
from pytestqt.qtbot import QtBot

from bci_app.events import ChunkEvent, Event, HeartbeatEvent, MarkerEvent, NoticeEvent, Session, SessionEvent
from pipelines.signal import Channel, Marker, StreamSpec, make_chunk
from tests.unit.ui.scripted_engine import ScriptedEngine
from ui.calm_bar import CalmBar
from ui.engine_client import EngineClient
from ui.quiet_plot import QuietPlot
from ui.steady_label import SteadyLabel

RATE_HZ = 100.0
NAMES = "Fp1 Fp2 F3 Fz F4 C3 Cz C4 P3 Pz P4 O1 O2".split()
SPEC = StreamSpec(RATE_HZ, tuple(Channel(name) for name in NAMES), "cap")
SLOW = ("spectrum", "spectrogram", "topography", "evoked")
BEGIN = SessionEvent(Session("s", SPEC))
Show, Tell = Callable[..., Any], Callable[..., None]


def chunks(seconds: float, first: int = 0, each: int = 10) -> list[Event]:
    """Noise in chunks of so many samples."""
    rng = np.random.default_rng(first)
    starts = range(first, first + round(seconds * RATE_HZ), each)
    rows = ((start, rng.normal(0, 10, (each, len(NAMES)))) for start in starts)
    return [ChunkEvent(make_chunk(x, 50 + (start + np.arange(each)) / RATE_HZ, start)) for start, x in rows]


class Requests(QObject):
    """Notes what events of a kind reach a widget and all in it."""

    def __init__(self, widget: QWidget, kind: QEvent.Type) -> None:
        super().__init__(widget)
        self._kind, self.seen = kind, list[QObject]()
        for one in (widget, *widget.findChildren(QWidget)):
            one.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == self._kind:
            self.seen.append(watched)
        return False


@pytest.fixture
def turn(qtbot: QtBot) -> Iterator[Callable[[], int]]:
    """Return what tells the number of the present turn of the event loop."""
    numbers = count(1)
    now = [0]
    timer = QTimer(interval=0)
    timer.timeout.connect(lambda: now.__setitem__(0, next(numbers)))
    timer.start()
    yield lambda: now[0]
    timer.stop()


def counted(panel: Any, name: str, note: Callable[[], Any]) -> list[Any]:
    """Note something at each call of a method."""
    noted: list[Any] = []
    method = getattr(panel, name)

    def call(*args: Any) -> Any:
        noted.append(note())
        return method(*args)

    setattr(panel, name, call)
    return noted


def test_first_pictures_of_slow_panels_come_in_turns_of_their_own(
    show: Show, tell: Tell, qtbot: QtBot, turn: Callable[[], int]
) -> None:
    panels = [show(name) for name in SLOW]
    turns = [counted(panel, "recompute", turn) for panel in panels]
    qtbot.wait(30)
    tell(BEGIN)
    qtbot.waitUntil(lambda: all(turns), timeout=5000)
    tell(*chunks(4))
    qtbot.waitUntil(lambda: all(len(found) > 1 for found in turns), timeout=5000)
    worked = [number for found in turns for number in found]
    assert len(set(worked)) == len(worked)


@pytest.mark.parametrize("name", ["spectrum", "spectrogram", "topography"])
def test_a_spectrum_is_drawn_when_a_segment_is_complete_and_not_before(show: Show, tell: Tell, name: str) -> None:
    panel = show(name)
    tell(BEGIN, *chunks(4))
    panel._pause.stop()
    panel.refresh()
    before = panel.redraws
    end, due = 400, (panel._live.next_number * panel._live._spectra.hop + panel._live._spectra.n_segment)
    for event in chunks((due - end) / RATE_HZ - 0.01, end, 1):
        tell(event)
    assert panel.redraws == before
    tell(*chunks(0.01, due - 1, 1))
    assert panel.redraws == before + 1


def test_averages_are_drawn_when_an_epoch_is_complete_and_not_before(show: Show, tell: Tell, qtbot: QtBot) -> None:
    panel = show("evoked")
    drawn = counted(panel.plot, "draw", lambda: 1)
    mark = MarkerEvent(Marker(50.5, "beep"))
    tell(BEGIN, *chunks(1.0), mark)
    for first in (100, 120, 140, 200):
        panel._pause.stop()
        panel._owed = False
        tell(*chunks(0.2, first))
        qtbot.wait(1)
    assert panel.count.text() == "1 epochs, 0 left out"
    # For the session and the marker that is not complete, and for the epoch.
    assert len(drawn) == 2


@pytest.mark.parametrize("name", SLOW)
def test_a_hidden_panel_works_nothing_out(show: Show, tell: Tell, qtbot: QtBot, name: str) -> None:
    panel = show(name)
    tell(BEGIN)
    qtbot.waitUntil(lambda: not panel._pause.isActive(), timeout=5000)
    panel.hide()
    worked = counted(panel, "recompute", lambda: 1)
    for first in range(0, 1000, 100):
        tell(*chunks(1, first), MarkerEvent(Marker(50 + first / RATE_HZ, "beep")))
    qtbot.wait(1)
    assert worked == []


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(parts=st.lists(st.integers(1, 300), min_size=1, max_size=8))
def test_the_spectrogram_of_parts_is_that_of_the_whole(show: Show, tell: Tell, parts: list[int]) -> None:
    panel = show("spectrogram", window_s=10.0)
    tell(BEGIN)
    first = 0
    for n in parts:
        tell(*chunks(n / RATE_HZ, first, n))
        first += n
        while panel.recompute():
            pass
    live, columns = panel._live, next(iter(panel.picker.groups().values()))
    np.testing.assert_array_equal(panel._means, live.last(10.0)[:, :, columns].mean(axis=2).astype(panel._means.dtype))
    panel.close()


def test_a_text_that_changes_lays_nothing_out_anew(qtbot: QtBot) -> None:
    host = QWidget()
    qtbot.addWidget(host)
    row = QHBoxLayout(host)
    label = SteadyLabel("99 epochs")
    row.addWidget(label)
    row.addWidget(QLabel("beside"), 1)
    host.show()
    QCoreApplication.processEvents()
    asked = Requests(host, QEvent.Type.LayoutRequest)
    for number in (1, 7, 12, 98):
        label.setText(f"{number} epochs")
        QCoreApplication.processEvents()
    assert asked.seen == []
    narrow = label.width()
    label.setText("99 epochs, and ever so many left out")
    QCoreApplication.processEvents()
    assert label.width() > narrow
    assert label.width() >= label.fontMetrics().horizontalAdvance(label.text())
    assert asked.seen


def test_progress_is_painted_with_everything_else(qtbot: QtBot) -> None:
    host = QWidget()
    qtbot.addWidget(host)
    row = QHBoxLayout(host)
    bar, other = CalmBar(), QLabel("a")
    row.addWidget(bar)
    row.addWidget(other)
    host.show()
    QCoreApplication.processEvents()
    painted = Requests(host, QEvent.Type.Paint)
    other.update()
    for value in range(1, 50):
        bar.setValue(value)
    assert painted.seen == []
    QCoreApplication.processEvents()
    assert painted.seen.count(bar) == painted.seen.count(other) == 1
    assert bar.value() == 49


def test_an_axis_is_painted_anew_for_another_range_only(qtbot: QtBot) -> None:
    plot = QuietPlot()
    qtbot.addWidget(plot)
    plot.resize(300, 200)
    curve = plot.plot([0, 1], [0, 1])
    plot.setRange(xRange=(0, 1), yRange=(0, 1))
    plot.show()
    plot.grab()
    painted = counted(plot.getAxis("left"), "generateDrawSpecs", lambda: 1)
    curve.setData([0, 1], [0.5, 0.2])
    before = plot.grab().toImage()
    assert painted == []
    plot.setRange(yRange=(0, 5))
    assert plot.grab().toImage() != before
    assert len(painted) == 1


def test_a_new_session_has_a_turn_before_the_panels_draw(qtbot: QtBot, turn: Callable[[], int]) -> None:
    engines: list[ScriptedEngine] = []

    def make(values: Any) -> ScriptedEngine:
        engines.append(ScriptedEngine(values))
        return engines[-1]

    client = EngineClient(make)
    client.start({})
    heard: list[tuple[str, int]] = []
    client.session.connect(lambda _: heard.append(("session", turn())))
    client.chunk.connect(lambda _: heard.append(("chunk", turn())))
    client.refresh.connect(lambda: heard.append(("refresh", turn())))
    engines[0].say(BEGIN, *chunks(0.2))
    with qtbot.waitSignal(client.refresh, timeout=5000):
        pass
    assert [kind for kind, _ in heard] == ["session", "chunk", "chunk", "refresh"]
    assert heard[0][1] < heard[-1][1]
    heard.clear()
    engines[0].say(HeartbeatEvent(1.0))
    engines[0].say(HeartbeatEvent(1.1))
    qtbot.wait(40)
    assert heard == []
    engines[0].say(NoticeEvent("info", "x"))
    with qtbot.waitSignal(client.refresh, timeout=5000):
        pass
    client.stop()


def test_a_stream_knows_its_names_without_counting_them_again() -> None:
    assert SPEC.names == tuple(NAMES)
    assert SPEC.names is SPEC.names
    other = SPEC.with_channels(SPEC.channels[:3])
    assert other.names == tuple(NAMES[:3])
    again = pickle.loads(pickle.dumps(SPEC))  # as the pipe to the window does
    assert again == SPEC
    assert again.names == SPEC.names
    assert hash(again) == hash(SPEC)
