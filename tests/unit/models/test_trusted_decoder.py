"""What a checkpoint knows of its trustworthiness is in every decision, live as in training."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from models.checkpoints import CARD, load, load_decoder, save
from models.decoder import Decoder
from models.trust import Trust
from pipelines.errors import CheckpointInvalid, ConfigError
from tests.contract.decoder_examples import CLASSES, SPEC, checkpoint, window, windows


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return checkpoint(tmp_path_factory.mktemp("trusted"), "riemann", trusted=True)


def ready(folder: Path, **settings: object) -> Decoder:
    decoder = load_decoder(str(folder), **settings)
    decoder.prepare(SPEC)
    decoder.calibrate(windows(901, 20.0, 12), None)
    return decoder


def test_decisions_carry_sets_and_familiarity_and_are_otherwise_those_of_the_plain_decoder(
    folder: Path, tmp_path: Path
) -> None:
    found = load(folder)
    plain = ready(save(tmp_path / "plain", found.card.model_copy(update={"trust": {}}), found.tensors))
    trust = Trust.of(found)
    for alpha_uv in (20.0, 10.0):
        for w in windows(902, alpha_uv, 10):
            d, before = ready(folder).decode(w), plain.decode(w)
            assert (d.probabilities, d.label) == (before.probabilities, before.label)
            inside = trust.sets.members(before.probabilities)
            assert d.prediction_set == tuple(c for c, i in zip(CLASSES, inside, strict=True) if i)
            assert (before.prediction_set, before.unfamiliarity) == ((), None)
            assert d.unfamiliarity is not None


def test_sets_hold_the_true_class_of_strangers(folder: Path) -> None:
    held = []
    for seed, alpha_uv in ((911, 10.0), (921, 16.0), (931, 22.0), (941, 28.0)):
        decoder = load_decoder(str(folder))
        decoder.prepare(SPEC)
        decoder.calibrate(windows(seed, alpha_uv, 12), None)
        for label, share in zip(CLASSES, (1.0, 0.5), strict=True):
            held += [label in decoder.decode(w).prediction_set for w in windows(seed + 5, share * alpha_uv, 20)]
    assert np.mean(held) > 0.85


def test_a_strange_signal_is_flagged_and_said_in_what(folder: Path) -> None:
    decoder = ready(folder)
    ordinary = windows(903, 20.0, 1)[0]
    assert decoder.decode(ordinary).unfamiliar == ""
    strange = decoder.decode(window(10 * ordinary.samples, 0))
    assert strange.unfamiliar == "amplitude"
    assert not strange.abstained
    careful = ready(folder, abstain_unfamiliar=True).decode(window(10 * ordinary.samples, 0))
    assert (careful.abstained, careful.reason) == (True, "unlike the training signals: amplitude")
    assert careful.probabilities == (0.5, 0.5)


def test_it_says_nothing_where_it_was_wrong_too_often(folder: Path) -> None:
    curve = Trust.of(load(folder)).curve
    lowest = float(curve.risk.min())
    limit = curve.confidence_for(lowest + 0.001)
    assert limit > 0.5
    bold, careful = ready(folder), ready(folder, max_risk=lowest + 0.001)
    seen = set()
    # Alpha between that of rest and that of the task leaves doubt.
    for w in (*windows(904, 20.0, 6), *windows(905, 14.0, 20), *windows(906, 10.0, 6)):
        before, d = bold.decode(w), careful.decode(w)
        assert d.abstained == (max(before.probabilities) < limit)
        assert d.prediction_set == before.prediction_set
        if d.abstained:
            assert d.reason.startswith("not sure enough for")
            assert d.probabilities == (0.5, 0.5)
        seen.add(d.abstained)
    assert seen == {True, False}


def test_the_card_may_ask_for_less_risk_and_a_session_for_more(folder: Path, tmp_path: Path) -> None:
    found = load(folder)
    card = found.card.model_copy(update={"settings": {**found.card.settings, "max_risk": 1e-9}})
    stored = {f"trust.{name}": tensor for name, tensor in found.trust.items()}
    made = save(tmp_path, card, {**found.tensors, **stored})
    if Trust.of(found).curve.risk.min() > 1e-9:
        with pytest.raises(ConfigError, match="max_risk = 1e-09: no more than"):
            load_decoder(str(made))
    ready(made, max_risk=1.0)


@pytest.mark.parametrize(("setting", "value"), [("max_risk", 0.0), ("max_risk", "x"), ("abstain_unfamiliar", "x")])
def test_wrong_settings_are_named(folder: Path, setting: str, value: object) -> None:
    with pytest.raises(ConfigError, match=f"{setting} = "):
        load_decoder(str(folder), **{setting: value})


def test_a_decoder_without_trust_has_no_such_settings(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="unknown key 'max_risk'"):
        load_decoder(str(checkpoint(tmp_path, "riemann")), max_risk=0.1)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda t: t.pop("sets"), "is not as it is written"),
        (lambda t: t["sets"].update(levels=[0.5]), "needs an error rate and 2 levels"),
        (lambda t: t["familiarity"].update(bands_hz=[[4, 8]]), r"1\.mean must have shape \(1,\)"),
        (lambda t: t["familiarity"].update(aspects=["smell"]), "update bci-app"),
        (lambda t: t.update(later=1), "later"),
        (lambda t: t["risk_coverage"].update(risk=[]), "lists of one length"),
    ],
)
def test_a_damaged_card_is_refused(folder: Path, tmp_path: Path, change: object, said: str) -> None:
    table = json.loads((folder / CARD).read_text())
    change(table["trust"])  # type: ignore[operator]
    (tmp_path / CARD).write_text(json.dumps(table))
    (tmp_path / "weights.safetensors").write_bytes((folder / "weights.safetensors").read_bytes())
    with pytest.raises(CheckpointInvalid, match=said):
        load_decoder(str(tmp_path))
