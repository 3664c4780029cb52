"""The window while a session runs: frames per second, how long its thread is blocked, and how late the engine is.

The simulated participant at 1 kHz, decoded by ``alpha`` in the engine's own process, in chunks of 16 samples. First the
events are only taken out of the pipe (*no window*), then they are shown by panels on 1600×900 pixels in software
rendering: the traces alone, and with spectrum, spectrogram, topography, average and decision docked beside them.

- **frames/s**: repaints of the traces; one for each chunk that comes alone, so 62 is all there is.
- **blocked**: time between two turns of the window's event loop, p99 and worst (ms), and how often it exceeded 50 ms.
- **own work**: processor time of the window's thread in a turn, p99 and worst (ms): what is left of *blocked* when
  nobody else wants the processor.
- **at the start**: the most such work in a turn from the start of the session on, first pictures of panels included.
- **late**: how far the newest sample lies behind the clock when the engine reads it, once a second, p50 and worst (ms).

    python benchmarks/window_load.py [--channels 64 256] [--seconds 20] [--json FILE]
"""

from __future__ import annotations

import argparse
import json
import os
import time
from itertools import product
from pathlib import Path
from typing import Any

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy as np
from PySide6.QtCore import QEvent, QObject, Qt, QTimer
from PySide6.QtWidgets import QApplication, QDockWidget, QMainWindow, QWidget

from bci_app.config import validate
from bci_app.events import DecisionEvent, EngineState, LoopTiming, StateEvent
from pipelines.channel_names import canonical_name
from pipelines.montage import has_positions
from pipelines.plugins import make
from ui import theme
from ui.docks import AREAS, SIDE_PX
from ui.engine_client import EngineClient
from ui.panel import Panel
from ui.rehearsal import rehearse

RATE_HZ, CHUNK, WINDOW_S, WARM_UP_S, REST_S = 1000.0, 16, 10.0, 3.0, 4.0
BESIDE = ("spectrum", "spectrogram", "topography", "evoked", "decision")
CASES: dict[str, tuple[str, ...]] = {
    "no window": (),
    "traces": ("traces",),
    "traces and five panels": ("traces", *BESIDE),
}


def electrodes(count: int) -> tuple[str, ...]:
    """Return names of the 10-05 system that have a position."""
    rows = "AFp AF AFF F FFC FC FCC C CCP CP CPP P PPO PO POO O FT T TP".split()
    columns = "z 1 2 3 4 5 6 7 8 9 10 1h 2h 3h 4h 5h 6h 7h 8h 9h 10h".split()
    names = (row + column for column, row in product(columns, rows))
    # T3 … T6 are other names of T7 … P8.
    found = [name for name in names if has_positions([name]) and canonical_name(name) == name]
    if len(found) < count:
        raise SystemExit(f"only {len(found)} electrodes have a position")
    return tuple(found[:count])


class Frames(QObject):
    """Counts the repaints of one widget."""

    def __init__(self, widget: QWidget) -> None:
        super().__init__(widget)
        self.count = 0
        widget.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: N802 - Qt's name
        """Count a repaint."""
        self.count += event.type() == QEvent.Type.Paint
        return False


class Turns:
    """Notes the time between two turns of the event loop, and how much of it was the thread's own work."""

    def __init__(self) -> None:
        self.gaps_ms: list[float] = []
        self.work_ms: list[float] = []
        self._last = self._worked = 0.0
        self.timer = QTimer(interval=0)
        self.timer.timeout.connect(self._turn)

    def _turn(self) -> None:
        now, worked = time.perf_counter(), time.thread_time()
        self.gaps_ms.append(1e3 * (now - self._last))
        self.work_ms.append(1e3 * (worked - self._worked))
        self._last, self._worked = now, worked
        # A loop that turns for nothing would take a core away from the engine.
        time.sleep(0.001)

    def begin(self) -> None:
        """Forget what came before."""
        self.gaps_ms.clear()
        self.work_ms.clear()
        self._last, self._worked = time.perf_counter(), time.thread_time()


def measure(app: QApplication, n_channels: int, panels: tuple[str, ...], seconds: float) -> dict[str, Any]:
    """Run one session and return what was measured behind its warm-up."""
    settings = validate(
        {
            "name": "load",
            "source": {
                "kind": "synthetic",
                "rate_hz": RATE_HZ,
                "channels": electrodes(n_channels),
                "chunk_samples": CHUNK,
                "block_s": 2.0,
            },
            "decoder": {"name": "alpha", "calibration": {"rest_s": REST_S}},
        },
        "benchmark",
    )
    client = EngineClient()
    host, traces = _window(client, panels)
    late_ms: list[float] = []
    decisions, running, fault = [0], [False], [""]
    turns = Turns()

    def hear(event: object) -> None:
        if isinstance(event, LoopTiming):
            late_ms.append(1e3 * event.late_s)
        decisions[0] += isinstance(event, DecisionEvent)
        if isinstance(event, StateEvent):
            running[0] = running[0] or event.state is EngineState.RUNNING
            fault[0] = event.message if event.state is EngineState.FAILED else ""

    client.any_event.connect(hear)
    _spin(app, 0.3)  # the empty window is seen before there is a session
    turns.begin()
    client.start(settings.model_dump(mode="json"))
    turns.timer.start()
    start = time.perf_counter()
    while not running[0] and not fault[0] and time.perf_counter() - start < 60:
        app.processEvents()
    if not running[0]:
        raise SystemExit(fault[0] or "the session did not come to run within a minute")
    _spin(app, WARM_UP_S)
    start_ms = max(turns.work_ms)
    frames = Frames(traces) if traces is not None else None
    late_ms.clear()
    turns.begin()
    decisions[0], busy_s = 0, time.process_time()
    _spin(app, seconds)
    busy_s = time.process_time() - busy_s
    gaps = np.array(turns.gaps_ms)
    turns.timer.stop()
    client.stop()
    host.close()
    host.deleteLater()
    app.processEvents()
    return {
        "fps": None if frames is None else frames.count / seconds,
        "blocked_ms": {"p99": float(np.percentile(gaps, 99)), "worst": float(gaps.max())},
        "blocked_over_50_ms": int((gaps > 50).sum()),
        "own_work_ms": {"p99": float(np.percentile(turns.work_ms, 99)), "worst": max(turns.work_ms)},
        "own_work_at_start_ms": start_ms,
        "late_ms": {"p50": float(np.median(late_ms)), "worst": float(np.max(late_ms))},
        "window_cpu_percent": 100 * busy_s / seconds,
        "decisions_per_s": decisions[0] / seconds,
    }


def _window(client: EngineClient, panels: tuple[str, ...]) -> tuple[QWidget, QWidget | None]:
    """Return a window with the panels, the traces large, and the view whose repaints count."""
    host = QMainWindow()
    host.resize(1600, 900)
    view: QWidget | None = None
    docks: list[QDockWidget] = []
    for name in panels:
        panel: Panel = make("panels", {"kind": name} | ({"window_s": WINDOW_S} if name == "traces" else {}))
        panel.attach(client)
        if name == "traces":
            host.setCentralWidget(panel)
            view = panel.view  # type: ignore[attr-defined]  # the traces have one
        else:
            docks.append(QDockWidget(panel.title, host))
            docks[-1].setWidget(panel)
            host.addDockWidget(AREAS["right"], docks[-1])
    host.resizeDocks(docks, [SIDE_PX] * len(docks), Qt.Orientation.Horizontal)
    if panels:
        host.show()
    return host, view


def _spin(app: QApplication, seconds: float) -> None:
    end = time.perf_counter() + seconds
    while time.perf_counter() < end:
        app.processEvents()


def _pair(values: dict[str, float]) -> str:
    """Write the usual and the worst."""
    return " / ".join(f"{value:.2f}" for value in values.values())


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--channels", type=int, nargs="+", default=[64, 256])
    parser.add_argument("--seconds", type=float, default=20.0, help="measuring time for each case")
    parser.add_argument("--cases", nargs="+", choices=CASES, default=list(CASES))
    parser.add_argument("--json", type=Path, help="write the numbers here as well")
    arguments = parser.parse_args()
    app = QApplication([])
    theme.apply(app)
    rehearse()  # as the window does while nobody waits for it
    results: dict[str, Any] = {}
    columns = (
        "channels at 1 kHz",
        "shown",
        "frames/s",
        "blocked, ms",
        "over 50 ms",
        "own work, ms",
        "at the start, ms",
        "late, ms",
        "CPU %",
    )
    print(f"| {' | '.join(columns)} |\n{'|---' * len(columns)}|")
    for n in arguments.channels:
        results[str(n)] = {}
        for name in arguments.cases:
            found = results[str(n)][name] = measure(app, n, CASES[name], arguments.seconds)
            cells = (
                str(n),
                name,
                "" if found["fps"] is None else f"{found['fps']:.0f}",
                _pair(found["blocked_ms"]),
                str(found["blocked_over_50_ms"]),
                _pair(found["own_work_ms"]),
                f"{found['own_work_at_start_ms']:.1f}",
                _pair(found["late_ms"]),
                f"{found['window_cpu_percent']:.0f}",
            )
            print(f"| {' | '.join(cells)} |", flush=True)
    if arguments.json:
        results["load_average"] = os.getloadavg()
        arguments.json.write_text(json.dumps(results, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
