"""Motor imagery on cue: left hand, right hand, feet, rest.

The course of a trial is that of the Graz paradigm (Pfurtscheller & Neuper 2001, Proc. IEEE 89:1123): a cross, an arrow,
imagery until the arrow goes, a pause of drawn length.
"""

from __future__ import annotations

from typing import Literal

import numpy as np
from pydantic import Field, field_validator

from bci_app.paradigm import TRIAL_END, Paradigm, Recipe, Step, shuffled_blocks, with_pauses
from bci_app.scenes import Cue, Symbol
from pipelines.plugins import PluginSettings

ARROWS: dict[str, Symbol] = {"left_hand": "left", "right_hand": "right", "feet": "down", "rest": "up"}


class Settings(PluginSettings):
    """Which movements, how many trials, how long."""

    tasks: tuple[str, ...] = Field(
        ("left_hand", "right_hand"), min_length=2, description="What is imagined: left_hand, right_hand, feet, rest."
    )
    blocks: int = Field(5, ge=2, le=50, description="Blocks, with a pause before each.")
    trials_per_block: int = Field(3, ge=1, le=50, description="Trials of each task in a block.")
    cross_s: float = Field(1.5, gt=0, description="Cross before the cue (s).")
    task_s: float = Field(4.0, ge=3.0, description="Imagery (s).")
    pause_s: tuple[float, float] = Field((1.5, 2.5), description="Shortest and longest pause after a trial (s).")
    block_pause_s: float = Field(5.0, gt=0, description="Pause before a block (s).")
    estimator: Literal["csp_lda", "riemann_tangent"] = Field("csp_lda", description="What is trained.")
    seed: int = Field(0, ge=0, description="The same seed gives the same order.")

    @field_validator("tasks")
    @classmethod
    def _known(cls, tasks: tuple[str, ...]) -> tuple[str, ...]:
        unknown = [task for task in tasks if task not in ARROWS]
        if unknown or len(set(tasks)) < 2:
            raise ValueError(f"two or more of {', '.join(ARROWS)} are needed; unknown: {', '.join(unknown) or 'none'}")
        return tuple(dict.fromkeys(tasks))


def build(settings: Settings) -> Paradigm:
    """Draw a run."""
    s = settings
    rng = np.random.default_rng([s.seed, 1])
    blocks = [
        [step for task in block for step in _trial(s, task, float(rng.uniform(min(s.pause_s), max(s.pause_s))))]
        for block in shuffled_blocks(s.tasks, s.blocks, s.trials_per_block, s.seed)
    ]
    what = ", ".join(f"{ARROWS[task]}: {words_of(task)}" for task in s.tasks)
    return Paradigm(
        "imagery",
        "Motor imagery",
        f"Look at the cross. When an arrow comes, imagine the movement ({what}) until it goes, without moving.",
        s.tasks,
        with_pauses(blocks, Cue("Get ready"), s.block_pause_s),
        Recipe(
            {"kind": s.estimator, "n_components": 4} if s.estimator == "csp_lda" else {"kind": s.estimator, "C": 0.01},
            ({"kind": "nonfinite"}, {"kind": "select"}, {"kind": "bandpass", "low_hz": 6.0, "high_hz": 32.0}),
            window_s=2.0,
            hop_s=0.25,
            from_s=0.5,
            until_s=s.task_s,
        ),
        s.model_dump(mode="json"),
    )


def words_of(task: str) -> str:
    """Return a task as it is written on the screen."""
    return task.replace("_", " ")


def _trial(s: Settings, task: str, pause_s: float) -> list[Step]:
    return [
        Step(Cue(cross=True), s.cross_s),
        Step(Cue(words_of(task), ARROWS[task], cross=True), s.task_s, (task,)),
        Step(Cue(), pause_s, (TRIAL_END,)),
    ]
