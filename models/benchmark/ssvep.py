"""Accuracy of the untrained SSVEP decoder on SSVEPExo: three flicker frequencies, 2-5 s after the cue."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from models.dataset import Labelled
from models.datasets.ssvep_exo import SsvepExo
from models.decoder import Decoder
from pipelines.plugins import make
from pipelines.signal import Window
from pipelines.stage import Pipeline

FROM_S, SECONDS = 2.0, 3.0


def ssvep_accuracy(data: SsvepExo, tell: Callable[[str], None]) -> dict[str, float]:
    """Return the share of right decisions for each subject, trials of rest left out."""
    hits: dict[str, list[bool]] = {}
    for key in data.keys():
        tell(f"{key.subject}, session {key.session}")
        pairs = decided(data.read(key))
        hits.setdefault(key.subject, []).extend(decision == label for label, decision in pairs if label != "rest")
    return {subject: float(np.mean(right)) for subject, right in hits.items()}


def decided(session: Labelled) -> list[tuple[str, str]]:
    """Return what each trial was and what it was taken for."""
    decoder: Decoder = make("decoders", {"kind": "ssvep_cca", "window_s": SECONDS})
    pipeline = Pipeline([make("stages", dict(table)) for table in decoder.spec.pipeline])
    decoder.prepare(pipeline.prepare(session.spec))
    (chunk,) = session.chunks
    passed = pipeline.process(chunk)
    n_samples = round(SECONDS * session.spec.rate_hz)
    pairs = []
    for trial in session.trials:
        start = int(np.searchsorted(chunk.times_s, trial.start_s - 1e-6)) + round(FROM_S * session.spec.rate_hz)
        part = passed.part(start, start + n_samples)
        if part.n_samples == n_samples:
            decision = decoder.decode(Window(part.samples, part.times_s, part.first_index, part.flags))
            pairs.append((str(trial.label), decision.label))
    return pairs
