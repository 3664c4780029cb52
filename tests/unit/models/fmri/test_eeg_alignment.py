"""The study of people's EEG, on made people who differ in amplitude alone."""

from __future__ import annotations

from pathlib import Path

from pipelines import plugins
from tests.unit.models.made_eegmat import make


def test_every_person_is_left_out_and_re_centring_is_always_there(tmp_path: Path) -> None:
    folder = tmp_path / "eegmat"
    folder.mkdir()
    make(folder, n_people=4, rest_s=45, task_s=45)
    table = {"kind": "eeg_alignment", "data": str(tmp_path), "data_sets": ["eegmat"], "aligners": ["identity", "rpa"]}
    answer = plugins.make("fmri_studies", table).run(lambda line: None)
    found = {score.model: score for score in answer.scores}
    assert list(found) == ["euclidean", "identity", "rpa", "own labels, no transfer"]
    assert all(len(score.values) == 4 for score in answer.scores)
    assert found["euclidean"].mean > 0.8
    assert "re-centring" in answer.findings[-1]
    assert answer.figures["eeg-alignment.png"].startswith(b"\x89PNG")
