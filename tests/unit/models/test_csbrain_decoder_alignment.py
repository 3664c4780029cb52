"""The live CSBrain decoder of weights that were trained on windows aligned to rest."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from models.alignment import RestAlignment
from models.checkpoints import Card, load_decoder, save
from models.csbrain.classifier import Architecture, Classifier
from models.csbrain.montages import montage_of
from models.decoder import DecoderSpec
from pipelines.errors import ModelError
from pipelines.signal import Channel, StreamSpec, Window, make_chunk
from tests.unit.models.csbrain_examples import generated_weights

NAMES = ("Fz", "Cz", "Pz", "Oz", "T7")
MONTAGE = montage_of(NAMES)
ARCHITECTURE = Architecture(
    regions=MONTAGE.regions, order=MONTAGE.order, n_layers=1, d_model=40, n_heads=4, d_ff=80, alignment="euclid"
)
SPEC = DecoderSpec("csbrain-aligned", ("rest", "task"), 2.0, 200.0, NAMES, calibration_s=10.0)
STREAM = StreamSpec(200.0, tuple(Channel(name) for name in NAMES), "headset")


@pytest.fixture
def folder(tmp_path: Path) -> str:
    classifier = Classifier(ARCHITECTURE, 2)
    card = Card(kind="csbrain", spec=SPEC, architecture=ARCHITECTURE.model_dump(mode="json"))
    return str(save(tmp_path / "aligned", card, generated_weights(classifier)))


def window(seed: int, gain: float = 1.0) -> Window:
    samples = np.random.default_rng(seed).standard_normal((400, 5)) * 20 * gain
    samples[:, 1] += samples[:, 0]
    chunk = make_chunk(samples, seed + np.arange(400) / 200, 200 * seed)
    return Window(chunk.samples, chunk.times_s, 200 * seed, chunk.flags, window_index=seed)


def rest(gain: float = 1.0) -> list[Window]:
    return [window(seed, gain) for seed in range(8)]


def test_it_decides_on_what_is_relative_to_rest(folder: str) -> None:
    decoder = load_decoder(folder)
    decoder.prepare(STREAM)
    decoder.warm_up()
    with pytest.raises(ModelError, match="not calibrated"):
        decoder.decode(window(20))
    decoder.calibrate(rest(), None)
    got = decoder.decode(window(20)).probabilities
    aligned = RestAlignment.of("euclid", np.stack([w.samples.T for w in rest()]))(window(20).samples.T)
    classifier = Classifier(ARCHITECTURE, 2).eval()
    classifier.load_state_dict(generated_weights(classifier))
    with torch.inference_mode():
        scores = classifier(torch.from_numpy(aligned / 100).reshape(1, 5, 2, 200))
    assert got == pytest.approx(torch.softmax(scores[0].double(), 0).tolist(), abs=1e-5)
    # Ten times the amplitude in rest and task alike changes nothing.
    decoder.calibrate(rest(10.0), None)
    assert decoder.decode(window(20, 10.0)).probabilities == pytest.approx(got, abs=1e-4)


def test_of_labelled_windows_the_first_class_counts(folder: str) -> None:
    decoder = load_decoder(folder)
    decoder.calibrate(rest(), None)
    wanted = decoder.decode(window(20))
    task = [window(seed, 5.0) for seed in range(30, 34)]
    decoder.calibrate([*rest(), *task], ["rest"] * 8 + ["task"] * 4)
    assert decoder.decode(window(20)) == wanted


def test_too_little_rest_is_refused_and_a_new_person_begins_anew(folder: str) -> None:
    decoder = load_decoder(folder)
    with pytest.raises(ModelError, match="got 2: give it 4 s of rest or more"):
        decoder.calibrate(rest()[:2], None)
    with pytest.raises(ModelError, match="got 1"):
        decoder.calibrate([replace(rest()[0], window_index=i) for i in range(9)], None)
    decoder.calibrate(rest(), None)
    decoder.prepare(STREAM)
    with pytest.raises(ModelError, match="not calibrated"):
        decoder.decode(window(20))


def test_with_drift_the_reference_follows(folder: str) -> None:
    still, moving = load_decoder(folder), load_decoder(folder, drift=0.3)
    for decoder in (still, moving):
        decoder.calibrate(rest(), None)
        for seed in range(40, 60):
            decoder.decode(window(seed, 4.0))
    quiet = load_decoder(folder)
    quiet.calibrate(rest(4.0), None)
    wanted = np.array(quiet.decode(window(70, 4.0)).probabilities)
    gaps = [np.abs(np.array(d.decode(window(70, 4.0)).probabilities) - wanted).max() for d in (still, moving)]
    assert gaps[1] < 0.5 * gaps[0]
