"""The windows that a live decoder would see in the trials of a recording, with their labels."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bci_app.assembly import passing_windows, windower_of
from bci_app.config import DecoderSettings
from bci_app.decoding import Gate
from bci_app.paradigm_trials import Run, Trial
from pipelines.errors import RecordingError
from pipelines.plugins import make
from pipelines.signal import StreamSpec, Window, copy_window
from pipelines.stage import Pipeline


@dataclass(frozen=True, slots=True)
class TrialWindows:
    """Windows of trials.

    Parameters
    ----------
    delivered
        What the windows hold.
    windows
        In order of time.
    trial
        Number of the trial of each window in ``run.trials``, (n_windows,).
    """

    delivered: StreamSpec
    windows: tuple[Window, ...]
    trial: NDArray[np.int64]

    def stacked(self) -> NDArray[np.float32]:
        """Return them as estimators take them, (n_windows, n_channels, n_times)."""
        return np.stack([window.samples.T for window in self.windows])


def trial_windows(
    path: str, run: Run, stages: Sequence[dict[str, Any]], window_s: float, hop_s: float, gate: DecoderSettings
) -> TrialWindows:
    """Play a recording through live stages and keep the fit windows of its trials.

    Raises
    ------
    BciError
        If it cannot be read, does not fit the stages, or no trial holds a window.
    """
    pipeline = Pipeline([make("stages", table, f"{path}: stages") for table in stages])
    kept: list[Window] = []
    numbers: list[int] = []
    fit = Gate(gate)
    with closing(make("sources", {"kind": "recording", "path": path, "speed": "max"}, path)) as source:
        delivered = pipeline.prepare(source.open())
        chooser = _Chooser(run, pipeline.delay_s, hop_s, 1 / delivered.rate_hz)
        for window in passing_windows(source, pipeline, windower_of(delivered, window_s, hop_s)):
            number = chooser.trial_of(window)
            if number is not None and not fit.reason(window):
                kept.append(copy_window(window))
                numbers.append(number)
    if not kept:
        raise RecordingError(f"{path}: none of its {len(run.trials)} trials holds a clean window of {window_s:g} s")
    return TrialWindows(delivered, tuple(kept), np.array(numbers, dtype=np.int64))


class _Chooser:
    """Finds the trial of each window; both come in order of time."""

    def __init__(self, run: Run, delay_s: float, hop_s: float, period_s: float) -> None:
        self._trials, self._recipe = run.trials, run.recipe
        # Live, windows are set against stimuli as they are stamped; a trial's content comes later by the delay.
        self._delay_s = 0.0 if run.recipe.locked else delay_s
        self._hop_s, self._period_s = hop_s, period_s
        self._next = 0

    def trial_of(self, window: Window) -> int | None:
        start_s, end_s = (float(window.times_s[i]) - self._delay_s for i in (0, -1))
        while self._next < len(self._trials) and self._is_past(self._trials[self._next], start_s):
            self._next += 1
        for number in range(self._next, min(self._next + 2, len(self._trials))):
            if self._holds(self._trials[number], start_s, end_s + self._period_s):
                return number
        return None

    def _is_past(self, trial: Trial, start_s: float) -> bool:
        last_s = trial.start_s + self._hop_s / 2 if self._recipe.locked else trial.until_s
        return start_s > last_s + self._period_s

    def _holds(self, trial: Trial, start_s: float, end_s: float) -> bool:
        if self._recipe.locked:
            # Of the grid of windows exactly one begins within half a hop, its upper end left out.
            return -self._hop_s / 2 <= start_s - trial.start_s < self._hop_s / 2
        tolerance_s = self._period_s / 2
        return trial.start_s + self._recipe.from_s - tolerance_s <= start_s and end_s <= trial.until_s + tolerance_s
