"""Predicates by which LSL streams are looked for (XPath 1.0 over the stream's description)."""

from __future__ import annotations

from collections.abc import Sequence

from devices.lsl_description import StreamCore

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
    fields = {"name": name, "source_id": source_id, "hostname": host}
    parts = [f"{key}={literal(value)}" for key, value in fields.items() if value]
    if stream_type:
        # LSL writes "EEG", mne-lsl's player "eeg": the type is compared without regard to case.
        spellings = dict.fromkeys((stream_type, stream_type.lower(), stream_type.upper()))
        parts.append("(" + " or ".join(f"type={literal(text)}" for text in spellings) + ")")
    return " and ".join(parts) or "true()"


def marker_query(wanted: str) -> str:
    """Return the predicate of a marker stream given by name, source id or type; by type, our own are left out."""
    value = literal(wanted)
    by_type = f"(type={value} and not(desc/application={literal(APPLICATION)}))"
    return f"(name={value} or source_id={value} or {by_type})"


def asked(name: str, stream_type: str, source_id: str, host: str) -> str:
    """Return the filters that are not empty, for a person."""
    fields = {"name": name, "type": stream_type, "source_id": source_id, "host": host}
    return ", ".join(f"{key} = {value!r}" for key, value in fields.items() if value) or "any name"


def nothing_found(wanted: str, timeout_s: float, present: Sequence[StreamCore], searched: str) -> str:
    """Say that no stream fits, which ones there are, and how far was looked."""
    listed = "; ".join(sorted(map(str, present))) or "none"
    return (
        f"no LSL stream with {wanted} within {timeout_s:g} s; present: {listed}. {searched} "
        "Is it running, and not behind a firewall (UDP 16571-16604)? With many streams on one machine raise "
        "[ports] PortRange in lsl_api.cfg."
    )


def several_found(wanted: str, found: Sequence[StreamCore]) -> str:
    """Say that more than one stream fits, and how to choose."""
    listed = "; ".join(sorted(map(str, found)))
    return f"{len(found)} LSL streams fit {wanted}: {listed}. Choose one by its source_id, name or host."


def no_answer(core: StreamCore, reason: object) -> str:
    """Say that a stream was found and cannot be reached."""
    return (
        f"LSL stream {core} is announced but does not answer: {reason} A firewall must let TCP and UDP ports "
        "16572-16604 pass (or, if UDP alone cannot, set clock_sync = false)."
    )
