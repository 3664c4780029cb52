"""Time since the start of the stream, written as the clock does: 1:05."""

from __future__ import annotations

from ui.still_axis import StillAxis


def clock(seconds: float, step_s: float = 1.0) -> str:
    """Return minutes and seconds; tenths where the steps are finer than a second."""
    minutes, rest = divmod(seconds + 1e-9, 60)
    return f"{int(minutes)}:{rest:04.1f}" if step_s < 1 else f"{int(minutes)}:{int(rest):02d}"


class ClockAxis(StillAxis):
    """Axis of a plot over time in seconds."""

    def tickStrings(self, values: list[float], scale: float, spacing: float) -> list[str]:  # noqa: N802 - pyqtgraph's
        """Return the texts of the ticks."""
        return [clock(value, spacing) for value in values]
