"""Frames per second of scrolling traces: our raster against pyqtgraph curves, in the same run.

Ten seconds at 1 kHz on 1600×900 pixels, off-screen. A frame takes 16 new samples of every channel, updates the picture
and grabs the whole widget, so that every pixel is really painted.

    python benchmarks/raster_fps.py [--channels 64 128 256] [--seconds 3] [--json]
"""

from __future__ import annotations

import argparse
import json
import os
import time
from collections.abc import Callable, Iterator

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

import numpy as np
import pyqtgraph as pg
from numpy.typing import NDArray
from PySide6.QtWidgets import QApplication, QWidget

from pipelines.signal import Channel, StreamSpec
from ui import theme
from ui.trace_view import TraceView

RATE_HZ, WINDOW_S, STEP, WIDTH, HEIGHT, LANE_UV = 1000, 10.0, 16, 1600, 900, 100.0
WINDOW = round(RATE_HZ * WINDOW_S)
Frame = Callable[[int], None]


def ours(data: NDArray[np.float32], *, redraw_all: bool) -> tuple[QWidget, Frame]:
    """The trace view; ``redraw_all`` draws every column at each frame instead of the new ones."""
    n_channels = data.shape[1]
    view = TraceView(WINDOW_S, "scroll")
    view.resize(WIDTH, HEIGHT)
    view.show()
    view.prepare(StreamSpec(RATE_HZ, tuple(Channel(f"C{i}") for i in range(n_channels))))
    scales = np.full(n_channels, LANE_UV, dtype=np.float32)
    view.set_scales(scales, "100 µV")
    lost = np.zeros(len(data), dtype=np.bool_)
    view.push(data[:WINDOW], lost[:WINDOW], 0)

    def frame(number: int) -> None:
        start = WINDOW + number * STEP
        rows = np.arange(start, start + STEP) % len(data)
        view.push(data[rows], lost[rows], start)
        if redraw_all:
            view.set_scales(scales, "100 µV")
        else:
            view.show_new()

    return view, frame


def curves(data: NDArray[np.float32], *, decimate: bool) -> tuple[QWidget, Frame]:
    """One pyqtgraph curve per channel, raw or reduced to the minimum and maximum of each pixel column."""
    plot = pg.PlotWidget()
    plot.resize(WIDTH, HEIGHT)
    plot.show()
    n_channels = data.shape[1]
    plot.setXRange(0, WINDOW_S, padding=0)
    plot.setYRange(-1, n_channels, padding=0)
    items = [plot.plot(pen=pg.mkPen(theme.palette().accent)) for _ in range(n_channels)]
    lanes = np.arange(n_channels, dtype=np.float32)

    def frame(number: int) -> None:
        rows = np.arange(number * STEP, number * STEP + WINDOW) % len(data)
        shown = data[rows] / LANE_UV + lanes
        if decimate:
            bins = shown[: WINDOW // 6 * 6].reshape(-1, 6, n_channels)
            shown = np.stack((bins.min(axis=1), bins.max(axis=1)), axis=1).reshape(-1, n_channels)
        times = np.linspace(0, WINDOW_S, len(shown))
        for channel, item in enumerate(items):
            item.setData(times, shown[:, channel])

    return plot, frame


def frames_per_second(app: QApplication, widget: QWidget, frame: Frame, seconds: float) -> float:
    """Frames in a second, grab included; the first three are not counted."""
    for number in range(3):
        _one(app, widget, frame, number)
    count, start = 0, time.perf_counter()
    while time.perf_counter() - start < seconds or count < 3:
        _one(app, widget, frame, count + 3)
        count += 1
    rate = count / (time.perf_counter() - start)
    widget.close()
    widget.deleteLater()
    app.processEvents()
    return rate


def _one(app: QApplication, widget: QWidget, frame: Frame, number: int) -> None:
    frame(number)
    app.processEvents()
    widget.grab()


def measure(app: QApplication, n_channels: int, seconds: float) -> Iterator[tuple[str, float]]:
    rng = np.random.default_rng(0)
    slow = np.cumsum(rng.normal(size=(2 * WINDOW, n_channels)), axis=0)
    data = (slow - np.mean(slow, axis=0)) / np.std(slow, axis=0) * 15 + rng.normal(size=slow.shape) * 8
    data = data.astype(np.float32)
    # pyqtgraph's antialiasing costs more and ours has it always, so it is off here: its best case.
    pg.setConfigOptions(antialias=False)
    yield "ours", frames_per_second(app, *ours(data, redraw_all=False), seconds)
    yield "ours, all columns drawn anew", frames_per_second(app, *ours(data, redraw_all=True), seconds)
    yield "pyqtgraph, one curve per channel", frames_per_second(app, *curves(data, decimate=False), seconds)
    yield "pyqtgraph, decimated", frames_per_second(app, *curves(data, decimate=True), seconds)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--channels", type=int, nargs="+", default=[64, 128, 256])
    parser.add_argument("--seconds", type=float, default=3.0, help="measuring time for each case")
    parser.add_argument("--json", action="store_true")
    arguments = parser.parse_args()
    app = QApplication([])
    theme.apply(app)
    results = {n: dict(measure(app, n, arguments.seconds)) for n in arguments.channels}
    if arguments.json:
        print(json.dumps({"unit": "frames/s", "window_s": WINDOW_S, "rate_hz": RATE_HZ, "fps": results}))
        return
    print("frames per second (times the raw pyqtgraph curves)")
    print(f"{'':34}" + "".join(f"{n:>9} ch    " for n in results))
    for name in next(iter(results.values())):
        cells = [
            f"{fps[name]:7.1f} ({fps[name] / fps['pyqtgraph, one curve per channel']:4.1f}×)"
            for fps in results.values()
        ]
        print(f"{name:34}" + "  ".join(cells))


if __name__ == "__main__":
    main()
