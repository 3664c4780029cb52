"""The laws of ``models.decoder.Decoder``, on every decoder that is shipped."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.decoder import Decoder
from pipelines.decision import Decision
from pipelines.errors import BciError, CheckpointInvalid, DecodeFailed, ModelError, SpecMismatch
from pipelines.plugins import load, make, names
from pipelines.signal import Channel, StreamSpec
from tests.contract.decoder_examples import EXAMPLES, SPEC, window, windows

REST = windows(1, 20.0, 20)
OTHER_REST = windows(2, 5.0, 20)
MIXED = windows(3, 20.0, 6) + windows(4, 8.0, 6)
NEEDS_REST = ("alpha", "bandpower", "riemann", "trusted")


@cache
def build(kind: str) -> Decoder:
    """One decoder of a kind for all laws; ``prepare`` is the way to reset it."""
    with TemporaryDirectory() as folder:
        return EXAMPLES[kind](Path(folder))


@pytest.fixture(params=sorted(EXAMPLES))
def kind(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def fresh(kind: str) -> Decoder:
    decoder = build(kind)
    decoder.prepare(SPEC)
    return decoder


@pytest.fixture
def decoder(fresh: Decoder) -> Decoder:
    fresh.calibrate(REST, None)
    return fresh


def answers(decoder: Decoder) -> list[tuple[object, ...]]:
    return [said(decoder.decode(w)) for w in MIXED]


def said(d: Decision) -> tuple[object, ...]:
    """Everything a decision says of the window."""
    return d.probabilities, d.abstained, d.reason, d.prediction_set, d.unfamiliarity, d.unfamiliar


@pytest.mark.parametrize("kind", sorted(set(names("decoders")) - set(EXAMPLES)))
def test_decoder_without_an_example_asks_for_its_weights(kind: str) -> None:
    with pytest.raises(CheckpointInvalid):
        make("decoders", {"kind": kind})


@pytest.mark.parametrize("kind", names("decoders"))
def test_settings_have_defaults_that_are_explained(kind: str) -> None:
    fields = load("decoders", kind).Settings().model_fields_set
    assert fields == set()
    for name, field in load("decoders", kind).Settings.model_fields.items():
        assert field.description, name


def test_spec_speaks_for_itself(decoder: Decoder) -> None:
    spec = decoder.spec
    assert spec.model_id
    assert len(set(spec.classes)) == len(spec.classes) >= 2
    assert spec.window_s > 0
    assert spec.hop_s > 0


def test_probabilities_are_a_distribution_over_the_classes(decoder: Decoder) -> None:
    for w in MIXED:
        decision = decoder.decode(w)
        assert decision.labels == decoder.spec.classes
        assert sum(decision.probabilities) == pytest.approx(1.0, abs=1e-9)
        assert min(decision.probabilities) >= 0


def test_what_is_said_on_trust_fits_together(decoder: Decoder) -> None:
    for w in (*MIXED, window(100 * MIXED[0].samples, 0)):
        d = decoder.decode(w)
        assert set(d.prediction_set) <= set(d.labels)
        assert not d.prediction_set or d.abstained or d.label in d.prediction_set
        assert bool(d.unfamiliar) == (d.unfamiliarity is not None and d.unfamiliarity > 1)
        assert d.unfamiliarity is None or 0 <= d.unfamiliarity < np.inf


def test_decision_says_which_window_and_which_model(decoder: Decoder) -> None:
    decision = decoder.decode(MIXED[4])
    assert decision.window_index == MIXED[4].window_index
    assert (decision.start_s, decision.end_s) == (MIXED[4].times_s[0], MIXED[4].times_s[-1])
    assert decision.model_id == decoder.spec.model_id


@given(data=st.data())
@settings(deadline=None, max_examples=10)
@pytest.mark.parametrize("name", sorted(EXAMPLES))
def test_order_of_decoding_is_irrelevant(name: str, data: st.DataObject) -> None:
    decoder = build(name)
    decoder.prepare(SPEC)
    decoder.calibrate(REST, None)
    order = data.draw(st.permutations(range(len(MIXED))))
    straight = answers(decoder)
    assert [said(decoder.decode(MIXED[i])) for i in order] == [straight[i] for i in order]


def test_calibrating_twice_equals_the_last_time(decoder: Decoder) -> None:
    once = answers(decoder)
    decoder.calibrate(OTHER_REST, None)
    decoder.calibrate(REST, None)
    assert answers(decoder) == once


def test_calibration_matters_to_those_that_need_it(kind: str, decoder: Decoder) -> None:
    before = answers(decoder)
    decoder.calibrate(OTHER_REST, None)
    assert (answers(decoder) != before) == (kind in NEEDS_REST)


def test_window_given_to_calibrate_may_be_overwritten(fresh: Decoder) -> None:
    own = [replace(w, samples=w.samples.copy()) for w in REST]
    fresh.calibrate(own, None)
    before = answers(fresh)
    for w in own:
        w.samples[:] = 0
    assert answers(fresh) == before


def test_input_is_not_written_to(decoder: Decoder) -> None:
    rows = MIXED[0].samples.copy()
    rows.flags.writeable = False
    decoder.decode(replace(MIXED[0], samples=rows))
    np.testing.assert_array_equal(rows, MIXED[0].samples)


def test_without_rest_there_is_an_answer_or_a_reason(kind: str, fresh: Decoder) -> None:
    if kind in NEEDS_REST:
        with pytest.raises(ModelError, match="not calibrated"):
            fresh.decode(MIXED[0])
    else:
        assert sum(fresh.decode(MIXED[0]).probabilities) == pytest.approx(1.0)


def test_preparing_again_forgets_the_calibration(kind: str, decoder: Decoder) -> None:
    decoder.prepare(SPEC)
    if kind in NEEDS_REST:
        with pytest.raises(ModelError, match="not calibrated"):
            decoder.decode(MIXED[0])


@pytest.mark.parametrize("kind", NEEDS_REST)
@pytest.mark.parametrize("count", [0, 1, 2])
def test_too_little_rest_is_refused_with_the_number_needed(fresh: Decoder, count: int) -> None:
    with pytest.raises(ModelError, match=rf"needs at least \d+ .*got {count} out of {count}"):
        fresh.calibrate(REST[:count], None)


def test_failed_calibration_leaves_the_old_one(kind: str, decoder: Decoder) -> None:
    before = answers(decoder)
    if kind in NEEDS_REST:
        with pytest.raises(ModelError):
            decoder.calibrate(REST[:1], None)
    assert answers(decoder) == before


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_nonfinite_value_is_refused(decoder: Decoder, value: float) -> None:
    rows = MIXED[0].samples.copy()
    rows[17, 2] = value
    with np.errstate(invalid="ignore"), pytest.raises(DecodeFailed, match="not finite"):
        decoder.decode(window(rows, 0))


def test_flat_window_gives_a_distribution(decoder: Decoder) -> None:
    decision = decoder.decode(window(np.zeros_like(REST[0].samples), 0))
    assert sum(decision.probabilities) == pytest.approx(1.0)
    assert np.isfinite(decision.probabilities).all()


def _renamed(spec: StreamSpec) -> StreamSpec:
    return spec.with_channels((Channel("Pz"), *spec.channels[1:]))


@pytest.mark.parametrize("kind", ["bandpower", "riemann", "trusted"])
@pytest.mark.parametrize(
    ("change", "texts"),
    [
        (lambda s: replace(s, rate_hz=250.0), ["250 Hz"]),
        (_renamed, ["missing channels: Fz", "Pz"]),
        (lambda s: s.with_channels(s.channels[::-1]), ["another order"]),
        (lambda s: s.with_channels(tuple(replace(c, unit="unknown") for c in s.channels)), ["unit is unknown"]),
        (lambda s: replace(_renamed(s), rate_hz=512.0), ["512 Hz", "missing channels: Fz"]),
    ],
)
def test_wrong_spec_is_refused_naming_every_difference(
    fresh: Decoder, change: Callable[[StreamSpec], StreamSpec], texts: list[str]
) -> None:
    with pytest.raises(SpecMismatch) as refusal:
        fresh.prepare(change(SPEC))
    for text in texts:
        assert text in str(refusal.value)


@pytest.mark.parametrize("kind", ["alpha", "ssvep_cca"])
def test_stream_too_slow_for_the_frequencies_is_refused(fresh: Decoder, kind: str) -> None:
    with pytest.raises(SpecMismatch, match="rate is 32 Hz"):
        fresh.prepare(replace(SPEC, rate_hz=32.0))


def test_warming_up_changes_nothing(kind: str, decoder: Decoder) -> None:
    before = answers(decoder)
    decoder.warm_up()
    assert answers(decoder) == before


def test_closing_twice_is_harmless(decoder: Decoder) -> None:
    decoder.close()
    decoder.close()


def test_everything_refused_is_ours(fresh: Decoder) -> None:
    with pytest.raises(BciError):
        fresh.prepare(StreamSpec(20.0, (Channel("aux", kind="misc"),), "nothing fits"))
