"""The session that replays a recording: what decides comes from the recording, from a session file, or by default."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from bci_app.config import SessionSettings, load_session, validate, with_overrides
from devices.sources.recording import embedded_session
from pipelines.errors import ConfigError


def replay_settings(
    file: Path,
    *,
    session: Path | None = None,
    decoder: str = "",
    calibrate: str = "",
    source: Mapping[str, Any] | None = None,
    decisions: Path | None = None,
    overrides: Sequence[str] = (),
) -> SessionSettings:
    """Make the session that replays a file.

    The decoder's settings come from ``session``, else from the session embedded in a recording of ours, else they are
    the defaults. Decoding is inline, whatever the live session did. A ``session`` that plays this very file also says
    what its voltages are multiplied by.
    """
    if session is not None:
        values = load_session(session).model_dump(mode="json")
    else:
        values = embedded_session(file) or {}
    given = {key: value for key, value in (source or {}).items() if value is not None}
    played = values.get("source") or {}
    if session is not None and _same(played.get("path"), file):
        given.setdefault("scale", played.get("scale", 1.0))
    values = {
        "name": "replay",
        "montage": values.get("montage") or (),
        "stages": values.get("stages"),
        "decoder": values.get("decoder") or {},
        "smoothing": values.get("smoothing") or {},
        "duration_s": None if given.get("loop") or given.get("wait_at_end") else values.get("duration_s"),
        "source": {"kind": "recording", "path": str(file), **given},
        "sinks": [{"kind": "decisions_csv", "path": str(decisions)}] if decisions else [],
    }
    values["decoder"] = {**values["decoder"], "mode": "inline"}
    if decoder:
        values["decoder"] = {**values["decoder"], "name": decoder, "settings": {}, "hop_s": None, "turns": []}
    if calibrate:
        values["decoder"]["calibration"] = parse_calibrate(calibrate)
    return validate(with_overrides(values, overrides), str(file))


def _same(path: object, file: Path) -> bool:
    return bool(path) and Path(str(path)).resolve() == file.resolve()


def parse_calibrate(text: str) -> dict[str, Any]:
    """Read ``FILE``, ``FILE@START:STOP``, ``FILE@START:`` or ``FILE@:STOP`` (seconds)."""
    file, sign, span = text.rpartition("@")
    if not sign:
        return {"file": text}
    start, colon, stop = span.partition(":")
    try:
        if not colon:
            raise ValueError
        calibration: dict[str, Any] = {"file": file, "start_s": float(start or 0)}
        if stop:
            calibration["stop_s"] = float(stop)
    except ValueError:
        raise ConfigError(f"--calibrate {text}: write FILE@START:STOP in seconds, for example rest.edf@0:60") from None
    return calibration
