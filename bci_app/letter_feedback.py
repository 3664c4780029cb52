"""What a speller shows of the decoder's choice: from the markers of flashes and the decisions on them to letters."""

from __future__ import annotations

from bci_app.commands import InsertMarker
from bci_app.paradigm import BLOCK
from bci_app.speller import LetterChoice
from pipelines.decision import Decision

SPELLER_STREAM = "speller"
SHOWN_S = 2.0
"""How long a chosen letter is shown."""
SAMPLE_S = 0.005


class LetterFeedback:
    """Letters chosen so far. Without a decoder that knows targets nothing is ever chosen.

    Parameters
    ----------
    hop_s
        Step between decisions (s).
    """

    def __init__(self, hop_s: float) -> None:
        self.spelled = ""
        self._choice = LetterChoice(hop_s / 2 + SAMPLE_S)
        self._chosen_at_s = -SHOWN_S

    def decide(self, decision: Decision) -> None:
        """Take a decision."""
        self._choice.decide(decision)

    def mark(self, marker: InsertMarker) -> list[InsertMarker]:
        """Take a marker of the run; a new block ends a letter. Return the marker of a choice."""
        time_s = marker.time_s or 0.0
        if marker.label.startswith(("row_", "column_")):
            self._choice.flash(marker.label, time_s)
        return self.end(time_s) if marker.label == BLOCK else []

    def end(self, time_s: float) -> list[InsertMarker]:
        """Choose a letter by what there is."""
        letter = self._choice.letter()
        self._choice.clear()
        if not letter:
            return []
        self.spelled += letter
        self._chosen_at_s = time_s
        return [InsertMarker(f"chosen {letter}", time_s, SPELLER_STREAM)]

    def chosen_now(self, time_s: float) -> str:
        """Return the letter that was chosen a moment ago."""
        return self.spelled[-1:] if time_s - self._chosen_at_s < SHOWN_S else ""
