"""A session as a TOML file that says what is not the default, and nothing else."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import tomli_w

from bci_app.config import NO_DECODER, SessionSettings
from pipelines.errors import ConfigError

HEAD = "# Session of bci_app: bci-app live FILE opens the window, bci-app daemon FILE runs it without.\n\n"


def session_text(settings: SessionSettings) -> str:
    """Return the file's text; :func:`bci_app.config.load_session` reads the same settings from it."""
    values = _without_none(settings.model_dump(mode="json", exclude_defaults=True))
    if settings.decoder is None:
        values["decoder"] = NO_DECODER
    scalars = {key: value for key, value in values.items() if not isinstance(value, dict)}
    return HEAD + tomli_w.dumps({**scalars, **{key: values[key] for key in values if key not in scalars}})


def save_session(settings: SessionSettings, path: str | Path) -> Path:
    """Write the file, and return it.

    Raises
    ------
    ConfigError
        If it cannot be written.
    """
    file = Path(path)
    try:
        file.write_text(session_text(settings), encoding="utf-8")
    except OSError as exc:
        raise ConfigError(f"{file}: cannot be written: {exc.strerror}") from exc
    return file


def _without_none(value: Any) -> Any:
    """Return a table without what is not set: TOML has no word for nothing."""
    if isinstance(value, Mapping):
        return {key: _without_none(one) for key, one in value.items() if one is not None}
    if isinstance(value, (list, tuple)):
        return [_without_none(one) for one in value]
    return value
