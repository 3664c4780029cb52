"""Read the kind of a channel as files and streams spell it (``EEG``, ``Trigger``, ``ACC`` …) into MNE's lower case."""

from __future__ import annotations

_SAME = frozenset(
    {"eeg", "eog", "ecg", "emg", "stim", "misc", "bio", "resp", "gsr", "temperature", "seeg", "ecog", "dbs"}
)
_ALSO = {
    "ekg": "ecg",
    "veog": "eog",
    "heog": "eog",
    "exg": "eeg",
    "trig": "stim",
    "trigger": "stim",
    "triggers": "stim",
    "marker": "stim",
    "markers": "stim",
    "status": "stim",
    "digital": "stim",
    "respiration": "resp",
    "eda": "gsr",
    "temp": "temperature",
}


def parse_kind(text: object, default: str = "misc") -> str:
    """Return the MNE channel type in lower case.

    Parameters
    ----------
    text
        As written by the source (LSL and BIDS use upper case). Types MNE has no name for (``ACC``, ``GYRO``,
        ``PPG``, ``AUX`` …) become ``misc``.
    default
        What to answer if the source says nothing.
    """
    word = "" if text is None else str(text)[:64].strip().lower()
    if not word:
        return default
    return word if word in _SAME else _ALSO.get(word, "misc")
