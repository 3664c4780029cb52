"""Steady-state visual response: look at one of several flickering fields.

Fields follow sampled sinusoids, which any refresh rate can show (Manyakov et al. 2013, J. Neural Eng. 10:036011), or
are switched on and off, which only works for whole numbers of frames.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from bci_app.paradigm import TRIAL_END, Paradigm, Recipe, Step, shuffled_blocks, with_pauses
from bci_app.scenes import Cue, Flicker
from pipelines.plugins import PluginSettings

REST = "rest"


class Settings(PluginSettings):
    """Frequencies, wave, how often, how long."""

    frequencies_hz: tuple[Annotated[float, Field(gt=1, lt=60)], ...] = Field(
        (8.0, 10.0, 12.0, 15.0), min_length=2, max_length=8, description="Of the fields (Hz)."
    )
    wave: Literal["sine", "square"] = Field("sine", description="How brightness changes.")
    rest: bool = Field(False, description="Whether there are trials of looking at none, as a class of their own.")
    blocks: int = Field(5, ge=2, le=50, description="Blocks, with a pause before each.")
    trials_per_block: int = Field(1, ge=1, le=20, description="Trials of each field in a block.")
    cue_s: float = Field(1.0, gt=0, description="How long the field is marked before it flickers (s).")
    flicker_s: float = Field(4.0, ge=2.5, description="Flicker (s).")
    pause_s: float = Field(1.0, gt=0, description="Pause after a trial (s).")
    block_pause_s: float = Field(4.0, gt=0, description="Pause before a block (s).")
    seed: int = Field(0, ge=0, description="The same seed gives the same order.")


def build(settings: Settings) -> Paradigm:
    """Draw a run."""
    s = settings
    frequencies_hz = tuple(dict.fromkeys(s.frequencies_hz))
    fields = {f"ssvep_{f:g}": number for number, f in enumerate(frequencies_hz)}
    classes = (*fields, REST) if s.rest else tuple(fields)
    blocks = [
        [step for name in block for step in _trial(s, frequencies_hz, name, fields.get(name))]
        for block in shuffled_blocks(classes, s.blocks, s.trials_per_block, s.seed)
    ]
    of_classes = (*frequencies_hz, 0.0) if s.rest else frequencies_hz
    return Paradigm(
        "ssvep",
        "Flicker (SSVEP)",
        "Look at the field that is marked, and go on looking while it flickers."
        + (" Where none is marked, look at the cross." if s.rest else ""),
        classes,
        with_pauses(blocks, Cue("Get ready"), s.block_pause_s),
        Recipe(
            {"kind": "fbcca", "frequencies_hz": of_classes, "harmonics": 2, "sub_bands": 2, "high_hz": 45.0},
            ({"kind": "nonfinite"}, {"kind": "select"}, {"kind": "bandpass", "low_hz": 3.0, "high_hz": None}),
            window_s=2.0,
            hop_s=0.25,
            from_s=0.25,
            until_s=s.flicker_s,
            regions=("O", "PO", "P"),
        ),
        s.model_dump(mode="json"),
    )


def _trial(s: Settings, frequencies_hz: tuple[float, ...], name: str, target: int | None) -> list[Step]:
    return [
        Step(Flicker(frequencies_hz, s.wave, target, active=False), s.cue_s),
        Step(Flicker(frequencies_hz, s.wave, target), s.flicker_s, (name,)),
        Step(Flicker(frequencies_hz, s.wave, active=False), s.pause_s, (TRIAL_END,)),
    ]
