"""What came of training a decoder on a calibration run. The window reads it: nothing of the training is imported."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from models.training.blocks import BlockScore


@dataclass(frozen=True, slots=True)
class Adaptation:
    """What came of a training.

    Parameters
    ----------
    recording, folder
        What it learnt from, and the checkpoint that was written.
    model_id, classes
        The new decoder's.
    trials, n_blocks
        Trials of each class that were used, and the blocks they lie in.
    chance
        Balanced accuracy of guessing.
    score
        Of the new decoder, on blocks it had not seen.
    current, current_score
        The decoder in use, and its score on the same blocks; None where there is nothing to compare.
    no_comparison
        Why not.
    """

    recording: str
    folder: str
    model_id: str
    classes: tuple[str, ...]
    trials: dict[str, int]
    n_blocks: int
    chance: float
    score: BlockScore
    current: str
    current_score: BlockScore | None
    no_comparison: str

    @property
    def better(self) -> bool:
        """Whether it should take over: surely above chance, and above the decoder in use where both can be judged."""
        above = self.score.low > self.chance
        return above and (self.current_score is None or self.score.mean > self.current_score.mean)

    def verdict(self) -> str:
        """Return the conclusion in a sentence."""
        if self.score.low <= self.chance:
            return f"not better than chance ({self.chance:.2f}): keep what runs, and record more blocks"
        if self.current_score is None:
            return f"better than chance ({self.chance:.2f}); not compared with {self.current}: {self.no_comparison}"
        if self.better:
            return f"beats {self.current} by {self.score.mean - self.current_score.mean:+.3f} on the same blocks"
        return f"does not beat {self.current} on the same blocks ({self.current_score.sentence()}): keep what runs"

    def as_dict(self) -> dict[str, Any]:
        """Return it for JSON."""
        return {**asdict(self), "better": self.better, "verdict": self.verdict()}
