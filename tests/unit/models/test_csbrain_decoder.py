"""The live CSBrain decoder, through real checkpoint folders and the plug-in loader."""

from __future__ import annotations

import logging
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from models.calibration import LogisticCalibration
from models.checkpoints import Card, load_decoder, save
from models.csbrain.classifier import Architecture, Classifier
from models.csbrain.montages import montage_of
from models.decoder import DecoderSpec
from pipelines import plugins
from pipelines.errors import CheckpointInvalid, ConfigError, DecodeFailed, ModelError, SpecMismatch
from pipelines.signal import Channel, StreamSpec, Window, make_chunk
from tests.unit.models.csbrain_examples import generated_weights

NAMES = ("Fz", "Cz", "Pz", "Oz", "T7")
SPEC = DecoderSpec(
    model_id="csbrain-small",
    classes=("rest", "arithmetic"),
    window_s=3.0,
    rate_hz=200.0,
    channels=NAMES,
    unit="uV",
)
MONTAGE = montage_of(NAMES)
SIZE = {"n_layers": 2, "d_model": 40, "n_heads": 4, "d_ff": 80}
ARCHITECTURE = Architecture(regions=MONTAGE.regions, order=MONTAGE.order, **SIZE)


def checkpoint(folder: Path, *, spec: DecoderSpec = SPEC, tensors=None, **card) -> str:
    classifier = Classifier(ARCHITECTURE, len(spec.classes))
    fields = {"kind": "csbrain", "architecture": ARCHITECTURE.model_dump(mode="json"), **card}
    return str(save(folder / "small", Card(spec=spec, **fields), tensors or generated_weights(classifier)))


def window(seed: int = 0, n_samples: int = 600, n_channels: int = 5) -> Window:
    samples = np.random.default_rng(seed).standard_normal((n_samples, n_channels)) * 30
    chunk = make_chunk(samples, 10.0 + np.arange(n_samples) / 200, 0)
    return Window(chunk.samples, chunk.times_s, 0, chunk.flags, window_index=seed)


def stream(**changes) -> StreamSpec:
    return replace(StreamSpec(200.0, tuple(Channel(name) for name in NAMES), "headset"), **changes)


def test_decision_is_the_networks_answer(tmp_path: Path) -> None:
    decoder = load_decoder(checkpoint(tmp_path))
    decoder.prepare(stream())
    decoder.warm_up()
    seen = window(3)
    got = decoder.decode(seen)
    classifier = Classifier(ARCHITECTURE, 2).eval()
    classifier.load_state_dict(generated_weights(classifier))
    # Second by second, channel by channel: no reshaping trick that could hide a wrong axis.
    x = torch.zeros(1, 5, 3, 200)
    for c in range(5):
        for t in range(3):
            x[0, c, t] = torch.from_numpy(seen.samples[200 * t : 200 * (t + 1), c] / np.float32(100))
    with torch.inference_mode():
        wanted = torch.softmax(classifier(x)[0].double(), 0)
    assert got.probabilities == pytest.approx(wanted.tolist(), abs=1e-6)
    assert sum(got.probabilities) == pytest.approx(1.0)
    assert (got.labels, got.model_id, got.window_index) == (SPEC.classes, "csbrain-small", 3)
    assert (got.start_s, got.end_s, got.abstained) == (10.0, pytest.approx(12.995), False)


def test_decisions_are_bit_identical_whatever_the_order_and_the_instance(tmp_path: Path) -> None:
    where = checkpoint(tmp_path)
    one, two = load_decoder(where), load_decoder(where)
    one.warm_up()
    forward = [one.decode(window(i)).probabilities for i in range(4)]
    backward = [two.decode(window(i)).probabilities for i in reversed(range(4))]
    assert forward == backward[::-1]
    assert len(set(forward)) == 4


def test_calibrating_changes_nothing(tmp_path: Path) -> None:
    decoder = load_decoder(checkpoint(tmp_path))
    before = decoder.decode(window())
    decoder.calibrate([window(1), window(2)], None)
    assert decoder.decode(window()) == before


def test_the_live_path_has_one_thread(tmp_path: Path) -> None:
    torch.set_num_threads(2)
    load_decoder(checkpoint(tmp_path))
    assert torch.get_num_threads() == 1


@pytest.mark.parametrize(
    ("delivered", "named"),
    [
        (stream(rate_hz=250.0), "rate is 250 Hz, needed 200 Hz"),
        (stream(channels=tuple(Channel(n) for n in NAMES[:4])), "missing channels: T7"),
        (stream(channels=tuple(Channel(n) for n in NAMES[::-1])), "another order"),
        (stream(channels=tuple(Channel(n, unit="V") for n in NAMES)), "unit is V, needed uV"),
    ],
)
def test_a_signal_that_does_not_fit_is_refused(tmp_path: Path, delivered: StreamSpec, named: str) -> None:
    decoder = load_decoder(checkpoint(tmp_path))
    with pytest.raises(SpecMismatch, match=f"csbrain-small does not fit headset.*{named}"):
        decoder.prepare(delivered)


def test_a_window_of_another_shape_is_refused(tmp_path: Path) -> None:
    decoder = load_decoder(checkpoint(tmp_path))
    with pytest.raises(SpecMismatch, match=r"\(400, 5\), needs \(600, 5\)"):
        decoder.decode(window(n_samples=400))


def test_an_answer_that_is_not_finite_is_a_failure(tmp_path: Path) -> None:
    decoder = load_decoder(checkpoint(tmp_path))
    seen = window(8)
    samples = seen.samples.copy()
    samples[5, 1] = np.nan
    with pytest.raises(DecodeFailed, match="window 8: scores are not finite"):
        decoder.decode(replace(seen, samples=samples))


def test_logistic_calibration_of_the_card_applies(tmp_path: Path) -> None:
    plain = load_decoder(checkpoint(tmp_path / "a")).decode(window()).probabilities
    log_odds = np.log(plain[1] / plain[0])
    table = LogisticCalibration(0.5, 2.0).to_dict()
    got = load_decoder(checkpoint(tmp_path / "b", calibration=table)).decode(window()).probabilities
    assert np.log(got[1] / got[0]) == pytest.approx(0.5 * log_odds + 2.0, abs=1e-9)


def test_temperature_of_the_card_applies_to_three_classes(tmp_path: Path) -> None:
    spec = replace(SPEC, classes=("a", "b", "c"))
    plain = load_decoder(checkpoint(tmp_path / "a", spec=spec)).decode(window()).probabilities
    hot = checkpoint(tmp_path / "b", spec=spec, calibration={"temperature": 4.0})
    got = load_decoder(hot).decode(window()).probabilities
    assert np.diff(np.log(got)) == pytest.approx(np.diff(np.log(plain)) / 4, abs=1e-9)


def test_abstains_when_no_class_leads_and_says_why(tmp_path: Path) -> None:
    flat = checkpoint(tmp_path, calibration={"slope": 1e-6, "offset": 0.0})
    got = load_decoder(flat, abstain_margin=0.1).decode(window())
    assert (got.abstained, got.label, got.probabilities) == (True, "", (0.5, 0.5))
    assert got.reason == "no class leads by 0.1"
    assert not load_decoder(flat).decode(window()).abstained


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a CUDA GPU")
def test_a_missing_gpu_is_told_and_the_cpu_decides(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    where = checkpoint(tmp_path)
    with caplog.at_level(logging.WARNING):
        decoder = load_decoder(where, device="cuda")
    assert "csbrain-small: CUDA was asked for; running on the CPU" in caplog.text
    assert decoder.decode(window()) == load_decoder(where).decode(window())


@pytest.mark.skipif(not torch.cuda.is_available(), reason="there is no CUDA GPU")
def test_cuda_decides_as_the_cpu_does(tmp_path: Path) -> None:
    where = checkpoint(tmp_path)
    on_gpu = load_decoder(where, device="cuda").decode(window()).probabilities
    assert on_gpu == pytest.approx(load_decoder(where).decode(window()).probabilities, abs=1e-3)


def test_closed_twice_and_used_afterwards(tmp_path: Path) -> None:
    decoder = load_decoder(checkpoint(tmp_path))
    decoder.close()
    decoder.close()
    with pytest.raises(ModelError, match="closed"):
        decoder.decode(window())


def test_without_weights_it_says_what_to_give() -> None:
    with pytest.raises(CheckpointInvalid, match="csbrain: needs trained weights"):
        load_decoder("csbrain")


@pytest.mark.parametrize(
    ("spec", "named"),
    [
        (replace(SPEC, rate_hz=250.0), "rate_hz = 250"),
        (replace(SPEC, unit="V"), "unit = 'V'"),
        (replace(SPEC, channels=None), "channels are not named"),
        (replace(SPEC, window_s=2.5), "window_s = 2.5"),
        (replace(SPEC, classes=("a",)), r"classes = \('a',\)"),
        (replace(SPEC, channels=NAMES[:4]), "5 regions for 4 channels"),
    ],
)
def test_a_card_that_the_network_cannot_serve_is_refused(tmp_path: Path, spec: DecoderSpec, named: str) -> None:
    with pytest.raises(CheckpointInvalid, match=named):
        load_decoder(checkpoint(tmp_path, spec=spec))


@pytest.mark.parametrize(
    ("architecture", "named"),
    [
        ({}, "regions"),
        (ARCHITECTURE.model_dump() | {"layout": "wild"}, "architecture: layout = 'wild'"),
        (ARCHITECTURE.model_dump() | {"colour": 1}, "unknown key 'colour'"),
        (ARCHITECTURE.model_dump() | {"order": (0, 1, 2, 3, 3)}, "each of the 5 channels once"),
        (ARCHITECTURE.model_dump() | {"n_layers": 3}, r"network\.encoder\.layers\.2.*is missing"),
        (ARCHITECTURE.model_dump() | {"d_ff": 81}, r"linear1\.weight has shape \(80, 40\), not \(81, 40\)"),
    ],
)
def test_a_wrong_architecture_is_named(tmp_path: Path, architecture, named: str) -> None:
    with pytest.raises(CheckpointInvalid, match=named):
        load_decoder(checkpoint(tmp_path, architecture=architecture))


def test_a_wrong_calibration_names_folder_and_key(tmp_path: Path) -> None:
    with pytest.raises(CheckpointInvalid, match=r"small: calibration: needs the keys slope and offset"):
        load_decoder(checkpoint(tmp_path, calibration={"temperature": 2.0}))


def test_a_checkpoint_of_another_kind_is_refused(tmp_path: Path) -> None:
    where = checkpoint(tmp_path, kind="alpha")
    with pytest.raises(CheckpointInvalid, match="kind = 'alpha', not 'csbrain'"):
        plugins.make("decoders", {"kind": "csbrain", "checkpoint": where})


def test_settings_are_checked(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="abstain_margin = 2"):
        load_decoder(checkpoint(tmp_path), abstain_margin=2)
