"""One checkpoint, several electrode sets: the largest complete one decides, and says so."""

from __future__ import annotations

import logging
from pathlib import Path

import pytest

from models.checkpoints import MONTAGES, load, load_decoder, save
from models.montage_choice import MontageChoice
from pipelines.errors import ChannelMismatch
from pipelines.signal import Channel, StreamSpec
from tests.contract.decoder_examples import RATE_HZ, checkpoint


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Four electrodes, and two smaller sets: three of them, the fourth interpolated, and two others."""
    folder = checkpoint(tmp_path_factory.mktemp("sets"), "bandpower")
    found = load(folder)
    for name, electrodes in (("three", ("Fz", "C3", "O1")), ("two", ("TP9", "TP10"))):
        spec = {**found.card.spec, "model_id": f"example-{name}", "summary": f"{name} of them"}
        card = found.card.model_copy(update={"spec": spec, "electrodes": electrodes})
        save(folder / MONTAGES / name, card, found.tensors)
    return folder


def stream(*names: str) -> StreamSpec:
    return StreamSpec(RATE_HZ, tuple(Channel(name) for name in names), "headset")


@pytest.mark.parametrize(
    ("names", "chosen"),
    [
        (("Fz", "C3", "O1", "O2"), "example-bandpower"),
        (("O2", "EEG FZ-Ref", "o1", "C3", "Pz", "TP9", "TP10"), "example-bandpower"),
        (("Fz", "C3", "O1", "TP9", "TP10"), "example-three"),
        (("TP9", "AF7", "AF8", "TP10"), "example-two"),
    ],
)
def test_the_largest_complete_set_decides(
    folder: Path, names: tuple[str, ...], chosen: str, caplog: pytest.LogCaptureFixture
) -> None:
    decoder = load_decoder(str(folder))
    assert isinstance(decoder, MontageChoice)
    with caplog.at_level(logging.WARNING):
        decoder.choose(stream(*names))
    assert decoder.spec.model_id == chosen
    if chosen == "example-bandpower":
        assert not caplog.records
    else:
        (told,) = (record.getMessage() for record in caplog.records)
        assert f"{chosen} decides instead: {chosen.removeprefix('example-')} of them" in told


def test_what_no_set_covers_is_refused_naming_what_each_lacks(folder: Path) -> None:
    decoder = load_decoder(str(folder))
    assert isinstance(decoder, MontageChoice)
    with pytest.raises(ChannelMismatch) as refusal:
        decoder.choose(stream("Fz", "C3", "TP9"))
    for text in ("all 4 lacks O1, O2", "three (3) lacks O1", "two (2) lacks TP10", "It has C3, Fz, TP9"):
        assert text in str(refusal.value)


def test_channels_of_another_kind_are_no_electrodes(folder: Path) -> None:
    decoder = load_decoder(str(folder))
    assert isinstance(decoder, MontageChoice)
    spec = StreamSpec(RATE_HZ, (Channel("TP9"), Channel("TP10", kind="misc")), "headset")
    with pytest.raises(ChannelMismatch, match=r"two \(2\) lacks TP10"):
        decoder.choose(spec)


def test_the_first_stream_decides(folder: Path) -> None:
    decoder = load_decoder(str(folder))
    assert isinstance(decoder, MontageChoice)
    decoder.choose(stream("TP9", "TP10"))
    decoder.choose(stream("Fz", "C3", "O1", "O2"))
    assert decoder.spec.model_id == "example-two"


def test_settings_reach_the_smaller_sets(folder: Path) -> None:
    decoder = load_decoder(str(folder), n_tapers=2)
    assert isinstance(decoder, MontageChoice)
    decoder.choose(stream("TP9", "TP10"))
    assert decoder.spec.model_id == "example-two"
