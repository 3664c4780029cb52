"""Plays a paradigm frame by frame: what to show next, which markers a shown frame sets, how exact it was.

It knows no screen and no clock: it is told when each frame appeared.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from itertools import accumulate

import numpy as np

from bci_app.commands import InsertMarker
from bci_app.flicker_frames import check, shown_hz
from bci_app.paradigm import INFO_STREAM, PAUSE, STREAM, Paradigm, Step
from bci_app.scenes import Flicker, Scene
from pipelines.errors import ConfigError

FOLLOWING = 0.05
"""Share of each frame's deviation by which the estimate of the screen's refresh is corrected."""


@dataclass(frozen=True, slots=True)
class StimulusTiming:
    """How exactly stimuli were shown.

    Parameters
    ----------
    n
        Stimuli (changes of the scene) shown.
    refresh_hz
        Of the screen, as measured before the run.
    counted_hz
        Frames shown by the time from the first to the last, pauses left out.
    median_error_ms, worst_error_ms
        Of the time from the stimulus before, against plan.
    dropped_frames
        Refreshes at which no new frame was ready.
    frame_locked
        Whether frames appeared at the screen's refresh, or at a timer's.
    """

    n: int
    refresh_hz: float
    counted_hz: float
    median_error_ms: float
    worst_error_ms: float
    dropped_frames: int
    frame_locked: bool

    def sentence(self) -> str:
        """Return it in words."""
        how = "frame-locked" if self.frame_locked else "NOT frame-locked (timer)"
        return (
            f"{self.n} stimuli at {self.counted_hz:.2f} Hz, {how}: error median {self.median_error_ms:.2f} ms, worst "
            f"{self.worst_error_ms:.2f} ms; {self.dropped_frames} frame{'s' * (self.dropped_frames != 1)} dropped"
        )


class FramePlayer:
    """The course of one run.

    Frames are counted; where the screen skipped refreshes, so does the plan, and where two frames came within one
    refresh it waits, so that frequencies and durations hold on the clock. What was skipped is counted.

    Parameters
    ----------
    paradigm
        What is shown.
    refresh_hz
        Of the screen.
    frame_locked
        Whether frames come at the screen's refresh; reported only.

    Raises
    ------
    ConfigError
        If a flicker cannot be shown at this rate, or the rate is no number.
    """

    def __init__(self, paradigm: Paradigm, refresh_hz: float, *, frame_locked: bool = True) -> None:
        if not 10 <= refresh_hz <= 1000:
            raise ConfigError(f"{paradigm.kind}: a screen of {refresh_hz:g} Hz cannot be; 10 to 1000 Hz can")
        check(paradigm, refresh_hz)
        self.paradigm, self.refresh_hz, self._locked = paradigm, refresh_hz, frame_locked
        ends_s = list(accumulate(step.duration_s for step in paradigm.steps))
        self._ends = [round(end_s * refresh_hz) for end_s in ends_s]
        self._starts = [0, *self._ends[:-1]]
        self._frame = 0
        self._next_step = self._n_shown = 0
        self.came_up: Step | None = None
        """The step that the frame shown last began; None if it began none."""
        self._last_s: float | None = None
        self._refresh_s: float | None = None
        self._onset: tuple[int, float] | None = None
        self._errors_s: list[float] = []
        self._counted, self._counted_s, self._dropped = 0, 0.0, 0
        self.paused = False

    @property
    def n_frames(self) -> int:
        """Length of the run."""
        return self._ends[-1]

    @property
    def done(self) -> bool:
        """Whether the last frame has been shown."""
        return self._frame >= self.n_frames

    @property
    def progress(self) -> float:
        """Share of the run that has been shown, 0 to 1."""
        return min(1.0, self._frame / self.n_frames)

    def step_at(self, frame: int) -> tuple[Step, int]:
        """Return the step of a frame, and the frame's number within it."""
        index = min(bisect_right(self._starts, frame), len(self._starts)) - 1
        return self.paradigm.steps[index], frame - self._starts[index]

    def next_scene(self) -> tuple[Scene, int]:
        """Return what the next frame shows, and its number since that came up; after the end, the last scene."""
        step, within = self.step_at(min(self._frame, self.n_frames - 1))
        return step.scene, within

    def shown(self, time_s: float) -> list[InsertMarker]:
        """Take that the next frame appeared at ``time_s`` (LSL clock); return the markers it sets."""
        self.came_up = None
        if self.done or self.paused:
            return []
        passed = self._refreshes_until(time_s)
        markers = []
        while self._next_step < len(self._starts) and self._starts[self._next_step] <= self._frame:
            start = self._starts[self._next_step]
            if self._onset is not None:
                before, before_s = self._onset
                self._errors_s.append(time_s - before_s - (start - before) / self.refresh_hz)
            self._onset = start, time_s
            self.came_up = step = self.paradigm.steps[self._next_step]
            markers += [InsertMarker(label, time_s, STREAM) for label in step.markers]
            self._next_step += 1
            self._n_shown += 1
        # What missed refreshes should have shown is left out; a scene that begins there is marked when it is seen.
        self._frame = min(self._frame + passed, self.n_frames)
        return markers

    def _refreshes_until(self, time_s: float) -> int:
        """Return how many refreshes have passed since the frame before: 1 as planned, 0 where a late one went before.

        Refreshes of a screen are followed as they come, on average: stamps jitter, and a screen is a little faster or
        slower than it was measured. A timer is set by the clock itself.
        """
        if self._last_s is None or self._refresh_s is None:
            self._last_s = self._refresh_s = time_s
            return 1
        period_s = 1.0 / self.refresh_hz
        passed = max(0, round((time_s - self._refresh_s) / period_s))
        self._refresh_s += passed * period_s
        if self._locked and passed:
            self._refresh_s += FOLLOWING * (time_s - self._refresh_s)
        self._dropped += max(0, passed - 1)
        self._counted += passed
        self._counted_s += time_s - self._last_s
        self._last_s = time_s
        return passed

    def pause(self, time_s: float) -> list[InsertMarker]:
        """Hold; return the marker that says so, which makes the trial under way invalid."""
        if self.paused or self.done:
            return []
        self.paused = True
        return [InsertMarker(PAUSE, time_s, STREAM)]

    def resume(self) -> None:
        """Go on with what was interrupted, from its beginning, with its markers."""
        if not self.paused:
            return
        self.paused = False
        self._last_s = self._refresh_s = self._onset = None
        if self._next_step:
            first = self._trial_start(self._next_step - 1)
            self._frame, self._next_step = self._starts[first], first

    def _trial_start(self, index: int) -> int:
        """Return the step at which what was interrupted began: the last one that set a marker."""
        return next((i for i in range(index, -1, -1) if self.paradigm.steps[i].markers), 0)

    def first_marker(self, time_s: float) -> InsertMarker:
        """Return the marker that describes the run before it begins."""
        more = {"refresh_hz": self.refresh_hz, "frame_locked": self._locked, "shown_hz": self._shown_hz()}
        return InsertMarker(self.paradigm.describe(event="start", **more), time_s, INFO_STREAM)

    def last_marker(self, time_s: float) -> InsertMarker:
        """Return the marker that tells how the run went."""
        errors_ms = [round(1e3 * error_s, 3) for error_s in self._errors_s]
        about = self.paradigm.describe(
            event="end", complete=self.done, timing=asdict(self.timing()), errors_ms=errors_ms
        )
        return InsertMarker(about, time_s, INFO_STREAM)

    def timing(self) -> StimulusTiming:
        """Return how exactly stimuli were shown so far."""
        errors_ms = 1e3 * np.abs(np.array(self._errors_s or [0.0]))
        counted_hz = self._counted / self._counted_s if self._counted_s else 0.0
        return StimulusTiming(
            self._n_shown,
            self.refresh_hz,
            counted_hz,
            float(np.median(errors_ms)),
            float(errors_ms.max()),
            self._dropped,
            self._locked,
        )

    def _shown_hz(self) -> Sequence[float]:
        flickers = [step.scene for step in self.paradigm.steps if isinstance(step.scene, Flicker)]
        return [shown_hz(f, flickers[0].wave, self.refresh_hz) for f in flickers[0].frequencies_hz] if flickers else []
