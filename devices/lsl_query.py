"""Predicates by which LSL streams are looked for (XPath 1.0 over the stream's description)."""

from __future__ import annotations

APPLICATION = "bci_app"
"""Written as ``desc/application`` by our own outlets, so that a session does not take its own markers for input."""


def literal(text: str) -> str:
    """Quote text for XPath 1.0, which has no escape sign: what holds both quotes is put together by ``concat``."""
    if "'" not in text:
        return f"'{text}'"
    if '"' not in text:
        return f'"{text}"'
    parts = ', "\'", '.join(f"'{part}'" for part in text.split("'"))
    return f"concat({parts})"


def signal_query(name: str, stream_type: str, source_id: str, host: str) -> str:
    """Return the predicate of the filters that are not empty; no filter at all accepts every stream."""
    fields = {"name": name, "type": stream_type, "source_id": source_id, "hostname": host}
    return " and ".join(f"{key}={literal(value)}" for key, value in fields.items() if value) or "true()"


def marker_query(wanted: str) -> str:
    """Return the predicate of a marker stream given by name, source id or type; by type, our own are left out."""
    value = literal(wanted)
    by_type = f"(type={value} and not(desc/application={literal(APPLICATION)}))"
    return f"name={value} or source_id={value} or {by_type}"
