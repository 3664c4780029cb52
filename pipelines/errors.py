"""Everything that can go wrong, as a tree.

::

    BciError
    ├── ConfigError            a session file or a setting is wrong; names file, key, value
    ├── MissingDependency      an optional package is not installed; names the pip command
    ├── DeviceError            a source does not do what it should
    │   ├── ConnectFailed      it could not be opened
    │   ├── StreamLost         it was open and stopped delivering
    │   └── StreamEnded        it has delivered all it had (a recording's end)
    ├── SignalError            the signal does not fit what is done with it
    │   ├── RateMismatch
    │   ├── ChannelMismatch
    │   └── UnitMismatch
    ├── ModelError             a decoder does not do what it should
    │   ├── CheckpointInvalid  the folder is damaged or not a checkpoint
    │   ├── SpecMismatch       decoder and signal do not fit; names every difference
    │   └── DecodeFailed       it raised, or its answer is not a probability
    ├── RecordingError         a file could not be written or read back
    └── DataLeak               what judges a decoder has also taught it

Vendor exceptions are translated once, where the vendor is called, with ``raise ... from exc``.
"""

from __future__ import annotations

import traceback
from pathlib import Path


class BciError(Exception):
    """Base of all errors this application raises on purpose."""


class ConfigError(BciError):
    """A session file or a setting is wrong."""


class MissingDependency(BciError):
    """An optional package is not installed."""


class DeviceError(BciError):
    """A source does not do what it should."""


class ConnectFailed(DeviceError):
    """A source could not be opened."""


class StreamLost(DeviceError):
    """A source was open and stopped delivering."""


class StreamEnded(DeviceError):
    """A source has delivered all it had."""


class SignalError(BciError):
    """The signal does not fit what is done with it."""


class RateMismatch(SignalError):
    """The sampling rate is not the expected one."""


class ChannelMismatch(SignalError):
    """Channels are missing, doubled or of the wrong number."""


class UnitMismatch(SignalError):
    """The unit is unknown or not the expected one."""


class ModelError(BciError):
    """A decoder does not do what it should."""


class CheckpointInvalid(ModelError):
    """A checkpoint folder is damaged or no checkpoint."""


class SpecMismatch(ModelError):
    """A decoder and a signal do not fit."""


class DecodeFailed(ModelError):
    """A decoder raised, or its answer is not a probability."""


class RecordingError(BciError):
    """A recording could not be written or read."""


class DataLeak(BciError):
    """What judges a decoder has also taught it: a person, a session or a moment is on two sides of a fold."""


def in_one_line(exc: Exception) -> str:
    """Return an error's text; of one that is not ours, what it is and which line raised it, instead of a traceback."""
    if isinstance(exc, BciError):
        return str(exc)
    last = traceback.extract_tb(exc.__traceback__)[-1]
    return f"{type(exc).__name__}: {exc} ({Path(last.filename).name}, line {last.lineno})"
