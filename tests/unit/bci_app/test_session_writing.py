"""A session that was written is read back the same, and says only what is not the default."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from bci_app.config import demo_session, load_session, validate
from bci_app.session_writing import save_session, session_text
from pipelines.errors import ConfigError

SOURCE = {"kind": "synthetic", "frequencies_hz": [13.0, 17.0], "channels": ["O1", "O2"]}


@pytest.mark.parametrize(
    "values",
    [
        {"source": {"kind": "synthetic"}},
        {"source": SOURCE, "decoder": None, "stages": []},
        {
            "source": {"kind": "recording", "path": 'C:\\data\\"a".xdf', "columns": {"C3": 1}},
            "montage": [{"kind": "rename", "names": {"EEG1": "C3"}}, {"kind": "rereference"}],
            "decoder": {"name": "alpha", "calibration": {"rest_s": 30.0}, "mode": "background"},
            "sinks": [{"kind": "xdf_recorder", "folder": "a b"}],
            "lsl": {"scope": "link"},
            "duration_s": 60.0,
        },
    ],
)
def test_it_comes_back_as_it_was(values: dict[str, Any], tmp_path: Path) -> None:
    settings = validate(values, "test")
    assert load_session(save_session(settings, tmp_path / "a.toml")) == settings


def test_defaults_are_not_written() -> None:
    text = session_text(validate({"source": {"kind": "synthetic"}}, "test"))
    assert text.splitlines()[-2:] == ["[source]", 'kind = "synthetic"']
    assert "engine" not in session_text(demo_session())


def test_a_file_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"x\.toml: cannot be written"):
        save_session(demo_session(), tmp_path / "none" / "x.toml")
