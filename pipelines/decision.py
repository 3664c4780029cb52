"""What a decoder says of one window."""

from __future__ import annotations

import hashlib
import struct
from dataclasses import dataclass, replace


@dataclass(frozen=True, slots=True)
class Decision:
    """One decision, or the reasoned refusal of one.

    Parameters
    ----------
    window_index
        Number of the window since the stream was opened.
    start_s, end_s
        Times of the window's first and last sample on the stream's clock (s).
    labels
        Class names.
    probabilities
        Calibrated, one for each label, sum 1. While abstaining: uniform.
    model_id
        Which decoder and weights spoke.
    abstained, reason
        Whether no decision is given, and why, in plain words.
    decided_at_s
        LSL clock when the decision was ready (s).
    prediction_set
        Classes that cannot be ruled out at the decoder's error rate, judged on this window alone (smoothing leaves it
        as it is); empty where the decoder makes no sets. Holds while abstaining, too.
    unfamiliarity
        How far the window lies from the training signals, 1 being the limit; None where the decoder cannot tell.
    unfamiliar
        In what it lies beyond the limit, in plain words; empty if in nothing.
    """

    window_index: int
    start_s: float
    end_s: float
    labels: tuple[str, ...]
    probabilities: tuple[float, ...]
    model_id: str
    abstained: bool = False
    reason: str = ""
    decided_at_s: float = 0.0
    prediction_set: tuple[str, ...] = ()
    unfamiliarity: float | None = None
    unfamiliar: str = ""

    @property
    def label(self) -> str:
        """The most probable class; empty while abstaining."""
        if self.abstained:
            return ""
        return self.labels[max(range(len(self.labels)), key=self.probabilities.__getitem__)]

    def doubts(self) -> str:
        """Say in words what speaks against believing it: an open prediction set, a strange signal; empty if nothing."""
        found = []
        if len(self.prediction_set) > 1 and not self.abstained:
            found.append(f"could be {' or '.join(self.prediction_set).replace('_', ' ')}")
        if self.unfamiliar:
            found.append(f"unlike the training signals: {self.unfamiliar}")
        return "; ".join(found)

    def stamped(self, time_s: float) -> Decision:
        """Return the same decision with the moment at which it was ready."""
        return replace(self, decided_at_s=time_s)


class DecisionHash:
    """SHA-256 of what was decided, bit for bit, without clock times: replay and live run can be compared."""

    def __init__(self) -> None:
        self._digest = hashlib.sha256()

    def update(self, decision: Decision) -> None:
        """Add one decision; order matters."""
        self._digest.update(struct.pack("<q?", decision.window_index, decision.abstained))
        self._digest.update("\x1f".join((*decision.labels, decision.label, decision.reason)).encode())
        self._digest.update(struct.pack(f"<{len(decision.probabilities)}d", *decision.probabilities))
        # Decoders that say neither keep the hashes they had before there were sets.
        if decision.prediction_set or decision.unfamiliarity is not None:
            score = float("nan") if decision.unfamiliarity is None else decision.unfamiliarity
            self._digest.update("\x1f".join((*decision.prediction_set, decision.unfamiliar)).encode())
            self._digest.update(struct.pack("<d", score))

    def hexdigest(self) -> str:
        """Return the hash so far."""
        return self._digest.hexdigest()
