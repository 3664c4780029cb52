"""Spectrum, spectrogram, topography and event-related average: the signal moves them, and a person does."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from PySide6.QtCore import QEvent, QObject, QPointF, Qt
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QGridLayout, QWidget
from pytestqt.qtbot import QtBot

from bci_app.events import NOTES, ChunkEvent, Event, MarkerEvent, QualityEvent, Session, SessionEvent
from pipelines.signal import Channel, Marker, StreamSpec, make_chunk
from ui import colour_scale
from ui.channel_picker import ALL_CHANNELS, ALL_REGIONS, MEAN
from ui.slow_panel import PERIOD_MS, SlowPanel

RATE_HZ = 200.0
TEN_TWENTY = "Fp1 Fp2 F7 F3 Fz F4 F8 T7 C3 Cz C4 T8 P7 P3 Pz P4 P8 O1 O2".split()
SPEC = StreamSpec(RATE_HZ, tuple(Channel(name) for name in TEN_TWENTY), "cap")
Show, Tell = Callable[..., Any], Callable[..., None]


def begin(spec: StreamSpec = SPEC) -> SessionEvent:
    return SessionEvent(Session("s", spec))


def rhythm(seconds: float, hz: float = 10.0, loud: str = "O1", spec: StreamSpec = SPEC) -> ChunkEvent:
    """Noise in all channels, a rhythm of 20 µV in one."""
    n = round(seconds * RATE_HZ)
    rows = np.random.default_rng(1).normal(0, 1, (n, spec.n_channels))
    rows[:, spec.names.index(loud)] += 20 * np.sin(2 * np.pi * hz * np.arange(n) / RATE_HZ)
    return ChunkEvent(make_chunk(rows, 50 + np.arange(n) / RATE_HZ, 0))


def settled(panel: SlowPanel, qtbot: QtBot) -> None:
    """Wait until the panel has nothing left to make up for."""
    qtbot.waitUntil(lambda: not panel._pause.isActive() and not panel._owed, timeout=5000)


def test_the_spectrum_finds_the_rhythm(show: Show, tell: Tell) -> None:
    panel = show("spectrum")
    assert panel.plot.note == "No signal yet"
    tell(begin(), rhythm(12))
    assert panel.peak.text().startswith("◆ 10.0 Hz")
    assert panel.plot.note == ""
    assert panel.picker.currentText() == ALL_REGIONS
    assert set(panel.plot._curves) == {"frontal", "central", "temporal", "parietal", "occipital"}


def test_the_spectrum_shows_what_is_picked(show: Show, tell: Tell) -> None:
    panel = show("spectrum")
    tell(begin(), rhythm(12))
    panel.picker.choose("O1")
    x, loud = panel.plot._curves["O1"].getData()
    assert x[np.argmax(loud)] == 10.0
    panel.picker.choose("O2")
    assert panel.plot._curves["O2"].getData()[1].max() < loud.max() - 20
    panel.picker.choose(ALL_CHANNELS)
    assert len(panel.plot._curves) == 19
    panel.in_db.setChecked(False)
    assert panel.plot._curves["O1"].getData()[1].max() == pytest.approx(10 ** (loud.max() / 10), rel=1e-3)
    panel.log_x.setChecked(True)
    assert panel.plot.mains.value() == pytest.approx(np.log10(50))
    panel.mains.setCurrentIndex(panel.mains.findData(0.0))
    assert not panel.plot.mains.isVisible()


def test_a_bad_channel_stays_out_of_the_mean(show: Show, tell: Tell, qtbot: QtBot) -> None:
    panel = show("spectrum", channels=MEAN)
    tell(begin(), rhythm(12))
    loud = panel.plot._curves[MEAN].getData()[1].max()
    tell(QualityEvent(("O1",), 62.0))
    settled(panel, qtbot)
    assert panel.plot._curves[MEAN].getData()[1].max() < loud - 10


def test_the_choice_outlives_the_session_where_the_next_offers_it(show: Show, tell: Tell) -> None:
    panel = show("spectrum")
    tell(begin(), rhythm(4))
    panel.picker.textActivated.emit("Cz")
    panel.picker.choose("Cz")
    tell(begin(StreamSpec(RATE_HZ, (Channel("Pz"), Channel("EEG Cz-Ref")))))
    assert panel.picker.currentText() == "Cz"
    tell(begin(StreamSpec(RATE_HZ, (Channel("E1"), Channel("E2")))))
    assert panel.picker.currentText() == MEAN


def test_the_spectrogram_is_bright_where_the_rhythm_is(show: Show, tell: Tell) -> None:
    panel = show("spectrogram", channels="O1")
    tell(begin(), rhythm(20))
    shown = panel.image.image[..., :3].astype(int).sum(axis=2)
    middle = shown.shape[1] - 20
    assert np.argmax(shown[:, middle]) == 10
    rect = panel.image.mapRectToParent(panel.image.boundingRect())
    assert rect.right() == pytest.approx(20 - 0.5 + 0.125)
    panel.picker.choose("O2")
    assert (panel.image.image[..., :3].astype(int).sum(axis=2)[:, middle] != shown[:, middle]).any()


def test_a_gap_is_a_hole_in_the_spectrogram(show: Show, tell: Tell, qtbot: QtBot) -> None:
    panel = show("spectrogram")
    first = rhythm(10)
    later = np.random.default_rng(3).normal(0, 5, (1000, 19)).astype(np.float32)
    start = 2000 + 400
    gap = ChunkEvent(make_chunk(later, 50 + (start + np.arange(1000)) / RATE_HZ, start, gap_before=400))
    tell(begin(), first, gap)
    settled(panel, qtbot)
    clear = (panel.image.image[..., 3] == 0).all(axis=0)
    holes = np.flatnonzero(clear[np.flatnonzero(~clear)[0] :])
    assert 8 <= len(holes) <= 13  # two seconds and what overlaps them, in steps of a quarter


def test_the_map_is_brightest_at_the_loud_electrode(show: Show, tell: Tell) -> None:
    panel = show("topography", band="alpha")
    tell(begin(), rhythm(12, loud="C4"))
    head = panel.maps["alpha"]
    assert [name for name, one in panel.maps.items() if one.isVisible()] == ["alpha"]
    middle, radius = head._geometry()
    picture = head.grab().toImage()

    def brightness(name: str) -> int:
        x, y = head._xy[head._names.index(name)]
        at = (round(middle.x() + x * radius) - 6, round(middle.y() - y * radius) - 6)  # beside the dot
        return sum(QColor(picture.pixel(*at)).getRgb()[:3])

    assert brightness("C4") > max(brightness(name) for name in ("C3", "Fz", "P3", "T7", "O1")) + 80
    assert head._values[head._names.index("C4")] == pytest.approx(10 * np.log10(200), abs=0.3)


def test_a_bad_electrode_colours_nothing(show: Show, tell: Tell, qtbot: QtBot) -> None:
    panel = show("topography", band="alpha")
    tell(begin(), rhythm(12, loud="C4"))
    assert panel.maps["alpha"]._range[1] > 20
    tell(QualityEvent(("C4",), 62.0))
    settled(panel, qtbot)
    assert panel.maps["alpha"]._range[1] < 5


def test_the_maps_show_what_the_decoder_gets(show: Show, tell: Tell, qtbot: QtBot) -> None:
    panel = show("topography", band="alpha")
    stages = ({"kind": "bandpass", "low_hz": 20.0, "high_hz": 40.0},)
    tell(SessionEvent(Session("s", SPEC, stages=stages)), rhythm(12, loud="C4"))
    raw = panel.maps["alpha"]._range[1]
    panel.view.setCurrentText("decoder's view")
    tell(rhythm(12, loud="C4"))
    settled(panel, qtbot)
    assert panel.maps["alpha"]._range[1] < raw - 20, "the filter takes the rhythm away"
    tell(begin())
    settled(panel, qtbot)
    assert "no stages" in panel.note.text()
    tell(SessionEvent(Session("s", SPEC, stages=({"kind": "select", "channels": ["Oz"]},))))
    settled(panel, qtbot)
    assert "Oz" in panel.note.text()


class Resizes(QObject):
    """Counts how often a widget was given another size."""

    n = 0

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        self.n += event.type() == QEvent.Type.Resize
        return False


def test_the_size_of_the_maps_does_not_follow_from_their_own_places(show: Show, tell: Tell, qtbot: QtBot) -> None:
    host = QWidget()
    grid = QGridLayout(host)
    panels = [show(kind) for kind in ("traces", "spectrum", "spectrogram", "topography", "evoked", "decision")]
    for row, panel in enumerate(panels):
        grid.addWidget(panel, max(0, row - 1), int(row > 0), 5 if row == 0 else 1, 1)
    qtbot.addWidget(host)
    host.resize(1600, 900)
    host.show()
    resizes = Resizes()
    panels[3].installEventFilter(resizes)
    tell(begin())
    for width in (1600, 1400, 1200, 1400):
        host.resize(width, 900)
        qtbot.wait(1)
    assert resizes.n < 20  # a few for each width, not a panel that chases its own heads
    for panel in panels:
        panel.setParent(None)  # whoever made them closes them


def test_curves_are_named_above_the_plot(show: Show, tell: Tell) -> None:
    panel = show("spectrum")
    tell(begin(), rhythm(12))
    for name, curve in panel.plot._curves.items():
        assert f'{curve.opts["pen"].color().name()}">━</span>&nbsp;{name}' in panel.names.text()
    panel.picker.choose("O1")
    assert not panel.names.isVisible()


@pytest.mark.parametrize(
    ("names", "words"),
    [
        (("E1", "E2", "E3"), "none of the 3 channels"),
        (("TP9", "AF7", "AF8", "TP10"), "4 electrodes are too few"),
        ((*TEN_TWENTY, "E1"), "1 channel has no place"),
        (tuple(TEN_TWENTY), ""),
    ],
)
def test_a_montage_without_places_is_told_in_words(show: Show, tell: Tell, names: tuple[str, ...], words: str) -> None:
    panel = show("topography")
    spec = StreamSpec(RATE_HZ, tuple(Channel(name) for name in names))
    tell(begin(spec), rhythm(5, loud=names[0], spec=spec))
    assert words in panel.note.text()
    assert panel.note.isVisible() == bool(words)
    assert panel.maps["alpha"].isVisible() == ("none" not in words)


def erp(labels: str) -> list[Event]:
    """One marker a second from second 2 on; 20 µV more in Cz from 0.3 to 0.4 s after each "b"."""
    n = round((len(labels) + 4) * RATE_HZ)
    rows = np.random.default_rng(4).normal(0, 2, (n, 19))
    events: list[Event] = []
    for number, label in enumerate(labels):
        at = round((2 + number) * RATE_HZ)
        if label == "b":
            rows[at + 60 : at + 80, 9] += 20
        events.append(MarkerEvent(Marker(50 + at / RATE_HZ, label)))
    # Markers may come before their samples; the first samples must be there, for they tell the time.
    chunks = [
        ChunkEvent(make_chunk(rows[i : i + 100], 50 + (i + np.arange(100)) / RATE_HZ, i)) for i in range(0, n, 100)
    ]
    return [begin(), chunks[0], *events, *chunks[1:]]


def test_the_average_shows_the_potential_of_its_label(show: Show, tell: Tell) -> None:
    panel = show("evoked", channels="Cz", high_pass_hz=0.0)
    tell(*erp("abababababab"))
    times, b = panel.plot._curves["b"].line.getData()
    a = panel.plot._curves["a"].line.getData()[1]
    assert 0.3 <= times[np.argmax(b)] <= 0.42
    assert b.max() > 10 > 5 > np.abs(a).max()
    assert panel.count.text() == "12 epochs, 0 left out"
    band = panel.plot._curves["b"].band.path()
    assert all(band.contains(QPointF(x, y)) for x, y in zip(times[1:-1], b[1:-1], strict=True))
    assert band.boundingRect().height() < 60


def test_labels_can_be_ticked_and_epochs_rejected(show: Show, tell: Tell, qtbot: QtBot) -> None:
    panel = show("evoked", channels="Cz", reject_uv=300.0)
    tell(*erp("abcdeabcde"))
    assert panel.labels.ticked() == ["a", "b", "c", "d"]
    panel.labels.tick("a", False)
    panel.labels.tick("e", True)
    assert set(panel.plot._curves) == {"b", "c", "d", "e"}
    panel.reject.setCurrentIndex(panel.reject.findData(50.0))
    assert panel.count.text() == "8 epochs, 0 left out"
    for label in "bcde":
        panel.labels.tick(label, False)
    assert "ticked" in panel.plot.note
    qtbot.mouseClick(panel.reset, Qt.MouseButton.LeftButton)
    assert panel._epochs.averages.labels == ()


def test_a_low_plot_does_without_the_title_of_its_axis(show: Show, tell: Tell) -> None:
    panel = show("spectrum")
    tell(begin(), rhythm(4.0))
    axis = panel.plot.getAxis("left")
    for height, seen in ((400, True), (90, False), (400, True)):
        panel.plot.resize(500, height)
        assert axis.label.isVisible() == seen, height


def test_a_note_is_no_event_to_average(show: Show, tell: Tell) -> None:
    panel = show("evoked", channels="Cz")
    tell(*(MarkerEvent(replace(e.marker, stream=NOTES)) if isinstance(e, MarkerEvent) else e for e in erp("bb")))
    assert panel._epochs.averages.labels == ()
    assert "No markers yet" in panel.plot.note


def test_a_change_of_the_epoch_counts_what_is_still_there(show: Show, tell: Tell) -> None:
    panel = show("evoked", channels="Cz")
    tell(*erp("bbbbbb"))
    panel.after.setCurrentIndex(panel.after.findData(0.5))
    times, _ = panel.plot._curves["b"].line.getData()
    assert times[-1] == 0.5
    assert panel.count.text() == "6 epochs, 0 left out"
    panel.baseline.setChecked(False)
    assert panel.count.text() == "6 epochs, 0 left out"
    assert not panel.plot.baseline.isVisible()


def test_epochs_that_all_span_too_much_are_explained(show: Show, tell: Tell) -> None:
    panel = show("evoked", reject_uv=50.0)
    loud = [
        ChunkEvent(make_chunk(e.chunk.samples * 50, e.chunk.times_s, e.chunk.first_index))
        if isinstance(e, ChunkEvent)
        else e
        for e in erp("bb")
    ]
    tell(*loud)
    assert "2 left out" in panel.plot.note
    panel.reject.setCurrentIndex(panel.reject.findData(0.0))
    assert panel.plot.note == ""


def test_a_slow_panel_works_at_once_then_once_a_pause(show: Show, tell: Tell, qtbot: QtBot) -> None:
    panel = show("spectrum")
    worked: list[int] = []
    panel.plot.draw, drawn = (lambda *args: (worked.append(1), drawn(*args))), panel.plot.draw
    tell(begin())
    samples = rhythm(30).chunk.samples
    for start in range(0, len(samples), 100):
        part = samples[start : start + 100]
        tell(ChunkEvent(make_chunk(part, 50 + (start + np.arange(100)) / RATE_HZ, start)))
    assert len(worked) == 1
    qtbot.wait(2 * PERIOD_MS)
    assert len(worked) == 2


def test_a_hidden_panel_catches_up_when_it_is_seen(show: Show, tell: Tell, qtbot: QtBot) -> None:
    panel = show("spectrum")
    tell(begin())
    settled(panel, qtbot)
    panel.hide()
    tell(rhythm(12))
    assert not panel.peak.text().startswith("◆")
    panel.show()
    settled(panel, qtbot)
    assert panel.peak.text().startswith("◆ 10.0 Hz")


def test_colours_keep_their_range_while_it_fits() -> None:
    values = np.linspace(0, 20, 100)
    first = colour_scale.steady_range(values, (0.0, 0.0), 5.0)
    assert first == (0.0, 20.0)
    assert colour_scale.steady_range(values * 0.9, first, 5.0) == first
    assert colour_scale.steady_range(values * 3, first, 5.0) == (0.0, 60.0)
    assert colour_scale.steady_range(np.array([np.nan]), first, 5.0) == first
    assert colour_scale.pixels(np.array([np.nan, 0.0]), 0, 1).tolist()[0] == 0


def test_of_two_slow_panels_one_works_in_each_turn(show: Show, tell: Tell, qtbot: QtBot) -> None:
    panels = [show("spectrum"), show("topography")]
    qtbot.wait(50)
    tell(begin(), rhythm(12))
    drawn = [panels[0].plot.note == "", bool(panels[1].maps["alpha"]._range[1])]
    assert drawn.count(True) == 1
    for panel in panels:
        settled(panel, qtbot)
    assert panels[0].plot.note == ""
    assert panels[1].maps["alpha"]._range[1]
