"""Visual oddball: a rare large disc among frequent small ones evokes a P300 (Squires et al. 1975)."""

from __future__ import annotations

import numpy as np
from pydantic import Field

from bci_app.paradigm import EVOKED, Paradigm, Step, with_pauses
from bci_app.scenes import Cue, Disc
from pipelines.plugins import PluginSettings

SIZES = {"nontarget": 0.12, "target": 0.3}
"""Diameter as a share of the screen's height."""


class Settings(PluginSettings):
    """How many, how rare, how fast."""

    blocks: int = Field(5, ge=2, le=50, description="Blocks, with a pause before each.")
    targets_per_block: int = Field(10, ge=2, le=50, description="Rare discs in a block.")
    others_per_target: int = Field(4, ge=2, le=20, description="Frequent discs for each rare one.")
    disc_s: float = Field(0.1, gt=0, description="How long a disc is shown (s).")
    gap_s: tuple[float, float] = Field((0.8, 1.0), description="Shortest and longest time between two discs (s).")
    block_pause_s: float = Field(5.0, gt=0, description="Pause before a block (s).")
    seed: int = Field(0, ge=0, description="The same seed gives the same order.")


def build(settings: Settings) -> Paradigm:
    """Draw a run."""
    s = settings
    rng = np.random.default_rng(s.seed)
    blocks = [_block(s, rng) for _ in range(s.blocks)]
    return Paradigm(
        "oddball",
        "Oddball",
        "Look at the cross and count the large discs silently.",
        tuple(SIZES),
        with_pauses(blocks, Cue("Get ready"), s.block_pause_s),
        EVOKED,
        s.model_dump(mode="json"),
    )


def _block(s: Settings, rng: np.random.Generator) -> list[Step]:
    steps = [Step(Disc(0.0), 1.0)]
    for name in _order(s, rng):
        steps.append(Step(Disc(SIZES[name]), s.disc_s, (name,)))
        steps.append(Step(Disc(0.0), float(rng.uniform(min(s.gap_s), max(s.gap_s)))))
    return steps


def _order(s: Settings, rng: np.random.Generator) -> list[str]:
    """Return a block's discs; a rare one never follows another, nor comes first."""
    n_others = s.targets_per_block * s.others_per_target
    before = set(rng.choice(n_others, s.targets_per_block, replace=False).tolist())
    return [name for k in range(n_others) for name in (("nontarget", "target") if k in before else ("nontarget",))]
