"""Electrode names as devices and files write them."""

from __future__ import annotations

import mne
import pytest

from pipelines.channel_names import canonical_name


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        ("EEG Fp1-Ref", "Fp1"),
        ("EEG T3", "T7"),
        ("T4", "T8"),
        ("t5-LE", "P7"),
        ("T6..", "P8"),
        ("Fc5.", "FC5"),
        ("Iz..", "Iz"),
        ("FP1", "Fp1"),
        ("fz", "Fz"),
        ("FCZ", "FCz"),
        ("EEG Cz-LE", "Cz"),
        ("POL Cz", "Cz"),
        ("EEG-Fz", "Fz"),
        ("EEG C3-A2", "C3"),
        ("EEG Fpz-Cz", "Fpz-Cz"),
        ("FP1-F7", "Fp1-F7"),
        ("T3-T5", "T7-P7"),
        ("EEG A2-A1", "A2-A1"),
        ("EEG A1-Ref", "A1"),
        ("tp10", "TP10"),
        ("ffc1H", "FFC1h"),
        (" Oz ", "Oz"),
    ],
)
def test_electrode_is_spelled_as_10_10(raw: str, expected: str) -> None:
    assert canonical_name(raw) == expected


@pytest.mark.parametrize(
    "raw", ["EOG horizontal", "EXG Channel 0", "EEG-3", "ECG ECG", "CB1", "Right AUX", "Fp1-X9", "C", "", "A32", "T0"]
)
def test_other_names_are_left_alone(raw: str) -> None:
    assert canonical_name(f"  {raw} ") == raw


def test_every_name_of_the_10_5_system_is_its_own_spelling() -> None:
    known = set(mne.channels.get_builtin_montages())
    system = "colin27_1005" if "colin27_1005" in known else "standard_1005"
    names = set(mne.channels.make_standard_montage(system).ch_names) - {"T3", "T4", "T5", "T6"}
    assert len(names) > 300
    assert {canonical_name(n.upper()) for n in names} == names


def test_spelling_twice_changes_nothing() -> None:
    for raw in ("EEG T3-T5", "EEG Fp1-Ref", "Right AUX", "POL Cz"):
        assert canonical_name(canonical_name(raw)) == canonical_name(raw)
