"""Read the unit of a channel as files and streams spell it: ``microvolts``, ``uV``, ``µV``, ``V`` or ``-6``.

A unit that is not understood becomes ``"unknown"``; it is never guessed, because a factor of a million is invisible
in a normalised display and fatal to a threshold. A source offers a setting by which a person states the unit.
"""

from __future__ import annotations

import re
from dataclasses import replace

from pipelines.signal import MICROVOLTS_PER, Channel

UNKNOWN = "unknown"
"""Unit of a channel whose source does not say, or says something that is not understood."""

_PREFIXES = {
    "": "V",
    "m": "mV",
    "milli": "mV",
    "u": "uV",
    "mu": "uV",
    "micro": "uV",
    "µ": "uV",
    "n": "nV",
    "nano": "nV",
}
_EXPONENTS = {0: "V", -3: "mV", -6: "uV", -9: "nV"}
_VOLTS = re.compile(r"(?P<prefix>m|milli|u|mu|micro|µ|n|nano|)v(olt(s|\(s\))?)?")
_POWER = re.compile(r"(1\.?0*e|10\^|10\*\*|)(?P<exponent>[+-]?\d{1,2})(v|volts?)?")


def parse_unit(text: object) -> str:
    """Return the canonical unit: ``uV``, ``mV``, ``V``, ``nV`` or ``unknown``.

    Parameters
    ----------
    text
        As written by the source; None and numbers are accepted too. A whole number is the power of ten of a volt
        (``-6``), as FIFF and MNE-LSL write it. The Greek letter and the micro sign both mean micro. ``MV`` is
        unknown: case cannot tell milli from mega.
    """
    if text is None:
        return UNKNOWN
    bare = "".join(str(text)[:64].split()).replace("\u03bc", "µ").replace("_", "")
    if bare in {"MV", "MVolt", "MVolts"}:
        return UNKNOWN
    word = bare.lower()
    volts = _VOLTS.fullmatch(word)
    if volts:
        return _PREFIXES[volts["prefix"]]
    power = _POWER.fullmatch(word)
    return _EXPONENTS.get(int(power["exponent"]), UNKNOWN) if power else UNKNOWN


def in_microvolts(channel: Channel) -> tuple[Channel, float]:
    """Return the channel as the house delivers it, and the factor its samples are multiplied by.

    Known voltages become microvolts whatever the channel's kind; ``unknown`` and other units stay as they are with
    factor 1.
    """
    factor = MICROVOLTS_PER.get(channel.unit)
    return (channel, 1.0) if factor is None else (replace(channel, unit="uV"), factor)
