"""The engine of bci_app as a receiver of ``lsl_latency.py``: the parts that ``assembly`` joins, a clock behind them."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from typing import Any, Literal

import numpy as np
from lsl_receivers import BAND_HZ, LINE_HZ, WARM_UP_S, Meter, log_power
from lsl_source import WINDOW_S, Plan

from bci_app.config import DecoderSettings, EngineSettings
from bci_app.decoding import Gate, InlineDecoding
from bci_app.engine import Engine
from bci_app.events import DecisionEvent, Event, LoopTiming, Session
from bci_app.signal_path import SignalPath
from bci_app.supply import Supply
from devices.clock import now_s
from models.decoder import DecoderSpec
from pipelines.decision import Decision
from pipelines.plugins import make
from pipelines.signal import Chunk, StreamSpec, Window
from pipelines.stage import Pipeline
from pipelines.windows import Windower

STAGES = (
    {"kind": "bandpass", "low_hz": BAND_HZ[0], "high_hz": BAND_HZ[1]},
    {"kind": "notch", "freq_hz": LINE_HZ},
    {"kind": "rereference"},
)


class Power:
    """The decoder of all receivers, as the engine wants it."""

    spec = DecoderSpec("power", ("low", "high"), WINDOW_S)

    def prepare(self, delivered: StreamSpec) -> None:
        """Fits any stream."""

    def warm_up(self) -> None:
        """Nothing to warm."""

    def calibrate(self, windows: Sequence[Window], labels: Sequence[str] | None) -> None:
        """Nothing to learn."""

    def decode(self, window: Window) -> Decision:
        """Decide."""
        p = log_power(window.samples)
        start_s, end_s = float(window.times_s[0]), float(window.times_s[-1])
        return Decision(window.window_index, start_s, end_s, self.spec.classes, (1 - p, p), "power")

    def close(self) -> None:
        """Nothing to free."""


class Clock:
    """The last stage: looks at the clock and hands the chunk on as it is."""

    on_gap: Literal["reset", "bridge"] = "bridge"
    delay_s = 0.0

    def __init__(self, meter: Meter) -> None:
        self._meter = meter

    def prepare(self, spec: StreamSpec) -> StreamSpec:
        """Change nothing."""
        return spec

    def process(self, chunk: Chunk) -> Chunk:
        """Note when the chunk has come so far."""
        self._meter.filtered(float(chunk.times_s[-1]), chunk.n_samples)
        return chunk


class Listener:
    """The only sink: looks at the clock at every decision, keeps the timing, ends the run."""

    def __init__(self, meter: Meter, stop: threading.Event) -> None:
        self._meter, self._stop = meter, stop
        self.timings: list[LoopTiming] = []

    def open(self, session: Session) -> None:
        """Nothing to open."""

    def accept(self, event: Event) -> None:
        """Take one event."""
        if isinstance(event, DecisionEvent):
            self._meter.decided(event.decision.end_s)
        elif isinstance(event, LoopTiming):
            self.timings.append(event)
            if self._meter.done:
                self._stop.set()

    def close(self) -> None:
        """Nothing to close."""


def run(plan: Plan) -> Meter:
    """Run the engine on the stream until the meter has seen enough."""
    meter, stop = Meter(now_s, plan.seconds), threading.Event()
    source = make("sources", {"kind": "lsl_stream", "source_id": plan.source_id})
    spec = source.open()
    pipeline = Pipeline([*(make("stages", stage) for stage in STAGES), Clock(meter)])
    delivered = pipeline.prepare(spec)
    windower = Windower(delivered, plan.window, plan.hop)
    path = SignalPath(pipeline, windower, InlineDecoding(Power(), Gate(DecoderSettings())))
    listener, settings = Listener(meter, stop), EngineSettings()
    Engine(Supply(source, spec, settings), path, [listener], Session("benchmark", spec), settings).run(stop)
    timings = listener.timings[int(WARM_UP_S) :]
    meter.report["loop_timing_ms"] = _summary(timings)
    meter.report["lost_samples"] = timings[-1].lost_samples
    return meter


def _summary(timings: list[LoopTiming]) -> dict[str, dict[str, float]]:
    """Return, for each section of the loop, the median of the seconds' percentiles and the worst of all (ms)."""
    rows: dict[str, list[Any]] = {}
    for timing in timings:
        for section in timing.sections:
            rows.setdefault(section.name, []).append(section)
    return {
        name: {
            "p50": float(np.median([s.p50_ms for s in found])),
            "p99": float(np.median([s.p99_ms for s in found])),
            "worst": max(s.worst_ms for s in found),
            "per_s": float(np.mean([s.count for s in found])),
        }
        for name, found in rows.items()
    }
