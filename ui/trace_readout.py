"""What the traces say of the place that is pointed at."""

from __future__ import annotations

import numpy as np

from pipelines.channel_names import canonical_name
from pipelines.signal import StreamSpec
from ui.clock_axis import clock
from ui.flagged_stretches import FlaggedStretches
from ui.sample_history import SampleHistory
from ui.trace_view import Pointed, TraceView


def describe(
    pointed: Pointed, spec: StreamSpec, values: SampleHistory, view: TraceView, flagged: FlaggedStretches
) -> str:
    """Return time, channel and value, and why the place is doubtful.

    Parameters
    ----------
    spec, values
        The stream that is shown and its samples.
    view
        Where its traces lie.
    flagged
        What is doubtful.
    """
    seconds = pointed.index / spec.rate_hz
    text = clock(seconds, 0.1)
    samples, lost, first = values.last(1, pointed.index + 1)
    if len(samples) and first == pointed.index:
        text += "   lost" if lost[0] else f"   {_value(samples[0], pointed, spec, view)}"
    doubts = {stretch.words() for stretch in flagged.between(seconds, seconds + 1 / spec.rate_hz)}
    return "\n".join((text, *sorted(doubts)))


def _value(values: np.ndarray, pointed: Pointed, spec: StreamSpec, view: TraceView) -> str:
    """Describe the value of the channel that is nearest to the pointer among those of its lane."""
    heights = np.nan_to_num(view.heights_of(values), nan=np.inf)
    channel = min(pointed.channels, key=lambda i: abs(heights[i] - pointed.y))
    one = spec.channels[channel]
    unit = {"uV": "µV", "unknown": ""}.get(one.unit, one.unit)
    return f"{canonical_name(one.name)}   {values[channel]:.1f} {unit}".rstrip()
