"""What becomes of windows of rest before the first decision: collected for the decoder, or only looked at."""

from __future__ import annotations

from collections import Counter
from typing import Protocol

from bci_app.decoding import Gate
from models.decoder import Decoder
from pipelines.percent import percent
from pipelines.signal import Window, copy_window


class Calibrator(Protocol):
    """The seam between the loop and the calibration. No decision is made until it is done."""

    @property
    def done(self) -> bool:
        """Whether windows go to the decoder from now on."""
        ...

    def push(self, window: Window) -> bool:
        """Take a window; return whether that was the last one needed.

        Raises
        ------
        ModelError
            If the decoder refuses the windows.
        """
        ...

    def shortfall(self, signal_s: float) -> str:
        """Say what was missing and what to do, for a stream that has ended after ``signal_s``; empty if nothing."""
        ...


class RestCalibrator:
    """Counts clean windows, not seconds on a clock, so that a replay calibrates on exactly the same ones."""

    def __init__(self, decoder: Decoder, gate: Gate, rest_s: float, hop_s: float) -> None:
        self._decoder, self._gate, self._rest_s = decoder, gate, rest_s
        self.needed = max(1, int((rest_s - decoder.spec.window_s) / hop_s + 1e-9) + 1) if rest_s > 0 else 0
        self._windows: list[Window] = []
        self._seen = 0

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
        self._seen += 1
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

    def shortfall(self, signal_s: float) -> str:
        """Say how much rest the decoder wants, how much there was, and what to do."""
        if self.done:
            return ""
        return (
            f"the signal ended during calibration, so nothing was decided: {self._decoder.spec.model_id} wants "
            f"{self._rest_s:g} s of rest ({self.needed} clean windows); there were {signal_s:.1f} s "
            f"({self.collected} clean windows of {self._seen}). Give it a recording of this person's rest "
            "(--calibrate FILE@START:STOP, or file in [decoder.calibration]), or ask for less: "
            "--set decoder.calibration.rest_s=SECONDS"
        )


class RestMonitor:
    """Looks at every window and counts; never done. For recordings of rest, which are judged when they are whole."""

    done = False

    def __init__(self, gate: Gate) -> None:
        self._gate = gate
        self.n_windows = 0
        self.reasons: Counter[str] = Counter()
        self.bad_channels: Counter[str] = Counter()

    @property
    def n_clean(self) -> int:
        """Windows fit for use."""
        return self.n_windows - self.reasons.total()

    def push(self, window: Window) -> bool:
        """Count a window and, if it is unfit, why."""
        self.n_windows += 1
        self.bad_channels.update(window.bad_channels)
        if reason := self._gate.reason(window):
            self.reasons[reason.partition(" in ")[0]] += 1  # without the share of artifacts, which always differs
        return False

    def shortfall(self, signal_s: float) -> str:
        """Nothing is waited for."""
        return ""

    def quality(self) -> str:
        """Return the counts in words."""
        share = f" ({percent(self.n_clean / self.n_windows)})" if self.n_windows else ""
        reasons = "".join(f"; {reason}: {count}" for reason, count in self.reasons.most_common())
        bad = ", ".join(f"{name} ({count})" for name, count in self.bad_channels.most_common()) or "none"
        return f"{self.n_clean} of {self.n_windows} windows fit for use{share}{reasons}; bad channels: {bad}"
