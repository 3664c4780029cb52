"""What the first second of a session needs, done once before anybody waits for it.

Stages are imported when they are first named, and compiled kernels are loaded when they are first called: together a
second of work, in which a window would stand still in the midst of a signal.
"""

from __future__ import annotations

import logging

import numpy as np

from pipelines.errors import BciError
from pipelines.plugins import names
from pipelines.signal import Channel, StreamSpec
from pipelines.spectra import BANDS_HZ
from ui import theme
from ui.live_spectra import LiveSpectra
from ui.raster import RasterStyle, TraceRaster
from ui.shown_signal import DecoderSignal, FilteredSignal

log = logging.getLogger(__name__)

RATE_HZ, SECONDS = 250.0, 3
NAMES = ("Fp1", "Fp2", "C3", "Cz", "C4", "Pz", "O1", "O2")
WIDTH, HEIGHT = 200, 80


def rehearse() -> None:
    """Send a short signal through every stage, the filters of the traces, their raster, and a spectrum."""
    spec = StreamSpec(RATE_HZ, tuple(Channel(name) for name in NAMES), "rehearsal")
    n = round(SECONDS * RATE_HZ)
    samples = np.random.default_rng(0).standard_normal((n, spec.n_channels)).astype(np.float32)
    lost = np.zeros(n, dtype=np.bool_)
    lost[10] = True
    for kind in names("stages"):
        try:
            DecoderSignal(spec, [{"kind": kind}]).process(samples, lost, 0)
        except BciError as exc:  # one that needs settings says so
            log.debug("%s: %s", kind, exc)
    shown = FilteredSignal(spec, 1.0, 40.0, 50.0).process(samples, lost, 0)
    raster = TraceRaster(spec.n_channels, n, round(RATE_HZ), WIDTH, HEIGHT, _style(spec.n_channels))
    raster.push(shown.samples, shown.lost, 0)
    raster.flag(20, 40)
    raster.draw()
    spectra = LiveSpectra(spec, 1.0, 0.5, SECONDS, BANDS_HZ["gamma"][1])
    spectra.push_rows(samples, lost, 0)
    spectra.update()


def _style(n_channels: int) -> RasterStyle:
    colours = theme.palette()
    middle = np.linspace(0, HEIGHT, n_channels, dtype=np.float32)
    one = np.ones(n_channels, dtype=np.float32)
    ink = np.full(n_channels, theme.argb(colours.text), dtype=np.uint32)
    paper = theme.argb(colours.background)
    return RasterStyle(middle, one, one, HEIGHT * one, ink, paper, paper, paper, paper)
