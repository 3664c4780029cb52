"""Rest and a mental task in turn, in drawn order: mental arithmetic unless another task is named."""

from __future__ import annotations

from pydantic import Field, field_validator

from bci_app.paradigm import TRIAL_END, Paradigm, Recipe, Step, shuffled_blocks, with_pauses
from bci_app.scenes import Cue
from pipelines.plugins import PluginSettings

REST = "rest"


class Settings(PluginSettings):
    """What the task is, how often, how long."""

    task: str = Field(
        "mental_arithmetic", max_length=40, pattern=r"^[a-z][a-z0-9_]*$", description="Name of the task's class."
    )
    task_text: str = Field("Count down in steps of 7", max_length=80, description="What the person reads.")
    blocks: int = Field(5, ge=2, le=50, description="Blocks, with a pause before each.")
    trials_per_block: int = Field(2, ge=1, le=20, description="Trials of rest and of the task in a block.")
    trial_s: float = Field(10.0, ge=5.0, description="Rest or task (s).")
    pause_s: float = Field(2.0, gt=0, description="Pause after a trial (s).")
    block_pause_s: float = Field(5.0, gt=0, description="Pause before a block (s).")
    seed: int = Field(0, ge=0, description="The same seed gives the same order.")

    @field_validator("task")
    @classmethod
    def _is_not_rest(cls, task: str) -> str:
        if task == REST:
            raise ValueError("the task needs another name than rest")
        return task


def build(settings: Settings) -> Paradigm:
    """Draw a run."""
    s = settings
    scenes = {REST: Cue("Rest", cross=True), s.task: Cue(s.task_text, cross=True)}
    blocks = [
        [
            step
            for name in block
            for step in (Step(scenes[name], s.trial_s, (name,)), Step(Cue(), s.pause_s, (TRIAL_END,)))
        ]
        for block in shuffled_blocks((REST, s.task), s.blocks, s.trials_per_block, s.seed)
    ]
    return Paradigm(
        "rest_task",
        "Rest and task",
        "Look at the cross. Rest when told to rest; else do the task that is written there, silently, all the time.",
        (REST, s.task),
        with_pauses(blocks, Cue("Get ready"), s.block_pause_s),
        Recipe(
            {"kind": "bandpower_lr"},
            ({"kind": "nonfinite"}, {"kind": "select"}, {"kind": "bandpass", "low_hz": 1.0, "high_hz": 45.0}),
            window_s=4.0,
            hop_s=0.5,
            from_s=1.0,
            until_s=s.trial_s,
        ),
        s.model_dump(mode="json"),
    )
