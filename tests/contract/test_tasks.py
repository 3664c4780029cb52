"""Laws of every training task, shipped or installed."""

from __future__ import annotations

import pytest

from pipelines import plugins
from pipelines.errors import ConfigError

KINDS = plugins.names("tasks")


@pytest.mark.parametrize("kind", KINDS)
def test_settings_have_defaults_and_say_what_they_are(kind: str) -> None:
    _, settings = plugins.configure("tasks", {"kind": kind})
    silent = [name for name, field in type(settings).model_fields.items() if not field.description]
    assert silent == []
    # They are kept beside the run and compared when it is taken up again.
    assert type(settings).model_validate(settings.model_dump(mode="json")) == settings


@pytest.mark.parametrize("kind", KINDS)
def test_unknown_settings_are_refused(kind: str) -> None:
    with pytest.raises(ConfigError, match="unknown key 'no_such_key'"):
        plugins.configure("tasks", {"kind": kind, "no_such_key": 1})


@pytest.mark.parametrize("kind", KINDS)
def test_without_data_a_task_says_what_it_needs(kind: str) -> None:
    module, settings = plugins.configure("tasks", {"kind": kind})
    with pytest.raises(ConfigError, match=rf"^{kind}: .*data"):
        module.build(settings)
