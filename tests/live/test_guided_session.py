"""A session by the guided path, with a real engine: source, montage, decoder, decisions, and the file that says it."""

from __future__ import annotations

import multiprocessing
from pathlib import Path

import pytest
from PySide6.QtCore import QTimer
from pytestqt.qtbot import QtBot

from bci_app.config import load_session
from ui.appearance import Appearance
from ui.channel_table import BAD, NAME, QUALITY
from ui.engine_client import EngineClient
from ui.main_window import MainWindow
from ui.steps.decode import DecodeStep
from ui.steps.montage import MontageStep
from ui.steps.source import SourceStep

PATIENCE_MS = 90_000


@pytest.mark.slow
def test_from_plugging_in_to_a_decision(qtbot: QtBot, tmp_path: Path) -> None:
    window = MainWindow(EngineClient())
    Appearance(window.store).apply()
    qtbot.addWidget(window)
    window.show()
    source, montage, decode = (window.steps[name] for name in ("source", "montage", "decode"))
    assert isinstance(source, SourceStep)
    assert isinstance(montage, MontageStep)
    assert isinstance(decode, DecodeStep)

    source.draft.choose("simulated", source={"kind": "synthetic", "flat_channels": ["T7"], "paradigm": "eyes"})
    source.start_button.click()
    window.step_bar.next.click()
    assert window.step == "montage"
    qtbot.waitUntil(lambda: "need a look: T7" in montage.summary.text(), timeout=PATIENCE_MS)
    rows = {montage.table.cell(row, NAME).text(): row for row in range(montage.table.rowCount())}
    assert montage.table.cell(rows["T7"], QUALITY).text() == "✖ flat"
    montage.poor_button.click()
    assert montage.table.cell(rows["T7"], BAD).checkState().value
    montage.apply_button.click()
    status = window.panels["status"].fields["Bad channels"]
    qtbot.waitUntil(lambda: "T7" in status.text(), timeout=PATIENCE_MS)

    window.go_to("decode")
    decode.draft.choose("alpha", decoder={"name": "alpha", "calibration": {"rest_s": 5.0}})
    decode.start_button.click()
    qtbot.waitUntil(lambda: "Relax" in decode.decision.label.text(), timeout=PATIENCE_MS)
    qtbot.waitUntil(lambda: decode.agreement.text().startswith(("3 dec", "4 dec", "5 dec")), timeout=PATIENCE_MS)
    assert decode.decision.label.text() in ("low alpha", "high alpha", "No decision")

    window.save_as(tmp_path / "mine.toml")
    assert load_session(tmp_path / "mine.toml") == window.draft.settings()
    window.bar.start_stop.trigger()
    qtbot.waitUntil(lambda: not window.client.is_running, timeout=PATIENCE_MS)
    window.close()
    assert not multiprocessing.active_children()
    assert not [timer for timer in window.findChildren(QTimer) if timer.isActive()]
