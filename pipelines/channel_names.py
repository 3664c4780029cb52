"""Electrode names: from what devices and files write to the spelling of the 10-10 and 10-5 systems.

Sources: Jurcak et al. 2007, NeuroImage 34:1600 (rows and columns of the 10-20, 10-10 and 10-5 systems); Nuwer et al.
1998, Electroencephalogr. Clin. Neurophysiol. 106:259 (T7/T8/P7/P8 replace T3/T4/T5/T6).
"""

from __future__ import annotations

import re
from functools import cache

_ROWS = (
    *("N", "NFp", "Fp", "AFp", "AF", "AFF", "F", "FFT", "FFC", "FT", "FC", "FTT", "FCC", "T", "C", "TTP", "CCP"),
    *("TP", "CP", "TPP", "CPP", "P", "PPO", "PO", "POO", "O", "OI", "I"),
)
_ROW_OF = {row.lower(): row for row in _ROWS}
_OLD_NAMES = {"T3": "T7", "T4": "T8", "T5": "P7", "T6": "P8"}
_EARS = {"a1": "A1", "a2": "A2", "m1": "M1", "m2": "M2"}
_REFERENCES = {"ref", "reference", "le", "ler", "ar", "av", "avg", "avr", "car", "cle", "org", "a1a2", "a12", "m1m2"}

_PREFIX = re.compile(r"^(?:eeg|pol)[\s:_-]+", re.IGNORECASE)
_ELECTRODE = re.compile(r"^([a-z]+?)(z|10|[1-9])(h?)$", re.IGNORECASE)


@cache
def canonical_name(raw: str) -> str:
    """Return the 10-10 spelling of a channel name.

    Prefixes (``EEG``, ``POL``), trailing dots and the name of a reference (``-Ref``, ``-LE``, ``-A1`` …) are dropped,
    case is put right and the old temporal names are replaced. A bipolar derivation keeps both electrodes
    (``"EEG T3-T5"`` → ``"T7-P7"``; so does the ear-to-ear derivation ``"A2-A1"``).

    Parameters
    ----------
    raw
        As a device, stream or file writes it.

    Returns
    -------
    str
        For example ``"Fp1"`` for ``"EEG FP1-Ref"``, ``"T7"`` for ``"T3"``; a name that is no electrode comes back
        stripped and otherwise unchanged.
    """
    stripped = raw.strip()
    name = _PREFIX.sub("", stripped).strip(" .")
    electrode = _electrode(name)
    if electrode:
        return electrode
    first, dash, second = (part.strip(" .") for part in name.partition("-"))
    electrode, other = _electrode(first), _electrode(second)
    if not (dash and electrode):
        return stripped
    if second.lower() in _REFERENCES or (other in _EARS.values() and electrode not in _EARS.values()):
        return electrode
    return f"{electrode}-{other}" if other else stripped


def _electrode(name: str) -> str:
    """Spell one electrode; empty if it is none."""
    if name.lower() in _EARS:
        return _EARS[name.lower()]
    match = _ELECTRODE.match(name)
    if match is None or match[1].lower() not in _ROW_OF:
        return ""
    spelled = _ROW_OF[match[1].lower()] + match[2].lower() + match[3].lower()
    return _OLD_NAMES.get(spelled, spelled)
