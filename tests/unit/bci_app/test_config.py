from __future__ import annotations

from pathlib import Path

import pytest

from bci_app.config import load_session, with_overrides
from bci_app.replay_settings import parse_calibrate
from pipelines.errors import ConfigError

GOOD = """
name = "lab"
[source]
kind = "synthetic"
rate_hz = 250
[decoder]
name = "alpha"
hop_s = 0.25
"""


def write(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "session.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_a_good_file_is_read(tmp_path: Path) -> None:
    settings = load_session(write(tmp_path, GOOD))
    assert settings.name == "lab"
    assert settings.source["rate_hz"] == 250
    assert settings.decoder is not None
    assert settings.decoder.hop_s == 0.25


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("name = ", ["not valid TOML"]),
        (GOOD + "colour = 1", ["unknown key", "decoder.colour"]),
        (GOOD.replace("0.25", "-1"), ["decoder.hop_s", "-1", "greater than 0"]),
        (GOOD.replace("synthetic", "sythetic"), ["[source]"[1:7], "sythetic", "synthetic"]),
        (GOOD.replace("rate_hz = 250", "rate_hz = 1"), ["[source]", "rate_hz", "1"]),
        (GOOD.replace("rate_hz = 250", "rat_hz = 250"), ["unknown key", "rat_hz"]),
        (GOOD + '\n[[sinks]]\nkind = "nowhere"', ["sinks", "nowhere"]),
        (GOOD + "\n[[stages]]\nlow_hz = 1", ["[[stages]]", "kind"]),
    ],
)
def test_a_bad_file_names_the_key_and_the_value(tmp_path: Path, text: str, words: list[str]) -> None:
    path = write(tmp_path, text)
    with pytest.raises(ConfigError) as caught:
        load_session(path)
    for word in words:
        assert word in str(caught.value)


def test_the_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"absent\.toml"):
        load_session(tmp_path / "absent.toml")


def test_overrides_reach_into_tables() -> None:
    merged = with_overrides({"source": {"kind": "a", "x": 1}}, ["source.x=2", "decoder.name=alpha", "flag=true"])
    assert merged == {"source": {"kind": "a", "x": 2}, "decoder": {"name": "alpha"}, "flag": True}


def test_an_override_without_a_value_is_refused() -> None:
    with pytest.raises(ConfigError, match="key=value"):
        with_overrides({}, ["source.x"])


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("rest.edf", {"file": "rest.edf"}),
        ("rest.edf@0:60", {"file": "rest.edf", "start_s": 0.0, "stop_s": 60.0}),
        ("a@b.edf@:5", {"file": "a@b.edf", "start_s": 0.0, "stop_s": 5.0}),
        ("rest.edf@10:", {"file": "rest.edf", "start_s": 10.0}),
    ],
)
def test_calibrate_spans(text: str, expected: dict[str, object]) -> None:
    assert parse_calibrate(text) == expected


def test_a_bad_span_is_explained() -> None:
    with pytest.raises(ConfigError, match="FILE@START:STOP"):
        parse_calibrate("rest.edf@ten")
