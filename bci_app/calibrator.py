"""Collect windows of rest and hand them to the decoder."""

from __future__ import annotations

from bci_app.decoding import Gate
from models.decoder import Decoder
from pipelines.signal import Window, copy_window


class RestCalibrator:
    """Counts clean windows, not seconds on a clock, so that a replay calibrates on exactly the same ones."""

    def __init__(self, decoder: Decoder, gate: Gate, rest_s: float, hop_s: float) -> None:
        self._decoder, self._gate = decoder, gate
        self.needed = max(1, int((rest_s - decoder.spec.window_s) / hop_s + 1e-9) + 1) if rest_s > 0 else 0
        self._windows: list[Window] = []

    @property
    def collected(self) -> int:
        """Clean windows so far."""
        return len(self._windows)

    @property
    def done(self) -> bool:
        """Whether the decoder has been calibrated (or needs no calibration)."""
        return self.needed == 0

    def push(self, window: Window) -> bool:
        """Take a window if it is clean; calibrate with the last one needed. Return whether that has happened now.

        Raises
        ------
        ModelError
            If the decoder refuses the windows.
        """
        if self._gate.reason(window):
            return False
        self._windows.append(copy_window(window))
        if len(self._windows) < self.needed:
            return False
        self.finish()
        return True

    def finish(self) -> None:
        """Calibrate with what there is."""
        self._decoder.calibrate(self._windows, None)
        self._windows.clear()
        self.needed = 0
