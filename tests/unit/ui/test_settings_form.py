"""Every settings model becomes a form: bounds, units, explanations, and the values a session file would say."""

from __future__ import annotations

from typing import Any, Literal

import pytest
from pydantic import Field
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QCheckBox, QComboBox, QDoubleSpinBox, QLineEdit, QSpinBox
from pytestqt.qtbot import QtBot

from pipelines.errors import BciError
from pipelines.plugins import PluginSettings, load, names
from ui.field_editors import spoken
from ui.settings_form import SettingsForm


class Example(PluginSettings):
    rate_hz: float = Field(250.0, ge=1, le=1000, description="Sampling rate.")
    count: int = Field(3, gt=0)
    """How many."""
    mode: Literal["", "fast"] = ""
    on: bool = True
    port: str | int = "COM3"
    low_hz: float | None = Field(None, gt=0)
    channels: tuple[str, ...] = ()
    names: dict[str, int] = Field(default_factory=dict)
    speed: float | Literal["max"] = 1.0


@pytest.fixture
def form(qtbot: QtBot) -> SettingsForm:
    form = SettingsForm(Example)
    qtbot.addWidget(form)
    form.show()
    return form


def inner(form: SettingsForm, name: str, kind: type) -> Any:
    found = form.editors[name].findChild(kind)
    assert isinstance(found, kind), name
    return found


def test_an_untouched_form_says_nothing(form: SettingsForm) -> None:
    assert form.values() == {}
    assert form.is_right()


def test_names_carry_their_unit() -> None:
    assert spoken("low_hz") == ("Low", "Hz")
    assert spoken("mac_address") == ("MAC address", "")
    assert spoken("hz") == ("Hz", "")


def test_bounds_units_and_explanations_come_from_the_model(form: SettingsForm) -> None:
    rate = inner(form, "rate_hz", QDoubleSpinBox)
    assert (rate.minimum(), rate.maximum(), rate.suffix()) == (1, 1000, " Hz")
    assert "Sampling rate." in rate.toolTip()
    count = inner(form, "count", QSpinBox)
    assert count.minimum() == 1
    assert "How many." in count.toolTip()


def test_what_a_person_changes_is_told_and_is_the_value(form: SettingsForm, qtbot: QtBot) -> None:
    with qtbot.waitSignal(form.changed):
        inner(form, "rate_hz", QDoubleSpinBox).setValue(500)
    with qtbot.waitSignal(form.changed):
        inner(form, "mode", QComboBox).setCurrentIndex(1)
    with qtbot.waitSignal(form.changed):
        inner(form, "on", QCheckBox).setChecked(False)
    inner(form, "low_hz", QCheckBox).setChecked(True)
    inner(form, "low_hz", QDoubleSpinBox).setValue(4)
    for name, text in (("port", "7"), ("channels", "C3, C4,"), ("names", '{ "C3" = 2 }'), ("speed", "max")):
        line = inner(form, name, QLineEdit)
        line.setText(text)
        qtbot.keyClick(line, Qt.Key.Key_Return)
    values = form.values()
    assert values == {
        "rate_hz": 500,
        "mode": "fast",
        "on": False,
        "low_hz": 4,
        "port": "7",
        "channels": ["C3", "C4"],
        "names": {"C3": 2},
        "speed": "max",
    }
    assert Example(**values).low_hz == 4


def test_what_is_put_is_shown_in_silence_and_comes_back(form: SettingsForm) -> None:
    told: list[None] = []
    form.changed.connect(lambda: told.append(None))
    values = {"rate_hz": 10.0, "low_hz": 2.0, "channels": ["Cz"], "names": {"Cz": 1}, "elsewhere": 1}
    form.put(values)
    assert {key: value for key, value in form.values().items() if key != "elsewhere"} == {
        "rate_hz": 10.0,
        "low_hz": 2.0,
        "channels": ["Cz"],
        "names": {"Cz": 1},
    }
    assert not told
    form.put({})
    assert form.values() == {}


def test_a_wrong_value_is_explained_and_not_told(form: SettingsForm, qtbot: QtBot) -> None:
    line = inner(form, "names", QLineEdit)
    line.setText('{ "C3" = "two" }')
    with qtbot.assertNotEmitted(form.changed):
        qtbot.keyClick(line, Qt.Key.Key_Return)
    assert not form.is_right()
    assert "Names" in form.complaint.text()
    assert form.complaint.isVisible()
    line.clear()
    qtbot.keyClick(line, Qt.Key.Key_Return)
    assert not form.complaint.isVisible()


def test_fields_that_matter_come_first_and_the_others_wait(qtbot: QtBot) -> None:
    form = SettingsForm(Example, first=("port",), hidden=("mode",))
    qtbot.addWidget(form)
    form.show()
    assert form.editors["port"].isVisible()
    assert not form.editors["rate_hz"].isVisible()
    assert "mode" not in form.editors
    form.put({"mode": "fast"})
    assert form.values() == {"mode": "fast"}


@pytest.mark.parametrize("kind", ["sources", "stages", "sinks"])
def test_every_plug_in_has_a_form_with_an_explanation_for_each_field(kind: str, qtbot: QtBot) -> None:
    for name in names(kind):
        try:
            model = load(kind, name).Settings
        except BciError:  # an optional package is absent
            continue
        form = SettingsForm(model)
        qtbot.addWidget(form)
        assert form.values() == {}, name
        assert set(form.editors) == set(model.model_fields)
