"""Units and kinds as other people spell them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from devices.channel_kinds import parse_kind
from devices.channel_units import UNKNOWN, in_microvolts, parse_unit
from pipelines.signal import MICROVOLTS_PER, Channel

MICRO = (
    "microvolts microvolt Microvolts MICROVOLTS uV uv UV \u00b5V \u03bcV muV uVolts microV micro_volts "
    "-6 1e-6 1e-06 1.0e-6volts"
)
SPELLINGS = {
    "uV": [*MICRO.split(), " uV ", "micro volts", "10^-6 V", -6],
    "mV": ["millivolts", "mV", "mv", "mVolt", "-3", "1e-3"],
    "V": ["volts", "Volt", "V", "v", "0", 0, "1e0", "volt(s)"],
    "nV": ["nanovolts", "nV", "-9"],
    UNKNOWN: [None, *"unknown n/a a.u. MV MVolts mmHg uV/bit celsius -5 6 g 1e - m u uVV uV^2 <unit>uV</unit>".split()],
}


@pytest.mark.parametrize(("spelling", "unit"), [(s, unit) for unit, known in SPELLINGS.items() for s in known])
def test_known_spellings(spelling: object, unit: str) -> None:
    assert parse_unit(spelling) == unit


@given(st.text())
def test_any_text_gives_a_known_unit_or_unknown(text: str) -> None:
    assert parse_unit(text) in {*MICROVOLTS_PER, UNKNOWN}


@pytest.mark.parametrize("unit", sorted(MICROVOLTS_PER))
def test_canonical_units_are_fixed_points(unit: str) -> None:
    assert parse_unit(unit) == unit


def test_conversion_to_microvolts() -> None:
    assert in_microvolts(Channel("Cz", "eeg", "V")) == (Channel("Cz", "eeg", "uV"), 1e6)
    assert in_microvolts(Channel("A1", "misc", "mV")) == (Channel("A1", "misc", "uV"), 1e3)
    assert in_microvolts(Channel("Cz")) == (Channel("Cz"), 1.0)


def test_unknown_and_other_units_stay() -> None:
    for unit in ("unknown", "mmHg"):
        assert in_microvolts(Channel("PPG1", "misc", unit)) == (Channel("PPG1", "misc", unit), 1.0)


@pytest.mark.parametrize(
    ("kind", "spellings"),
    [
        ("eeg", "EEG eeg EXG"),
        ("eog", "EOG VEOG"),
        ("stim", "Trigger Markers STATUS"),
        ("misc", "ACC AUX PPG nonsense"),
        ("ecg", "EKG ECG"),
        ("gsr", "EDA"),
    ],
)
def test_kinds(kind: str, spellings: str) -> None:
    assert {parse_kind(text) for text in spellings.split()} == {kind}
    assert parse_kind(f" {spellings.split()[0]} ") == kind


def test_kind_not_said_is_the_default() -> None:
    assert parse_kind(None) == "misc"
    assert parse_kind("", "eeg") == "eeg"
