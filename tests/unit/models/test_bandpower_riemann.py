"""The two decoders relative to rest: they work, they fit their card, and the hop does not matter."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from models.checkpoints import load, load_decoder, save
from models.rest_decoder import spaced
from pipelines.errors import CheckpointInvalid, ModelError
from pipelines.plugins import make
from pipelines.signal import Window
from tests.contract.decoder_examples import CLASSES, N_SAMPLES, RATE_HZ, SPEC, checkpoint, samples, windows

KINDS = ("bandpower", "riemann")


@pytest.mark.parametrize("kind", KINDS)
def test_people_never_seen_are_decoded_after_some_rest(kind: str, tmp_path: Path) -> None:
    decoder = load_decoder(str(checkpoint(tmp_path, kind)))
    right = []
    for seed, alpha_uv in ((901, 12.0), (902, 18.0), (903, 26.0)):
        decoder.prepare(SPEC)
        decoder.calibrate(windows(seed, alpha_uv, 10), None)
        for label, share in zip(CLASSES, (1.0, 0.5), strict=True):
            right += [decoder.decode(w).label == label for w in windows(seed + 50, share * alpha_uv, 20)]
    assert np.mean(right) > 0.85


@pytest.mark.parametrize("kind", KINDS)
def test_checkpoint_gives_the_same_decoder_bit_for_bit(kind: str, tmp_path: Path) -> None:
    folder = checkpoint(tmp_path / "a", kind)
    copied = load(folder)
    other = save(tmp_path / "b", copied.card, copied.tensors)
    found = []
    for where in (folder, other):
        decoder = load_decoder(str(where))
        decoder.prepare(SPEC)
        decoder.calibrate(windows(1, 20.0, 10), None)
        found.append([decoder.decode(w).probabilities for w in windows(2, 10.0, 5)])
    assert found[0] == found[1]


@pytest.mark.parametrize("kind", KINDS)
def test_decoder_without_weights_says_where_they_come_from(kind: str) -> None:
    with pytest.raises(CheckpointInvalid, match="needs trained weights"):
        make("decoders", {"kind": kind})


@pytest.mark.parametrize("kind", KINDS)
def test_weights_that_do_not_fit_the_bands_are_refused(kind: str, tmp_path: Path) -> None:
    folder = checkpoint(tmp_path, kind)
    with pytest.raises(CheckpointInvalid, match=r"weights, but its bands and channels make \d+ features"):
        load_decoder(str(folder), bands_hz=((4, 8), (8, 13)))


def test_card_without_a_rate_is_refused(tmp_path: Path) -> None:
    found = load(checkpoint(tmp_path / "good", "bandpower"))
    card = found.card.model_copy(update={"spec": {**found.card.spec, "rate_hz": None}})
    with pytest.raises(CheckpointInvalid, match="needs a rate"):
        load_decoder(str(save(tmp_path / "bad", card, found.tensors)))


def test_card_without_calibration_is_refused(tmp_path: Path) -> None:
    found = load(checkpoint(tmp_path / "good", "bandpower"))
    with pytest.raises(CheckpointInvalid, match="slope"):
        load_decoder(str(save(tmp_path / "bad", found.card.model_copy(update={"calibration": {}}), found.tensors)))


def rest_at_hop(rows: np.ndarray, hop: int) -> list[Window]:
    """All windows of one stretch, a hop apart."""
    starts = range(0, len(rows) - N_SAMPLES + 1, hop)
    return [
        Window(rows[k : k + N_SAMPLES], np.arange(k, k + N_SAMPLES) / RATE_HZ, k, np.zeros(N_SAMPLES, np.uint8))
        for k in starts
    ]


def test_a_shorter_hop_than_a_quarter_window_changes_nothing(tmp_path: Path) -> None:
    decoder = load_decoder(str(checkpoint(tmp_path, "riemann")))
    decoder.prepare(SPEC)
    rows = samples(np.random.default_rng(3), 20.0, 12 * N_SAMPLES)
    probabilities = []
    for hop in (N_SAMPLES // 4, N_SAMPLES // 8, N_SAMPLES // 16):
        decoder.calibrate(rest_at_hop(rows, hop), None)
        probabilities.append([decoder.decode(w).probabilities for w in windows(4, 12.0, 5)])
    assert probabilities[0] == probabilities[1] == probabilities[2]


def test_windows_are_picked_a_quarter_apart() -> None:
    rows = np.zeros((4 * N_SAMPLES, 4), np.float32)
    assert [w.first_index for w in spaced(rest_at_hop(rows, 10))][:4] == [0, 70, 140, 210]
    assert len(spaced(rest_at_hop(rows, N_SAMPLES))) == 4
    assert spaced([]) == []


def test_much_overlapping_rest_is_too_little(tmp_path: Path) -> None:
    decoder = load_decoder(str(checkpoint(tmp_path, "bandpower")))
    decoder.prepare(SPEC)
    rows = samples(np.random.default_rng(3), 20.0, N_SAMPLES + 100)
    with pytest.raises(ModelError, match="got 2 out of 51"):
        decoder.calibrate(rest_at_hop(rows, 2), None)


def test_of_labelled_windows_those_of_rest_count(tmp_path: Path) -> None:
    decoder = load_decoder(str(checkpoint(tmp_path, "riemann")))
    decoder.prepare(SPEC)
    rest, task, probe = windows(5, 20.0, 10), windows(6, 8.0, 10), windows(7, 14.0, 3)
    decoder.calibrate(rest, None)
    expected = [decoder.decode(w).probabilities for w in probe]
    decoder.calibrate(rest + task, ["rest"] * 10 + ["task"] * 10)
    assert [decoder.decode(w).probabilities for w in probe] == expected
