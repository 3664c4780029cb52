"""Eyes open and closed: the oldest test of an EEG (Berger 1929). A tone tells closed eyes when to open."""

from __future__ import annotations

from pydantic import Field

from bci_app.paradigm import TRIAL_END, Paradigm, Recipe, Step, shuffled_blocks, with_pauses
from bci_app.scenes import Cue
from pipelines.plugins import PluginSettings

SCENES = {"eyes_open": Cue("Eyes open", cross=True), "eyes_closed": Cue("Close your eyes until the tone")}


class Settings(PluginSettings):
    """How often and how long."""

    blocks: int = Field(4, ge=2, le=50, description="Blocks, with a pause before each.")
    trials_per_block: int = Field(1, ge=1, le=20, description="Trials of each kind in a block.")
    trial_s: float = Field(12.0, ge=5.0, description="Length of a trial (s).")
    pause_s: float = Field(3.0, gt=0, description="Pause after a trial (s).")
    block_pause_s: float = Field(4.0, gt=0, description="Pause before a block (s).")
    seed: int = Field(0, ge=0, description="The same seed gives the same order.")


def build(settings: Settings) -> Paradigm:
    """Draw a run."""
    s = settings
    blocks = [
        [
            step
            for name in block
            for step in (
                Step(SCENES[name], s.trial_s, (name,)),
                Step(Cue("Open your eyes" if name == "eyes_closed" else ""), s.pause_s, (TRIAL_END,), beep=True),
            )
        ]
        for block in shuffled_blocks(tuple(SCENES), s.blocks, s.trials_per_block, s.seed)
    ]
    return Paradigm(
        "eyes",
        "Eyes open, eyes closed",
        "Sit still. Keep your eyes open on the cross, or closed until the tone, as it is written there.",
        tuple(SCENES),
        with_pauses(blocks, Cue("Get ready"), s.block_pause_s),
        Recipe(
            {"kind": "bandpower_lr"},
            ({"kind": "nonfinite"}, {"kind": "select"}, {"kind": "bandpass", "low_hz": 1.0, "high_hz": 45.0}),
            window_s=2.0,
            hop_s=0.5,
            from_s=1.5,
            until_s=s.trial_s,
        ),
        s.model_dump(mode="json"),
    )
