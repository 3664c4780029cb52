"""The command that shows what a user sees at each fault still works; the faults themselves are its subject."""

from __future__ import annotations

from pathlib import Path

import pytest

from scripts.fault_cases import decoder_faults, report, session_faults, stream_faults


@pytest.mark.slow
def test_a_killed_source_is_told_its_hole_declared_and_decisions_resume(tmp_path: Path) -> None:
    result = stream_faults.source_killed(tmp_path)
    assert any("state: stale: no samples for" in line for line in result.saw)
    assert sum("were lost before sample" in line for line in result.saw) == 1
    assert result.resumed_s is not None
    assert "1 declared gap(s)" in result.recording
    assert "pyxdf and MNE read it" in result.recording
    assert (result.exit_code, result.has_traceback) == (0, False)


@pytest.mark.slow
def test_a_decoder_that_raises_ends_decisions_and_not_the_recording(tmp_path: Path) -> None:
    result = decoder_faults.decoder_raises(tmp_path)
    assert sum("decoding failed, decisions have stopped" in line for line in result.saw) == 1
    assert "no gaps; pyxdf and MNE read it" in result.recording
    assert (result.exit_code, result.has_traceback) == (0, False)


def test_an_unknown_plugin_is_named_with_its_file_and_key_and_the_page_shows_it(tmp_path: Path) -> None:
    result = session_faults.session_unknown_plugin(tmp_path)
    (line,) = result.saw
    assert "session.toml: [source]: there is no 'openbci'; known are: brainflow" in line
    assert result.exit_code == 1
    assert line.split("  ", 1)[1] in report.page([("session_unknown_plugin", result)])
