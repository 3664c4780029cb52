"""Laws of every study of fMRI models, shipped or installed."""

from __future__ import annotations

import pytest

from pipelines import plugins
from pipelines.errors import ConfigError

KINDS = plugins.names("fmri_studies")


@pytest.mark.parametrize("kind", KINDS)
def test_settings_have_defaults_and_say_what_they_are(kind: str) -> None:
    _, settings = plugins.configure("fmri_studies", {"kind": kind})
    assert [name for name, field in type(settings).model_fields.items() if not field.description] == []
    with pytest.raises(ConfigError, match="unknown key 'no_such_key'"):
        plugins.configure("fmri_studies", {"kind": kind, "no_such_key": 1})


@pytest.mark.parametrize("kind", [k for k in KINDS if "data" in plugins.load("fmri_studies", k).Settings.model_fields])
def test_a_study_of_recordings_says_that_it_needs_them(kind: str) -> None:
    with pytest.raises(ConfigError, match=f"{kind}: needs --data"):
        plugins.make("fmri_studies", {"kind": kind}).run(lambda line: None)
