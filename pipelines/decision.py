"""What a decoder says of one window."""

from __future__ import annotations

import hashlib
import struct
from dataclasses import dataclass


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

    @property
    def label(self) -> str:
        """The most probable class; empty while abstaining."""
        if self.abstained:
            return ""
        return self.labels[max(range(len(self.labels)), key=self.probabilities.__getitem__)]

    def stamped(self, time_s: float) -> Decision:
        """Return the same decision with the moment at which it was ready."""
        return Decision(
            self.window_index,
            self.start_s,
            self.end_s,
            self.labels,
            self.probabilities,
            self.model_id,
            self.abstained,
            self.reason,
            time_s,
        )


class DecisionHash:
    """SHA-256 of what was decided, bit for bit, without clock times: replay and live run can be compared."""

    def __init__(self) -> None:
        self._digest = hashlib.sha256()

    def update(self, decision: Decision) -> None:
        """Add one decision; order matters."""
        self._digest.update(struct.pack("<q?", decision.window_index, decision.abstained))
        self._digest.update("\x1f".join((*decision.labels, decision.label, decision.reason)).encode())
        self._digest.update(struct.pack(f"<{len(decision.probabilities)}d", *decision.probabilities))

    def hexdigest(self) -> str:
        """Return the hash so far."""
        return self._digest.hexdigest()
