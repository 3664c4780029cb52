"""What a paradigm is: a schedule of scenes and markers, drawn from a seed, and what can be learnt from a run of it.

Markers of the stream ``paradigm``: ``block`` at the start of each block, a class's name at the start of each trial (or
flash), ``trial_end`` after it. One marker of the stream ``paradigm_info`` at the start, and one at the end, hold JSON:
what was planned, and how exactly it was shown.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, field
from itertools import pairwise
from typing import Any, TypeVar

import numpy as np

from bci_app.scenes import Scene
from pipelines.channel_names import canonical_name
from pipelines.signal import StreamSpec

ClassT = TypeVar("ClassT", bound=str)

STREAM, INFO_STREAM = "paradigm", "paradigm_info"
BLOCK, TRIAL_END, PAUSE = "block", "trial_end", "pause"
WORDLESS = frozenset({BLOCK, TRIAL_END, PAUSE})
"""Markers that name no class."""
MIN_OF_REGIONS = 3


@dataclass(frozen=True, slots=True)
class Step:
    """What is shown for how long.

    Parameters
    ----------
    scene
        What is seen.
    duration_s
        For how long (s); a window shows it for a whole number of frames.
    markers
        Set when it appears.
    beep
        Whether a tone is given with it, for closed eyes.
    """

    scene: Scene
    duration_s: float
    markers: tuple[str, ...] = ()
    beep: bool = False


@dataclass(frozen=True, slots=True)
class Recipe:
    """How a decoder is trained from a run.

    Parameters
    ----------
    estimator
        Table of an estimator plug-in.
    pipeline
        Stage tables between device and decoder.
    window_s, hop_s
        Of the decoder's windows (s).
    from_s, until_s
        Which part of a trial may be looked at, counted from its marker (s).
    locked
        Whether a trial gives the one window that begins nearest to its marker, or all that lie inside.
    regions
        Letters of the 10-10 names of the electrodes that are used, where the montage has three of them; empty uses all.
    """

    estimator: dict[str, Any]
    pipeline: tuple[dict[str, Any], ...]
    window_s: float
    hop_s: float
    from_s: float
    until_s: float
    locked: bool = False
    regions: tuple[str, ...] = ()

    def stages(self, spec: StreamSpec) -> tuple[dict[str, Any], ...]:
        """Return the stage tables for a stream: ``pipeline``, the electrodes chosen by region."""
        eeg = [channel.name for channel in spec.channels if channel.kind == "eeg"]
        chosen = [name for name in eeg if canonical_name(name).rstrip("z0123456789") in self.regions]
        if len(chosen) < MIN_OF_REGIONS:
            return self.pipeline
        own = {"kind": "select", "channels": chosen}
        return tuple(own if table == {"kind": "select"} else table for table in self.pipeline)


EVOKED = Recipe(
    {"kind": "xdawn_lda"},
    ({"kind": "nonfinite"}, {"kind": "select"}, {"kind": "bandpass", "low_hz": 0.5, "high_hz": 20.0}),
    window_s=0.8,
    hop_s=0.02,
    from_s=0.0,
    until_s=0.9,
    locked=True,
)
"""For stimuli that differ in the potential they evoke."""


@dataclass(frozen=True, slots=True)
class Paradigm:
    """A run that is ready to be shown.

    Parameters
    ----------
    kind, title
        Name of the plug-in, and for people.
    instructions
        What the person is asked to do.
    classes
        Markers that name what is to be told apart, in the order of the decoder's classes.
    steps
        In order of time.
    recipe
        How a decoder is trained from it.
    settings
        Those of the plug-in, JSON-able.
    """

    kind: str
    title: str
    instructions: str
    classes: tuple[str, ...]
    steps: tuple[Step, ...]
    recipe: Recipe
    settings: dict[str, Any] = field(default_factory=dict)

    @property
    def duration_s(self) -> float:
        """Length of the run (s)."""
        return sum(step.duration_s for step in self.steps)

    @property
    def counts(self) -> dict[str, int]:
        """How often each class comes."""
        found = Counter(marker for step in self.steps for marker in step.markers)
        return {name: found[name] for name in self.classes}

    def describe(self, **more: Any) -> str:
        """Return the JSON of the marker that begins a run."""
        about = {
            "paradigm": self.kind,
            "classes": self.classes,
            "counts": self.counts,
            "duration_s": round(self.duration_s, 6),
            "settings": self.settings,
            "recipe": asdict(self.recipe),
        }
        return json.dumps({**about, **more})


def shuffled_blocks(classes: Sequence[ClassT], n_blocks: int, per_block: int, seed: int) -> list[list[ClassT]]:
    """Return blocks of trials, each class ``per_block`` times in every one of them, in an order drawn from the seed."""
    rng = np.random.default_rng(seed)
    once = [name for name in classes for _ in range(per_block)]
    return [[once[i] for i in rng.permutation(len(once))] for _ in range(n_blocks)]


def flash_order(
    items: Sequence[str],
    rounds: int,
    rng: np.random.Generator,
    apart: int = 3,
    never_next: frozenset[str] = frozenset(),
) -> list[str]:
    """Return every item once in each round, in drawn orders.

    A second flash within the attentional blink is missed, and its response overlaps the first: any ``apart``
    consecutive flashes are different items, and no two of ``never_next`` (the row and the column of one character)
    follow each other.
    """
    if not 1 <= apart <= len(items) // 2:
        raise ValueError(f"apart = {apart}: of {len(items)} items at most {len(items) // 2} can always differ")
    order: list[str] = []
    for _ in range(rounds):
        start = max(0, len(order) - apart + 1)
        while True:
            drawn = order[start:] + [items[i] for i in rng.permutation(len(items))]
            spans = [drawn[i : i + apart] for i in range(len(drawn) - apart + 1)]
            differ = all(len(set(span)) == apart for span in spans)
            if differ and not any({one, next_} <= never_next for one, next_ in pairwise(drawn)):
                break
        order[start:] = drawn
    return order


def with_pauses(blocks: Iterable[Iterable[Step]], pause: Scene, pause_s: float) -> tuple[Step, ...]:
    """Return the blocks' steps, each block behind a pause that carries its marker."""
    steps: list[Step] = []
    for block in blocks:
        steps.append(Step(pause, pause_s, (PAUSE, BLOCK)))
        steps += block
    return tuple(steps)
