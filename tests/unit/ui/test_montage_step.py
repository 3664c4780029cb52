"""The montage step: the engine's measures on the head and in the table, a person's choices in the draft."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from pytestqt.qtbot import QtBot

from bci_app.config import SessionSettings
from bci_app.events import ChannelQualityEvent, ChunkEvent, Session, SessionEvent
from pipelines.channel_quality import ChannelQuality
from pipelines.signal import Channel, StreamSpec, make_chunk
from ui import theme
from ui.channel_table import BAD, NAME, QUALITY
from ui.head_map import LOOKS, MEANINGS, Electrode, HeadMap
from ui.montage_choice import MontageChoice
from ui.steps.montage import MontageStep

NAMES = ("Fp1", "Fp2", "C3", "C4", "Cz", "Pz", "EEG7")
SPEC = StreamSpec(250.0, (Channel("aux", "misc", "unknown"), *(Channel(name) for name in NAMES)), "cap")


@pytest.fixture
def step(open_step: Callable[[str], MontageStep]) -> MontageStep:
    return open_step("montage")


def session(**settings: Any) -> SessionEvent:
    return SessionEvent(Session("s", SPEC, settings=settings))


def quality(**verdicts: Any) -> ChannelQualityEvent:
    return ChannelQualityEvent(
        tuple(ChannelQuality(n, verdicts.get(n, "good"), 12.0, 60.0, 0.1, 0.8) for n in NAMES), 1.0
    )


def samples() -> ChunkEvent:
    rows = np.random.default_rng(0).normal(0, 10, (250, 8))
    return ChunkEvent(make_chunk(rows, np.arange(250) / 250, 0))


def row(name: str) -> int:
    return NAMES.index(name)


def test_the_engines_measures_are_shown_and_stand_out(step: MontageStep, tell: Callable[..., None]) -> None:
    tell(session())
    assert step.table.rowCount() == len(NAMES), "channels that are no EEG are left out"
    tell(samples(), quality(C3="flat", Cz="line noise"))
    assert step.table.cell(row("C3"), QUALITY).text() == "✖ flat"
    assert step.table.cell(row("Cz"), QUALITY).text() == "▲ line noise"
    assert step.table.cell(row("C4"), QUALITY).text() == "● good"
    assert "2 of 7 need a look: C3, Cz" in step.summary.text()
    tell(quality())
    assert step.summary.text().startswith("● Every channel is in order.")


def test_every_verdict_has_a_shape_of_its_own_and_a_meaning() -> None:
    assert set(LOOKS) == {*MEANINGS, ""}
    shapes = [shape for verdict, (shape, _) in LOOKS.items() if verdict]
    assert len(set(shapes)) == len(shapes)


def test_a_new_name_a_bad_channel_and_a_reference_go_into_the_draft(
    step: MontageStep, tell: Callable[..., None]
) -> None:
    tell(session(), quality())
    step.table.cell(row("EEG7"), NAME).setText("Oz")
    step.table.cell(row("Fp1"), BAD).setCheckState(Qt.CheckState.Checked)
    step.reference.mode.setCurrentIndex(step.reference.mode.findData("linked"))
    step.reference.which[0].setCurrentText("C3")
    step.reference.which[1].setCurrentText("C4")
    step.interpolate.setChecked(False)
    assert step.draft.settings().montage == (
        {"kind": "rename", "names": {"EEG7": "Oz"}},
        {"kind": "mark_bad", "channels": ["Fp1"], "interpolate": False},
        {"kind": "rereference", "mode": "linked", "channels": ["C3", "C4"]},
    )
    step.draft.undo_stack.undo()
    assert step.interpolate.isChecked()
    while step.draft.undo_stack.undoText() != "source":
        step.draft.undo_stack.undo()
    assert step.draft.settings().montage == ()
    assert step.table.cell(row("EEG7"), NAME).text() == "EEG7"
    assert step.table.cell(row("Fp1"), BAD).checkState() is Qt.CheckState.Unchecked
    assert step.reference.mode.currentData() == ""


def test_two_channels_never_bear_one_name(step: MontageStep, tell: Callable[..., None]) -> None:
    tell(session())
    step.table.cell(row("EEG7"), NAME).setText("Cz")
    assert "cannot be named 'Cz': Cz has it already" in step.summary.text()
    assert step.table.cell(row("EEG7"), NAME).text() == "EEG7"
    assert "montage" not in step.draft.values


def test_poor_channels_are_marked_at_once_and_applied(step: MontageStep, tell: Callable[..., None]) -> None:
    started: list[SessionSettings] = []
    step.start_session.connect(started.append)
    tell(session(), quality(C3="flat", Pz="railed"))
    step.poor_button.click()
    assert step.choice.bad == ("C3", "Pz")
    assert "Apply now" in step.summary.text()
    step.apply_button.click()
    assert started[0].montage == ({"kind": "mark_bad", "channels": ["C3", "Pz"], "interpolate": True},)
    tell(session(montage=started[0].montage), quality())
    assert "Apply now" not in step.summary.text()


def test_head_and_table_choose_the_same_channel_and_interpolation_is_shown(
    step: MontageStep, tell: Callable[..., None], qtbot: QtBot
) -> None:
    tell(session(), samples(), quality())
    place = step.head.places()["C4"].toPoint()
    qtbot.mouseClick(step.head, Qt.MouseButton.LeftButton, pos=QPoint(place.x(), place.y()))
    assert step.table.currentRow() == row("C4")
    assert step.preview.words.text().startswith("C4 as measured (solid) and as 5 other electrodes say")
    step.table.selectRow(row("EEG7"))
    assert "no place on the head" in step.preview.words.text()


def test_electrodes_lie_where_they_belong_and_strangers_below(qtbot: QtBot) -> None:
    head = HeadMap()
    qtbot.addWidget(head)
    head.resize(500, 500)
    head.show_electrodes(tuple(Electrode(name) for name in ("Fp1", "O2", "Cz", "EEG7")))
    places = head.places()
    assert places["Fp1"].x() < places["Cz"].x() < places["O2"].x()
    assert places["Fp1"].y() < places["Cz"].y() < places["O2"].y() < places["EEG7"].y()
    head.show()
    before = head.grab().toImage()
    head.show_electrodes((Electrode("Fp1", "flat"), *(Electrode(name) for name in ("O2", "Cz", "EEG7"))))
    assert head.grab().toImage() != before
    colour = head.grab().toImage().pixelColor(places["Fp1"].toPoint())
    assert colour.name() == theme.palette().bad


@pytest.mark.parametrize(
    "tables",
    [
        (),
        ({"kind": "rename", "names": {"A": "C3"}}, {"kind": "rereference", "mode": "average"}),
        ({"kind": "mark_bad", "channels": ["C3"], "interpolate": True}, {"kind": "scale", "factor": 2.0}),
        ({"kind": "rereference", "mode": "bipolar", "pairs": [["C3", "C4"]]},),
    ],
)
def test_tables_of_a_session_file_come_back_as_they_were(tables: tuple[dict[str, Any], ...]) -> None:
    assert MontageChoice.of(tables).tables() == tables


def test_a_renamed_channel_stays_bad_and_stays_the_reference() -> None:
    choice = MontageChoice(bad=("EEG1",), mode="single", reference=("EEG1",)).renamed("EEG1", "Cz")
    assert (choice.bad, choice.reference) == (("Cz",), ("Cz",))
    assert MontageChoice(mode="single").tables() == (), "a reference without its electrode is none yet"


def test_a_narrow_table_keeps_the_words_of_the_quality(step: MontageStep, tell: Callable[..., None]) -> None:
    tell(session(), samples(), quality(Cz="uncorrelated"))
    table = step.table
    for width in (900, 200, 900):
        table.resize(width, 300)
        assert table.columnWidth(QUALITY) >= table.sizeHintForColumn(QUALITY), width
    filled = sum(table.columnWidth(column) for column in range(table.columnCount()))
    assert abs(filled - table.viewport().width()) <= 2, "where there is room, all of it is used"
