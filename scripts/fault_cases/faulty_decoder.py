"""A decoder plug-in that works for ten windows and fails at the next, as its settings say."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Literal

from models.decoder import DecoderSpec
from pipelines.decision import Decision
from pipelines.plugins import PluginSettings
from pipelines.signal import StreamSpec, Window

GOOD_WINDOWS = 10


class Settings(PluginSettings):
    """How it fails."""

    fault: Literal["raises", "nan", "hangs"]
    seconds: float = 5.0


class Faulty:
    """Says "high alpha" with a probability of 0.75."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self.spec = DecoderSpec("faulty", ("low alpha", "high alpha"), 1.0, unit=None, hop_s=0.5)

    def prepare(self, delivered: StreamSpec) -> None:
        """Take anything."""

    def warm_up(self) -> None:
        """Nothing to warm up."""

    def calibrate(self, windows: Sequence[Window], labels: Sequence[str] | None) -> None:
        """Nothing to learn."""

    def decode(self, window: Window) -> Decision:
        """Decide, or fail at window 10."""
        p = (0.25, 0.75)
        if window.window_index == GOOD_WINDOWS:
            match self._settings.fault:
                case "raises":
                    raise ValueError("could not broadcast (19,) to (20,)")
                case "nan":
                    p = (float("nan"), float("nan"))
                case "hangs":
                    time.sleep(self._settings.seconds)
        start_s, end_s = float(window.times_s[0]), float(window.times_s[-1])
        return Decision(window.window_index, start_s, end_s, self.spec.classes, p, self.spec.model_id)

    def close(self) -> None:
        """Nothing to free."""


def build(settings: Settings) -> Faulty:
    """Make the decoder."""
    return Faulty(settings)
