"""Laws of every fMRI data set, shipped or installed."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from pipelines import plugins
from pipelines.errors import ConfigError, RecordingError

KINDS = plugins.names("fmri_datasets")


@pytest.mark.parametrize("kind", KINDS)
def test_settings_have_defaults_and_say_what_they_are(kind: str) -> None:
    _, settings = plugins.configure("fmri_datasets", {"kind": kind})
    assert [name for name, field in type(settings).model_fields.items() if not field.description] == []
    with pytest.raises(ConfigError, match="unknown key 'no_such_key'"):
        plugins.configure("fmri_datasets", {"kind": kind, "no_such_key": 1})


@pytest.mark.parametrize("kind", [k for k in KINDS if k != "simulated_fmri"])
def test_an_empty_folder_says_how_to_get_the_data(kind: str, tmp_path: Path) -> None:
    data = plugins.make("fmri_datasets", {"kind": kind, "folder": str(tmp_path)})
    with pytest.raises(RecordingError) as told:
        data.subjects()
    assert data.about.how_to_get in str(told.value)


def test_simulated_subjects_fit_their_tables_and_their_split() -> None:
    data = plugins.make("fmri_datasets", {"kind": "simulated_fmri", "n_voxels": 30, "n_images": 20, "n_test": 10})
    assert list(data.subjects()) == sorted(data.subjects())
    for subject in data.subjects():
        responses = data.read(subject)
        split = data.split(responses)
        split.check(responses.trials)
        assert set(responses.trials.stimulus[split.test]) == {f"shared-0-{i:05d}" for i in range(10)}
        assert data.features().tokens_of(responses.trials.stimulus).shape == (90, 1, 64)
        assert np.isfinite(responses.values).all()
    with pytest.raises(RecordingError, match="no subject '99'"):
        data.read("99")
