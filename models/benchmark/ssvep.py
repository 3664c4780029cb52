"""The untrained SSVEP decoder on SSVEPExo (Kalunga et al. 2016, Neurocomputing 191:55; CC0)."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from pathlib import Path

import mne
import numpy as np

from models.decoders.ssvep_cca import Settings, build
from pipelines.errors import RecordingError
from pipelines.plugins import make
from pipelines.signal import Channel, StreamSpec, Window, make_chunk
from pipelines.stage import Pipeline

CODES = {2: "13 Hz", 3: "21 Hz", 4: "17 Hz"}
FROM_S, SECONDS = 2.0, 3.0
DUPLICATE = ("subject07", "2012.07.11-15.33.08")
"""Holds the same samples as the session of that name of subject 03."""


def ssvep_accuracy(folder: Path, tell: Callable[[str], None]) -> dict[str, float]:
    """Return the share of right decisions for each subject folder, rest trials left out."""
    sessions: dict[str, list[float]] = {}
    for path in sorted(folder.glob("subject*/*_raw.fif")):
        subject = path.parent.name
        if subject == DUPLICATE[0] and DUPLICATE[1] in path.name:
            continue
        tell(f"{subject}: {path.name}")
        sessions.setdefault(subject, []).extend(_session(path))
    if not sessions:
        raise RecordingError(f"{folder}: no subject*/*_raw.fif here")
    return {subject: float(np.mean(hits)) for subject, hits in sessions.items()}


def _session(path: Path) -> list[float]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        raw = mne.io.read_raw_fif(path, preload=True, verbose="error")
        events = mne.read_events(str(path).replace("_raw.fif", "-eve.fif"), verbose="error")
    decoder = build(Settings(window_s=SECONDS))
    spec = StreamSpec(float(raw.info["sfreq"]), tuple(Channel(n, unit="unknown") for n in raw.ch_names), path.name)
    pipeline = Pipeline([make("stages", dict(table)) for table in decoder.spec.pipeline])
    decoder.prepare(pipeline.prepare(spec))
    rows = raw.get_data().T
    chunk = pipeline.process(make_chunk(rows, np.arange(len(rows)) / spec.rate_hz, 0))
    hits = []
    for at, _, code in events:
        if code in CODES:
            start = int(at - raw.first_samp + FROM_S * spec.rate_hz)
            stop = start + round(SECONDS * spec.rate_hz)
            part = chunk.part(start, stop)
            window = Window(part.samples, part.times_s, part.first_index, part.flags)
            hits.append(float(decoder.decode(window).label == CODES[code]))
    return hits
