"""Both themes can be read, by people with any kind of colour vision; a change of theme reaches what is painted."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest
from PySide6.QtCore import QSettings
from PySide6.QtWidgets import QApplication, QCheckBox
from pytestqt.qtbot import QtBot

from bci_app.config import validate
from bci_app.events import EngineState
from pipelines.plugins import make
from tests.unit.ui.scripted_engine import ScriptedEngine
from ui import preferences, theme
from ui.appearance import SCALES, Appearance
from ui.engine_client import EngineClient
from ui.main_window import MainWindow
from ui.theme import DARK, LIGHT, Theme

# Machado, Oliveira & Fernandes 2009, IEEE TVCG 15:1291, table 1, severity 1.0; on linear RGB.
VISION = {
    "usual": np.eye(3),
    "protanopia": [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]],
    "deuteranopia": [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]],
    "tritanopia": [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.303900]],
}
TO_XYZ = np.array([[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]])
WHITE = TO_XYZ.sum(axis=1)


def linear(colour: str) -> np.ndarray:
    value = np.array([int(colour[i : i + 2], 16) for i in (1, 3, 5)]) / 255
    return np.where(value <= 0.04045, value / 12.92, ((value + 0.055) / 1.055) ** 2.4)


def contrast(one: str, other: str) -> float:
    """WCAG 2.2, section 1.4.3."""
    low, high = sorted(float(TO_XYZ[1] @ linear(colour)) + 0.05 for colour in (one, other))
    return high / low


def lab(colour: str, vision: str) -> np.ndarray:
    ratio = TO_XYZ @ np.clip(np.array(VISION[vision]) @ linear(colour), 0, 1) / WHITE
    x, y, z = np.where(ratio > 0.008856, np.cbrt(ratio), 7.787 * ratio + 16 / 116)
    return np.array([116 * y - 16, 500 * (x - y), 200 * (y - z)])


@pytest.mark.parametrize("colours", [DARK, LIGHT], ids=lambda colours: colours.name)
def test_texts_stand_out_from_everything_they_stand_on(colours: Theme) -> None:
    for back in (colours.background, colours.surface, colours.raised):
        for front in (colours.text, colours.muted, colours.accent, colours.good, colours.warning, colours.bad):
            assert contrast(front, back) >= 4.5, (front, back)
    for back in (colours.accent, colours.good, colours.warning, colours.bad, colours.muted):
        assert contrast(colours.on_tone, back) >= 4.5, back
    for line in (*colours.classes, *colours.regions, colours.other_trace):
        assert contrast(line, colours.background) >= 3, line


@pytest.mark.parametrize("vision", VISION)
@pytest.mark.parametrize("colours", [DARK, LIGHT], ids=lambda colours: colours.name)
def test_meanings_and_the_first_four_classes_are_told_apart(colours: Theme, vision: str) -> None:
    for group in ((colours.good, colours.warning, colours.bad), colours.classes[:4]):
        for one, other in combinations(group, 2):
            assert np.linalg.norm(lab(one, vision) - lab(other, vision)) >= 14, (one, other)


def test_every_state_and_level_has_a_sign_beside_its_colour() -> None:
    assert set(theme.TONE_OF_STATE) == set(EngineState)
    signs = [theme.MARKS[tone] for tone in ("good", "warning", "bad", "accent", "muted")]
    assert len(set(signs)) == len(signs)


@pytest.mark.parametrize("colours", [DARK, LIGHT], ids=lambda t: t.name)
def test_a_ticked_box_carries_a_tick(qtbot: QtBot, qapp: QApplication, colours: Theme) -> None:
    theme.apply(qapp, colours.name)
    box = QCheckBox("")
    qtbot.addWidget(box)
    box.setChecked(True)
    image = box.grab().toImage()
    found = {image.pixelColor(x, y).name() for x in range(image.width()) for y in range(image.height())}
    assert {colours.accent, colours.on_tone} <= found


def test_what_was_chosen_is_there_again_and_nonsense_is_not(qapp: QApplication) -> None:
    appearance = Appearance(preferences.of_user())
    appearance.choose_theme("light")
    appearance.zoom(1)
    assert theme.palette() is LIGHT
    assert theme.px(20) == 22
    again = Appearance(preferences.of_user())
    assert (again.theme, again.scale) == ("light", 1.1)
    for _ in range(20):
        again.zoom(1)
    assert again.scale == SCALES[-1]
    again.zoom(0)
    assert again.scale == 1.0
    store: QSettings = preferences.of_user()
    store.setValue("theme", "neon")
    store.setValue("font_scale", "huge")
    last = Appearance(store)
    assert (last.theme, last.scale) == ("dark", 1.0)


def test_a_change_of_theme_reaches_every_page_while_a_session_runs(qtbot: QtBot) -> None:
    window = MainWindow(EngineClient(ScriptedEngine))
    qtbot.addWidget(window)
    window.resize(1200, 800)
    window.show()
    window.run(validate({"source": {"kind": "synthetic"}, "decoder": None}, "test"))
    for name in window.steps:
        window.go_to(name)
        brightness = {}
        for chosen in ("dark", "light"):
            window.appearance.choose_theme(chosen)
            picture = window.grab().toImage().scaled(60, 40)
            grey = [picture.pixelColor(x, y).lightness() for x in range(60) for y in range(40)]
            brightness[chosen] = float(np.mean(np.array(grey) > 127))
        assert brightness["dark"] < 0.2, name
        assert brightness["light"] > 0.8, name
    window.close()


@pytest.mark.parametrize("kind", ["decision", "spectrum", "evoked", "spectrogram"])
def test_numbers_along_axes_grow_with_the_texts(qtbot: QtBot, qapp: QApplication, kind: str) -> None:
    panel = make("panels", {"kind": kind})
    qtbot.addWidget(panel)
    before = panel.plot.getAxis("bottom").style["tickFont"].pixelSize()
    theme.apply(qapp, DARK.name, 1.5)
    panel.restyle()
    assert panel.plot.getAxis("bottom").style["tickFont"].pixelSize() == pytest.approx(1.5 * before)
