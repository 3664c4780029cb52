"""SSVEP-Exoskeleton: seventeen distinct sessions, each in the one order of trials."""

from __future__ import annotations

from pathlib import Path

import pytest

from models.dataset import Key
from models.datasets.ssvep_exo import SsvepExo
from pipelines.errors import RecordingError


@pytest.mark.shared
def test_seventeen_sessions_are_distinct(shared_data: Path) -> None:
    data = SsvepExo(shared_data / "ssvep_exo")
    keys = data.keys()
    assert len(keys) == 17
    assert [sum(key.subject == f"subject{s:02d}" for key in keys) for s in range(1, 9)] == [2, 2, 2, 2, 2, 2, 2, 3]
    for key in keys:
        labels = [trial.label for trial in data.read(key).trials]
        assert {label: labels.count(label) for label in labels} == {"rest": 8, "13 Hz": 8, "17 Hz": 8, "21 Hz": 8}
        assert labels[:8] == ["rest"] * 8


def test_session_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(RecordingError, match="no recording of subject subject02, session 1"):
        SsvepExo(tmp_path).read(Key("subject02"))
