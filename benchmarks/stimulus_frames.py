"""Flicker as it stands on the screen: a second process reads the pixels of the fields, as a photodiode would.

Two blocks of four flickering fields fill the screen that ``DISPLAY`` names. For each field the frequency of what was
read is compared with the one wanted; *marker* is the time from the marker of a flicker to the first change that could
be read (median and worst, ms; how finely is said by *readings*, a second). Without a monitor: under ``xvfb-run``. What
light does behind the graphics card is not seen here; that takes a photodiode.

    xvfb-run -a -s "-screen 0 1280x800x24" python benchmarks/stimulus_frames.py [--seconds 8] [--json FILE]
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import os
import time
from collections.abc import Callable, Sequence
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import numpy as np
from PySide6.QtCore import QSizeF, QThread
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QApplication

from bci_app.commands import InsertMarker
from bci_app.frame_player import StimulusTiming
from devices.clock import now_s
from pipelines.plugins import make
from ui.stimulus_painter import field_places
from ui.stimulus_screens import GlScreen, TimerScreen, nominal_hz
from ui.stimulus_window import StimulusWindow

KINDS = {"opengl": GlScreen, "timer": TimerScreen}
SEARCH_HZ = np.arange(-1.5, 1.5, 0.001)
READ_EVERY_S = 0.001
CHANGED = 12
"""Grey levels by which a field must change to have begun to flicker."""


def read_pixels(columns: list[int], row: int, pipe: Connection) -> None:
    """Read one pixel of each field again and again until told to stop; send times (n,) and grey levels (n, fields)."""
    app = QGuiApplication([])
    screen = app.primaryScreen()
    times_s, levels = [], []
    while not pipe.poll():
        image = screen.grabWindow(0, columns[0], row, columns[-1] - columns[0] + 1, 1).toImage()
        times_s.append(now_s())
        levels.append([image.pixelColor(column - columns[0], 0).red() for column in columns])
        time.sleep(READ_EVERY_S)  # the window needs a processor as well
    pipe.send((np.array(times_s), np.array(levels, dtype=np.float64)))


def run(kind: str, wanted_hz: Sequence[float], seconds: float) -> dict[str, Any]:
    """Show the flicker on one kind of window, and return what was read and what the window says of itself."""
    table = {
        "frequencies_hz": tuple(wanted_hz),
        "blocks": 2,
        "flicker_s": seconds,
        "cue_s": 0.5,
        "pause_s": 0.2,
        "block_pause_s": 1.0,
    }
    window = StimulusWindow(make("paradigms", {"kind": "ssvep", **table}), kind=KINDS[kind])
    size, claimed_hz = window.window.screen().size(), nominal_hz(window.window.screen())
    places = field_places(len(wanted_hz), QSizeF(size))
    columns = [round(place.center().x()) for place in places]
    ours, theirs = multiprocessing.Pipe()
    reader = multiprocessing.get_context("spawn").Process(
        target=read_pixels, args=(columns, round(places[0].center().y()), theirs)
    )
    markers: list[InsertMarker] = []
    ends: list[StimulusTiming] = []
    window.command.connect(markers.append)
    window.finished.connect(lambda timing, _: ends.append(timing))
    _spin(lambda: window.phase == "ready")
    reader.start()
    began_s = now_s()
    _spin(lambda: now_s() - began_s > 3.0)  # until it reads
    window.begin()
    _spin(lambda: bool(ends))
    shown_by = type(window.window).__name__
    ours.send("stop")
    times_s, levels = ours.recv()
    reader.join()
    window.close()
    return {
        "asked_for": kind,
        "shown_by": shown_by,
        "screen": f"{size.width()}x{size.height()}, claims {claimed_hz:g} Hz",
        "says": ends[0].sentence(),
        **judge(times_s, levels, markers, wanted_hz, seconds),
    }


def judge(
    times_s: np.ndarray, levels: np.ndarray, markers: list[InsertMarker], wanted_hz: Sequence[float], seconds: float
) -> dict[str, Any]:
    """Return the frequency of each field (Hz), the time from marker to change (ms), and readings a second."""
    onsets_s = [m.time_s for m in markers if m.label.startswith("ssvep_") and m.time_s is not None]
    found: list[list[float]] = [[] for _ in wanted_hz]
    delays_ms = []
    for onset_s in onsets_s:
        part = (times_s > onset_s + 0.1) & (times_s < onset_s + seconds - 0.1)
        for field, near_hz in enumerate(wanted_hz):
            found[field].append(frequency(times_s[part], levels[part, field], near_hz))
        before = levels[(times_s > onset_s - 0.3) & (times_s < onset_s - 0.1)]
        after = (times_s > onset_s - 0.1) & (times_s < onset_s + 0.5)
        changed = (np.abs(levels[after] - np.median(before, axis=0)) > CHANGED).any(axis=1)
        delays_ms.append(1e3 * (times_s[after][changed.argmax()] - onset_s))
    errors_hz = np.array(found) - np.array(wanted_hz)[:, None]
    return {
        "shown_hz": [round(float(np.mean(values)), 3) for values in found],
        "worst_error_hz": float(np.abs(errors_hz).max()),
        "marker_ms": {"median": float(np.median(delays_ms)), "worst": float(np.max(np.abs(delays_ms)))},
        "readings_per_s": float(1.0 / np.median(np.diff(times_s))),
    }


def frequency(times_s: np.ndarray, level: np.ndarray, near_hz: float) -> float:
    """Return where the power of unevenly sampled values is largest near ``near_hz``."""
    weights = np.gradient(times_s) * np.hanning(len(times_s))
    centred = (level - np.average(level, weights=weights)) * weights
    at_hz = near_hz + SEARCH_HZ
    return float(at_hz[np.abs(np.exp(-2j * np.pi * np.outer(at_hz, times_s - times_s[0])) @ centred).argmax()])


def _spin(done: Callable[[], bool]) -> None:
    while not done():
        QApplication.processEvents()
        QThread.msleep(1)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=8.0, help="of flicker in each trial")
    parser.add_argument("--hz", type=float, nargs="+", default=[8.0, 10.0, 12.0, 15.0], help="of the fields")
    parser.add_argument("--kind", nargs="+", choices=KINDS, default=list(KINDS))
    parser.add_argument("--json", type=Path, help="write the numbers here as well")
    arguments = parser.parse_args()
    app = QApplication([])
    if app.platformName() == "offscreen":
        raise SystemExit("an off-screen window has no pixels that another process can read: use xvfb-run")
    results = []
    for kind in arguments.kind:
        results.append(found := run(kind, arguments.hz, arguments.seconds))
        print(f"asked for {kind}: shown by {found['shown_by']} on {found['screen']}\n  {found['says']}")
        print(f"  wanted {arguments.hz} Hz, read {found['shown_hz']} Hz, worst {found['worst_error_hz']:.3f} Hz off")
        print(
            f"  marker {found['marker_ms']['median']:.1f} / {found['marker_ms']['worst']:.1f} ms, "
            f"{found['readings_per_s']:.0f} readings",
            flush=True,
        )
    if arguments.json:
        about = {"load_average": os.getloadavg(), "runs": results}
        arguments.json.write_text(json.dumps(about, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
