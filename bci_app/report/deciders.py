"""What each decoder of a recorded session came to: decisions as they were made, one part for each that decided."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bci_app.agreement import Agreement, judge
from devices.recorded_session import RecordedSession
from pipelines.decision import Decision
from pipelines.errors import RecordingError

ROUNDING_MS = 1e-6
"""What is left of a difference of equal stamps that were moved."""


@dataclass(frozen=True, slots=True)
class Decider:
    """One decoder of a session.

    Parameters
    ----------
    model_id, classes
        Its own.
    decisions
        In order, stamped from the recording's first sample.
    agreement
        With ground truth.
    latency_ms
        p50 and p99 from the end of a window to its decision (ms); None where stamps are not of now.
    stretches_s
        From when to when it decided (s), once for each time that it took over.
    """

    model_id: str
    classes: tuple[str, ...]
    decisions: Sequence[Decision]
    agreement: Agreement
    latency_ms: tuple[float, float] | None
    stretches_s: Sequence[tuple[float, float]]

    @property
    def labels(self) -> Counter[str]:
        """How often each class was decided."""
        return Counter(d.label for d in self.decisions if not d.abstained)


def deciders(decisions: Sequence[Decision], truth: Sequence[tuple[float, str]]) -> list[Decider]:
    """Return the decoders in the order of their first decisions."""
    groups: dict[tuple[str, tuple[str, ...]], list[Decision]] = {}
    stretches: dict[tuple[str, tuple[str, ...]], list[tuple[float, float]]] = {}
    for key, run in groupby(decisions, key=lambda d: (d.model_id, d.labels)):
        made = list(run)
        groups.setdefault(key, []).extend(made)
        stretches.setdefault(key, []).append((made[0].start_s, made[-1].end_s))
    return [
        Decider(model_id, classes, found, agreement_of(found, truth), latency_ms(found), stretches[model_id, classes])
        for (model_id, classes), found in groups.items()
    ]


def agreement_of(decisions: Sequence[Decision], truth: Sequence[tuple[float, str]]) -> Agreement:
    """Judge what was decided."""
    return judge(truth, [(d.start_s, d.end_s, d.label) for d in decisions if not d.abstained])


def latencies_ms(decisions: Sequence[Decision]) -> NDArray[np.float64]:
    """Return the latency of each decision (ms); none where stamps are not of now (a replay stamps the window's end)."""
    took_ms = np.array([(d.decided_at_s - d.end_s) * 1e3 for d in decisions])
    return took_ms if np.any(np.abs(took_ms) > ROUNDING_MS) else np.zeros(0)


def latency_ms(decisions: Sequence[Decision]) -> tuple[float, float] | None:
    """Return p50 and p99 of the latencies (ms); None where there are none."""
    took_ms = latencies_ms(decisions)
    if not took_ms.size:
        return None
    p50, p99 = np.percentile(took_ms, [50, 99])
    return float(p50), float(p99)


def recorded_decisions(session: RecordedSession, zero_s: float, where: str) -> list[Decision]:
    """Return the decisions of all decoders, in the order in which they were made.

    Parameters
    ----------
    session
        Our own recording.
    zero_s
        Stamp of its first sample (s).
    where
        The file, for messages.

    Raises
    ------
    RecordingError
        If a record of a decision lacks what it should say.
    """
    try:
        told = [_of_record(record, zero_s) for record in session.of_kind("decision")]
    except (LookupError, TypeError, ValueError, AttributeError) as exc:
        raise RecordingError(f"{where}: a recorded decision is not as our recorder writes it: {exc!r}") from exc
    return sorted([*_of_columns(session, zero_s), *told], key=lambda d: d.decided_at_s)


def _of_record(record: Mapping[str, Any], zero_s: float) -> Decision:
    """Return a decision of a decoder that took over, which is told with the events."""
    shares: Mapping[str, float] = record["probabilities"]
    return Decision(
        int(record["window_index"]),
        float(record["start_s"]) - zero_s,
        float(record["end_s"]) - zero_s,
        tuple(shares),
        tuple(float(p) for p in shares.values()),
        str(record["model_id"]),
        bool(record["abstained"]),
        str(record["reason"]),
        float(record["decided_at_s"]) - zero_s,
        tuple(record["prediction_set"]),
        None if record["unfamiliarity"] is None else float(record["unfamiliarity"]),
        str(record["unfamiliar"]),
    )


def _of_columns(session: RecordedSession, zero_s: float) -> list[Decision]:
    """Return the decisions of the decoder that the recording began with."""
    table, classes = session.decisions, tuple(session.session.get("classes") or ())
    if not len(table) or not classes:
        return []
    reasons = {int(r["window_index"]): str(r["reason"]) for r in session.of_kind("abstained")}
    strange = {int(r["window_index"]): str(r["in"]) for r in session.of_kind("unfamiliar")}
    shares = np.column_stack([table[f"p_{name}"] for name in classes])
    trusts = "unfamiliarity" in table.names  # older recordings hold neither sets nor scores
    model_id = str(session.session.get("model_id") or "")
    found = []
    for row in range(len(table)):
        index, abstained = int(table["window_index"][row]), bool(table["abstained"][row])
        found.append(
            Decision(
                index,
                float(table["start_s"][row]) - zero_s,
                float(table["end_s"][row]) - zero_s,
                classes,
                tuple(float(p) for p in shares[row]),
                model_id,
                abstained,
                reasons.get(index, "no reason was recorded") if abstained else "",
                float(table.times_s[row]) - zero_s,
                tuple(name for name in classes if trusts and table[f"set_{name}"][row] == 1),
                _known(float(table["unfamiliarity"][row])) if trusts else None,
                strange.get(index, ""),
            )
        )
    return found


def _known(value: float) -> float | None:
    return None if np.isnan(value) else value
