"""Step 3, the signal: the traces fill the page, everything else stands around them."""

from __future__ import annotations

from pipelines.plugins import PluginSettings
from ui import layouts
from ui.step import ORDER, Step


class Settings(PluginSettings):
    """No settings."""


class SignalStep(Step):
    """A page for the traces alone."""

    title = "Signal"
    order = ORDER.index("signal") + 1
    hint = "Look at the signal: traces, spectrum, markers"
    shows = ("decision|status|timing", "spectrum|topography|spectrogram|evoked", "messages")
    centre = "traces"

    def __init__(self) -> None:
        super().__init__()
        layouts.column(self, 0, (0, 0, 0, 0))


def build(settings: Settings) -> SignalStep:
    """Make the step."""
    return SignalStep()
