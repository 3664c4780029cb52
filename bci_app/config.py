"""Session settings: what a TOML session file may say, and the messages when it says something else."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from devices.lsl_scope import DEFAULT, Scope
from pipelines.channel_quality import QualitySettings
from pipelines.errors import ConfigError
from pipelines.plugins import configure, explain
from pipelines.smoothing import SmoothingSettings

NO_DECODER = "none"
"""What a session file writes in the place of its decoder's table where none runs; TOML has no word for nothing."""


class Table(BaseModel):
    """Base of all tables: frozen, unknown keys refused."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class CalibrationSettings(Table):
    """Where the rest comes from that adapts the decoder to a person."""

    rest_s: float | None = Field(None, ge=0)
    """Seconds at the start of the stream taken as rest; None: what the decoder asks for."""
    file: str = ""
    """A recording of rest; if given, the stream's own start is not used."""
    start_s: float = Field(0.0, ge=0)
    stop_s: float | None = Field(None, gt=0)
    scale: float | None = Field(None, gt=0)
    """What its voltages are multiplied by; None: as ``[source]`` does with the same file, else 1."""


class DecoderTurn(Table):
    """A decoder that takes over while a session runs."""

    at_index: int = Field(ge=0)
    """The first sample that it sees, counted from the start of the stream."""
    name: str = ""
    """As in ``[decoder]``; empty: the decoder before, as it was left."""


class DecoderSettings(Table):
    """Which decoder runs, and when it must hold its tongue."""

    name: str = "workload"
    """A shipped decoder, a checkpoint folder, or the kind of a decoder that needs no training."""
    settings: dict[str, Any] = {}
    """Settings of the decoder itself."""
    hop_s: float | None = Field(None, gt=0)
    """Step between decisions (s); None: the decoder's own."""
    mode: Literal["inline", "background"] = "inline"
    """Inline decides on every window; background decides on the newest and counts those it dropped (slow decoders)."""
    calibration: CalibrationSettings = CalibrationSettings()
    abstain_on: tuple[Literal["lost", "nonfinite", "clock_jump", "bad_channels"], ...] = (
        "lost",
        "nonfinite",
        "bad_channels",
    )
    """No decision on a window that holds one such sample."""
    max_artifact_fraction: float = Field(0.5, ge=0, le=1)
    """No decision on a window with more than this share of samples flagged amplitude, blink or muscle."""
    turns: tuple[DecoderTurn, ...] = ()
    """Decoders that take over later. A recording brings those of its session, so that a replay changes them alike."""

    def last_name(self) -> str:
        """Return the name of the decoder that decides after all turns."""
        now = before = self.name
        for turn in self.turns:
            now, before = turn.name or before, now
        return now


class EngineSettings(Table):
    """How patient the engine is with its source."""

    read_timeout_s: float = Field(0.1, gt=0, le=1)
    stale_after_s: float = Field(1.0, gt=0)
    reconnect_every_s: float = Field(2.0, gt=0)


class LslSettings(Table):
    """The Lab Streaming Layer, for all sources and sinks that use it."""

    scope: Scope = DEFAULT
    """How far streams are looked for and offered; an ``lsl_api.cfg`` of the person's wins."""


class SessionSettings(Table):
    """A whole session.

    ``source``, ``montage``, ``stages``, ``paradigm`` and ``sinks`` are plug-in tables: ``kind`` names the plug-in, the
    rest are its settings.
    """

    name: str = Field("session", min_length=1, pattern=r"^[A-Za-z0-9_.-]+$")
    source: dict[str, Any]
    montage: tuple[dict[str, Any], ...] = ()
    """Stages before all others: channel names, reference and bad channels as this person wears the cap today."""
    stages: tuple[dict[str, Any], ...] | None = None
    """Signal stages; None: those the decoder was trained with."""
    decoder: DecoderSettings | None = DecoderSettings()
    """``decoder = "none"`` decodes nothing."""
    smoothing: SmoothingSettings = SmoothingSettings()
    paradigm: dict[str, Any] | None = None
    """Table of the paradigm that ``bci-app paradigm`` runs and the window proposes; None: none."""
    sinks: tuple[dict[str, Any], ...] = ()
    quality: QualitySettings = QualitySettings()
    engine: EngineSettings = EngineSettings()
    lsl: LslSettings = LslSettings()
    duration_s: float | None = Field(None, gt=0)
    """End after so many seconds of signal; None: when the source ends or the user stops."""
    note: str = ""
    """A remark on the session, for its recording and its report."""
    report: bool | None = None
    """Write a report (HTML and PDF) beside every recording once it has ended; None: the window does, others do not."""

    @field_validator("decoder", mode="before")
    @classmethod
    def _no_decoder(cls, value: object) -> object:
        return None if value == NO_DECODER else value


def validate(values: Mapping[str, Any], where: str) -> SessionSettings:
    """Check a session's values, those of its plug-ins included.

    Raises
    ------
    ConfigError
        Naming ``where`` (the file), the key, the value and what is allowed.
    """
    try:
        settings = SessionSettings.model_validate(dict(values))
    except ValidationError as exc:
        raise ConfigError(explain(exc, where)) from exc
    configure("sources", settings.source, f"{where}: [source]")
    for table in settings.montage:
        configure("stages", table, f"{where}: [[montage]]")
    for table in settings.stages or ():
        configure("stages", table, f"{where}: [[stages]]")
    if settings.paradigm is not None:
        configure("paradigms", settings.paradigm, f"{where}: [paradigm]")
    for table in settings.sinks:
        configure("sinks", table, f"{where}: [[sinks]]")
    return settings


def load_session(path: str | Path, overrides: Sequence[str] = ()) -> SessionSettings:
    """Read a TOML session file and apply ``key=value`` overrides.

    Raises
    ------
    ConfigError
        If the file is absent, no TOML, or says something that is not allowed.
    """
    return validate(with_overrides(read_toml(path), overrides), str(path))


def read_toml(path: str | Path) -> dict[str, Any]:
    """Read a TOML file.

    Raises
    ------
    ConfigError
        If it is absent or no TOML.
    """
    file = Path(path)
    try:
        return tomllib.loads(file.read_text(encoding="utf-8"))
    except OSError as exc:
        raise ConfigError(f"{file}: cannot be read: {exc.strerror}") from exc
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as exc:
        raise ConfigError(f"{file}: not valid TOML: {exc}") from exc


def with_overrides(values: Mapping[str, Any], overrides: Sequence[str]) -> dict[str, Any]:
    """Apply ``--set decoder.hop_s=0.25``: a dotted key and a TOML value; a bare word counts as a string."""
    merged = {key: (dict(value) if isinstance(value, Mapping) else value) for key, value in values.items()}
    for text in overrides:
        key, sign, raw = text.partition("=")
        if not sign or not key.strip():
            raise ConfigError(f"--set {text}: write it as key=value, for example decoder.hop_s=0.25")
        try:
            value = tomllib.loads(f"value = {raw}")["value"]
        except tomllib.TOMLDecodeError:
            value = raw
        *path, last = key.strip().split(".")
        table = merged
        for part in path:
            inner = table.get(part)
            table[part] = dict(inner) if isinstance(inner, Mapping) else {}
            table = table[part]
        table[last] = value
    return merged


def demo_session(seconds: float | None = None, folder: str = "recordings", speed: float | str = 1.0) -> SessionSettings:
    """Return the demonstration: the simulated participant at rest and in mental arithmetic, decoded and recorded."""
    return validate(
        {
            "name": "demo",
            "source": {
                "kind": "synthetic",
                "paradigm": "workload",
                "first_rest_s": 20.0,
                "block_s": 10.0,
                "speed": speed,
            },
            "decoder": {"name": "workload", "calibration": {"rest_s": 20.0}},
            "sinks": [{"kind": "xdf_recorder", "folder": folder}],
            "duration_s": seconds,
        },
        "demo",
    )


def replay_session(
    path: str | Path, decoder: str = "workload", speed: float | str = 1.0, **source: Any
) -> SessionSettings:
    """Return a session that plays a recording to a decoder; ``source`` are further settings of the recording source."""
    file = Path(path)
    return validate(
        {
            "name": "replay",
            "source": {"kind": "recording", "path": str(file), "speed": speed, **source},
            "decoder": {"name": decoder},
        },
        str(file),
    )
