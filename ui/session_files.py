"""From a file that a person picked to session settings."""

from __future__ import annotations

from pathlib import Path

from bci_app.config import NO_DECODER, SessionSettings, load_session, replay_session
from pipelines.errors import ConfigError

RECORDER = "xdf_recorder"
DECODERS = ("workload", "alpha", "ssvep_cca", NO_DECODER)
SESSION_FILTER = "Session files (*.toml);;All files (*)"
RECORDING_FILTER = (
    "Recordings (*.xdf *.xdfz *.edf *.bdf *.gdf *.fif *.fif.gz *.vhdr *.set *.txt *.csv *.csv.gz);;All files (*)"
)


def with_recorder(settings: SessionSettings) -> SessionSettings:
    """Add a recorder that waits for the Record button, where the session has none of its own."""
    if any(sink["kind"] == RECORDER for sink in settings.sinks):
        return settings
    return settings.model_copy(update={"sinks": (*settings.sinks, {"kind": RECORDER, "autostart": False})})


def open_file(path: str | Path, decoder: str = DECODERS[0], speed: float | str = 1.0) -> SessionSettings:
    """Return the session of a TOML file, or one that replays a recording.

    Raises
    ------
    ConfigError
        If the file is absent or says something that is not allowed.
    """
    file = Path(path)
    if not file.is_file():
        raise ConfigError(f"{file}: there is no such file")
    if file.suffix.lower() == ".toml":
        return load_session(file)
    if decoder == NO_DECODER:
        return replay_session(file, speed=speed).model_copy(update={"decoder": None})
    return replay_session(file, decoder=decoder, speed=speed)
