"""Accuracy of the untrained SSVEP decoder on SSVEPExo: three flicker frequencies, 2-5 s after the cue."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from models.datasets.ssvep_exo import SsvepExo
from models.decoder import Decoder
from pipelines.plugins import make
from pipelines.signal import Chunk, StreamSpec, Window
from pipelines.stage import Pipeline

FROM_S, SECONDS = 2.0, 3.0


def ssvep_accuracy(data: SsvepExo, tell: Callable[[str], None]) -> dict[str, float]:
    """Return the share of right decisions for each subject, trials of rest left out."""
    accuracy = {}
    for subject, sessions in data.sessions().items():
        tell(subject)
        hits = [
            decision == label for path in sessions for label, decision in decided(*data.read(path)) if label != "rest"
        ]
        accuracy[subject] = float(np.mean(hits))
    return accuracy


def decided(spec: StreamSpec, chunk: Chunk) -> list[tuple[str, str]]:
    """Return what each trial was and what it was taken for; its markers say where it begins and what it is."""
    decoder: Decoder = make("decoders", {"kind": "ssvep_cca", "window_s": SECONDS})
    pipeline = Pipeline([make("stages", dict(table)) for table in decoder.spec.pipeline])
    decoder.prepare(pipeline.prepare(spec))
    passed = pipeline.process(chunk)
    pairs = []
    for marker in chunk.markers:
        start = int(np.searchsorted(chunk.times_s, marker.time_s - 1e-6)) + round(FROM_S * spec.rate_hz)
        part = passed.part(start, start + round(SECONDS * spec.rate_hz))
        if part.n_samples == round(SECONDS * spec.rate_hz):
            decision = decoder.decode(Window(part.samples, part.times_s, part.first_index, part.flags))
            pairs.append((marker.label, decision.label))
    return pairs
