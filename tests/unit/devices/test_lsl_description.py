"""Descriptions as they come from the network: read, repaired, compared."""

from __future__ import annotations

import dataclasses

import pylsl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from devices.lsl_description import (
    Description,
    StreamCore,
    check_core,
    check_size,
    describe,
    difference,
    plain_text,
    repair_labels,
    state_unit,
)
from devices.lsl_query import asked, literal, marker_query, nothing_found, several_found, signal_query
from pipelines.errors import BciError, ChannelMismatch, RateMismatch, SignalError, UnitMismatch
from pipelines.signal import Channel

CORE = StreamCore("EEG cap", "EEG", "serial-7", "lab", "uid-1", 3, 250.0, "float32")


def described(channels: list[dict[str, str]], **reference: str) -> Description:
    info = pylsl.StreamInfo("EEG cap", "EEG", 3, 250.0, "float32", "serial-7")
    node = info.desc().append_child("channels")
    for values in channels:
        channel = node.append_child("channel")
        for key, value in values.items():
            channel.append_child_value(key, value)
    for key, value in reference.items():
        info.desc().append_child("reference").append_child_value(key, value)
    return describe(CORE, info.desc())


class TestReading:
    def test_a_full_description(self) -> None:
        found = described(
            [
                {"label": "Fp1", "type": "EEG", "unit": "microvolts"},
                {"label": "EOG", "type": "VEOG", "unit": "V"},
                {"label": "T", "type": "Trigger"},
            ],
            label="Cz",
        )
        assert found.channels == (Channel("Fp1"), Channel("EOG", "eog", "V"), Channel("T", "stim", "unknown"))
        assert found.reference == "Cz"

    def test_nothing_is_described(self) -> None:
        found = describe(CORE, pylsl.StreamInfo("x", "EEG", 3, 250.0, "float32", "s").desc())
        assert found.channels == tuple(Channel(f"ch{i}", "eeg", "unknown") for i in (1, 2, 3))
        assert found.reference == "unknown"

    @pytest.mark.parametrize("n", [1, 2, 4, 50])
    def test_another_number_of_channels_than_the_stream_has(self, n: int, caplog: pytest.LogCaptureFixture) -> None:
        found = described([{"label": f"E{i}"} for i in range(n)])
        expected = [f"E{i}" for i in range(min(n, 3))] + [f"ch{i + 1}" for i in range(min(n, 3), 3)]
        assert [c.name for c in found.channels] == expected
        assert "taken in order" in caplog.text

    @pytest.mark.parametrize(("said", "means"), [("Yes", "average"), ("No", "unknown")])
    def test_common_average(self, said: str, means: str) -> None:
        assert described([], common_average=said).reference == means

    def test_a_stated_unit_wins_for_voltages_only(self, caplog: pytest.LogCaptureFixture) -> None:
        found = described([{"label": "A", "unit": "uV"}, {"label": "B"}, {"label": "C", "type": "ACC"}])
        assert state_unit(found, "") is found
        assert [c.unit for c in state_unit(found, "mV").channels] == ["mV", "mV", "unknown"]
        assert "the setting unit = 'mV' wins" in caplog.text


class TestLabels:
    def test_missing_doubled_and_odd_ones(self, caplog: pytest.LogCaptureFixture) -> None:
        labels = ["Cz", "", "Cz", " \x1b[31mFz\x00\n", "<script>", "\u202eOz", "Cz-2", "ch2"]
        assert repair_labels(labels, "cap") == ["Cz", "ch2", "Cz-2", "[31mFz", "script", "Oz", "Cz-2-2", "ch2-2"]
        assert "cap: 7 labels were missing, doubled or odd" in caplog.text

    def test_good_ones_are_not_touched(self, caplog: pytest.LogCaptureFixture) -> None:
        assert repair_labels(["Fp1", "Cz", "EEG O2-Ref"], "cap") == ["Fp1", "Cz", "EEG O2-Ref"]
        assert not caplog.text

    @settings(max_examples=100, deadline=None)
    @given(st.lists(st.text(max_size=90) | st.sampled_from(["Cz", "Cz-2", "ch1", ""]), max_size=12))
    def test_whatever_comes_names_are_unique_plain_and_stable(self, labels: list[str]) -> None:
        names = repair_labels(labels, "cap")
        assert len(set(names)) == len(labels)
        assert all(name and plain_text(name, 128) == name for name in names)
        assert repair_labels(names, "cap") == names


class TestLimits:
    @pytest.mark.parametrize(
        ("changes", "error"),
        [
            ({"format": "string"}, SignalError),
            ({"rate_hz": 0.0}, RateMismatch),
            ({"rate_hz": -250.0}, RateMismatch),
            ({"rate_hz": 1e9}, RateMismatch),
            ({"rate_hz": float("nan")}, RateMismatch),
            ({"n_channels": 0}, ChannelMismatch),
            ({"n_channels": 100_000}, ChannelMismatch),
        ],
    )
    def test_no_signal(self, changes: dict[str, object], error: type[BciError]) -> None:
        with pytest.raises(error, match="EEG cap"):
            check_core(dataclasses.replace(CORE, **changes))

    def test_a_signal(self) -> None:
        check_core(CORE)
        check_size(CORE, 100_000)

    def test_a_description_of_50_mb(self) -> None:
        with pytest.raises(SignalError, match="50000000 characters"):
            check_size(CORE, 50_000_000)


class TestComparing:
    opened = Description(CORE, (Channel("A"), Channel("B"), Channel("C", "eog")))

    def test_the_same_in_another_instance(self) -> None:
        again = dataclasses.replace(self.opened, core=dataclasses.replace(CORE, uid="uid-2", host="other"))
        assert difference(self.opened, again) is None

    @pytest.mark.parametrize(
        ("core", "channels", "error", "says"),
        [
            ({"n_channels": 2}, None, ChannelMismatch, "2 channels instead of 3"),
            ({"rate_hz": 500.0}, None, RateMismatch, "500 Hz instead of 250 Hz"),
            ({"format": "int16"}, None, SignalError, "another format: 'int16' instead of 'float32'"),
            ({"type": "EMG"}, None, SignalError, "another type"),
            ({"name": "cap 2"}, None, SignalError, "another name"),
            ({}, (Channel("B"), Channel("A"), Channel("C", "eog")), ChannelMismatch, "B instead of A, A instead of B"),
            ({}, (Channel("A"), Channel("B"), Channel("C")), ChannelMismatch, "eeg instead of eog"),
            ({}, (Channel("A", unit="V"), Channel("B"), Channel("C", "eog")), UnitMismatch, "V instead of uV"),
        ],
    )
    def test_every_difference_is_named(
        self, core: dict[str, object], channels: tuple[Channel, ...] | None, error: type[BciError], says: str
    ) -> None:
        found = Description(dataclasses.replace(CORE, **core), channels or self.opened.channels)
        problem = difference(self.opened, found)
        assert type(problem) is error
        assert says in str(problem)


class TestQueries:
    @pytest.mark.parametrize("text", ["plain", "O'Brien", 'size 7"', """both ' and " and '""", "", "' or '1'='1"])
    def test_text_is_found_by_its_literal_and_by_nothing_else(self, text: str) -> None:
        # liblsl evaluates the predicate; an outlet's own info is the real judge.
        info = pylsl.StreamInfo(text or "empty", "EEG", 1, 1.0, "float32", "id")
        other = pylsl.StreamInfo("other", "EEG", 1, 1.0, "float32", "id")
        assert matches(info, f"name={literal(text or 'empty')}")
        assert not matches(other, f"name={literal(text or 'empty')}")

    def test_filters(self) -> None:
        info = pylsl.StreamInfo("cap", "EEG", 1, 1.0, "float32", "id-1")
        assert matches(info, signal_query("", "", "", ""))
        assert matches(info, signal_query("cap", "EEG", "id-1", ""))
        assert not matches(info, signal_query("cap", "EMG", "", ""))
        assert not matches(info, signal_query("", "", "", "elsewhere"))
        assert asked("cap", "", "id-1", "") == "name = 'cap', source_id = 'id-1'"
        assert asked("", "", "", "") == "any name"

    def test_our_own_markers_answer_to_their_name_only(self) -> None:
        foreign = pylsl.StreamInfo("bci_app-markers", "Markers", 1, 0.0, "string", "id-2")
        assert matches(foreign, marker_query("Markers"))
        info = pylsl.StreamInfo("bci_app-markers", "Markers", 1, 0.0, "string", "id-2")
        info.desc().append_child_value("application", "bci_app")
        assert not matches(info, marker_query("Markers"))
        assert matches(info, marker_query("bci_app-markers"))
        assert matches(info, marker_query("id-2"))

    def test_messages_list_what_was_seen(self) -> None:
        assert "present: none" in nothing_found("name = 'x'", 2.0, [], "")
        assert "source_id='serial-7'" in nothing_found("name = 'x'", 2.0, [CORE], "")
        assert several_found("type = 'EEG'", [CORE, CORE]).startswith("2 LSL streams fit type = 'EEG': name='EEG cap'")


def matches(info: pylsl.StreamInfo, query: str) -> bool:
    return bool(pylsl.lib.lib.lsl_stream_info_matches_query(info.obj, query.encode()))
