"""Checkpoint folders: written whole, read back bit for bit, every damage refused with its name."""

from __future__ import annotations

import hashlib
import json
import os
import pickle
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays
from pydantic import ValidationError
from safetensors.numpy import save as serialise

from models.checkpoints import (
    CARD,
    FORMAT_VERSION,
    WEIGHTS,
    Card,
    Training,
    find,
    load,
    load_decoder,
    read_card,
    save,
    shipped,
    spec_table,
)
from models.decoder import DecoderSpec
from pipelines.errors import CheckpointInvalid, ConfigError

SPEC = DecoderSpec(
    model_id="example-1",
    classes=("rest", "arithmetic"),
    window_s=5.0,
    rate_hz=200.0,
    channels=("Fz", "Pz"),
    pipeline=({"kind": "bandpass", "low_hz": 1.0, "high_hz": 45.0}, {"kind": "rereference"}),
    calibration_s=60.0,
    hop_s=1.0,
    summary="an example",
)
TENSORS = {
    "weights": np.linspace(-1, 1, 12).reshape(3, 4),
    "bias": np.float32([0.5]),
    "scalar": np.array(3.25),
    "order": np.arange(4),
}


def example(**fields) -> Card:
    facts = Training(dataset="example", subjects=("00", "01"), files={"a.edf": "0" * 64}, commands=("train",), seed=3)
    return Card(**{"kind": "alpha", "spec": SPEC, "training": facts, "metrics": {"accuracy": 0.8}, **fields})


def edit_card(folder: Path, **changes) -> None:
    table = json.loads((folder / CARD).read_text())
    (folder / CARD).write_text(json.dumps(table | changes))


def put_weights(folder: Path, data: bytes) -> None:
    """Write weights and let the card vouch for them."""
    (folder / WEIGHTS).write_bytes(data)
    edit_card(folder, weights_sha256=hashlib.sha256(data).hexdigest())


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return save(tmp_path / "example", example(), TENSORS)


def test_what_is_saved_is_loaded(folder: Path) -> None:
    got = load(folder)
    assert got.card.decoder_spec() == SPEC
    assert got.card.training.subjects == ("00", "01")
    assert got.card.metrics == {"accuracy": 0.8}
    assert got.folder == folder
    assert set(got.tensors) == set(TENSORS)
    for name, wanted in TENSORS.items():
        assert got.tensors[name].dtype == wanted.dtype
        assert np.array_equal(got.tensors[name], wanted)
        assert got.tensors[name].shape == wanted.shape


def test_card_is_filled_in_and_the_folder_holds_two_files(folder: Path) -> None:
    card = read_card(folder)
    assert card.weights_sha256 == hashlib.sha256((folder / WEIGHTS).read_bytes()).hexdigest()
    assert card.format_version == FORMAT_VERSION
    assert card.code_version
    assert card.created
    assert sorted(os.listdir(folder)) == [CARD, WEIGHTS]


def test_same_tensors_give_the_same_bytes(tmp_path: Path) -> None:
    one, two = (save(tmp_path / name, example(), TENSORS) for name in "ab")
    assert (one / WEIGHTS).read_bytes() == (two / WEIGHTS).read_bytes()


def test_torch_tensors_are_taken(tmp_path: Path) -> None:
    tensors = {"w": torch.nn.Parameter(torch.arange(6.0).reshape(2, 3).T), "s": torch.tensor(2.0)}
    got = load(save(tmp_path / "t", example(), tensors)).tensors
    assert got["w"].tolist() == [[0, 3], [1, 4], [2, 5]]
    assert got["s"].shape == ()


@given(arrays(np.float64, array_shapes(max_dims=3, max_side=4), elements=st.floats(-1e300, 1e300)))
@settings(max_examples=20, deadline=None)
def test_every_finite_array_survives(tmp_path_factory: pytest.TempPathFactory, values: np.ndarray) -> None:
    where = tmp_path_factory.mktemp("law") / "x"
    assert load(save(where, example(), {"v": values})).tensors["v"].tobytes() == values.tobytes()


def test_saving_again_replaces_weights_and_card_and_nothing_else(folder: Path) -> None:
    (folder / "notes.txt").write_text("mine")
    save(folder, example(summary="second"), {"weights": np.ones(2)})
    got = load(folder)
    assert (got.card.summary, list(got.tensors)) == ("second", ["weights"])
    assert sorted(os.listdir(folder)) == [CARD, "notes.txt", WEIGHTS]


def test_a_refused_save_leaves_the_old_checkpoint(folder: Path) -> None:
    with pytest.raises(CheckpointInvalid, match=r"'bad' holds values that are not finite"):
        save(folder, example(), {"bad": np.array([1.0, np.nan])})
    with pytest.raises(CheckpointInvalid, match=r"card\.json: the card holds what JSON cannot"):
        save(folder, example(metrics={"accuracy": float("nan")}), TENSORS)
    assert set(load(folder).tensors) == set(TENSORS)


def test_a_kill_between_the_two_renames_is_noticed(folder: Path, tmp_path: Path) -> None:
    other = save(tmp_path / "other", example(), {"weights": np.ones(2)})
    (folder / WEIGHTS).write_bytes((other / WEIGHTS).read_bytes())
    with pytest.raises(CheckpointInvalid, match=r"weights\.safetensors: cut short or changed"):
        load(folder)


def test_a_folder_that_cannot_be_made_says_so(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(OSError, match="file"):
        save(tmp_path / "file" / "x", example(), TENSORS)


@pytest.mark.parametrize("name", [CARD, WEIGHTS])
def test_a_missing_file_is_named(folder: Path, name: str) -> None:
    (folder / name).unlink()
    with pytest.raises(CheckpointInvalid, match=f"no checkpoint: {name} is missing; get the folder again"):
        load(folder)


@pytest.mark.parametrize("name", [CARD, WEIGHTS])
@pytest.mark.parametrize("kept", [0, 1, 9, 0.5, -1])
def test_a_file_cut_short_is_refused(folder: Path, name: str, kept: float) -> None:
    data = (folder / name).read_bytes().rstrip()
    (folder / name).write_bytes(data[: int(len(data) * kept) if kept == 0.5 else int(kept)])
    with pytest.raises(CheckpointInvalid, match=name):
        load(folder)


@given(data=st.data())
@settings(max_examples=30, deadline=None)
def test_one_changed_byte_of_the_weights_is_noticed(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    where = save(tmp_path_factory.mktemp("flip") / "x", example(), TENSORS)
    content = bytearray((where / WEIGHTS).read_bytes())
    place = data.draw(st.integers(0, len(content) - 1))
    content[place] ^= 1 << data.draw(st.integers(0, 7))
    (where / WEIGHTS).write_bytes(content)
    with pytest.raises(CheckpointInvalid, match=r"weights\.safetensors"):
        load(where)


@pytest.mark.parametrize(
    ("content", "named"),
    [
        (b"{", "not valid JSON"),
        (b"\xff\xfe", "not valid JSON"),
        (b"[1]", "a JSON object is needed"),
        (b'{"kind": NaN}', "NaN is no number of JSON"),
        (b"[" * 100_000, "not valid JSON"),
        (b"{}", "kind"),
    ],
)
def test_a_card_that_is_no_card_is_refused(folder: Path, content: bytes, named: str) -> None:
    (folder / CARD).write_bytes(content)
    with pytest.raises(CheckpointInvalid, match=rf"(?s)card\.json.*{named}"):
        load(folder)


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"format_version": FORMAT_VERSION + 1, "invented": 1}, f"newer than {FORMAT_VERSION}.*update bci-app"),
        ({"invented": 1}, "unknown key 'invented'"),
        ({"kind": "telepathy"}, "kind = 'telepathy': no such decoder.*alpha"),
        ({"kind": 3}, "kind = 3"),
        ({"spec": {"model_id": "x", "classes": ["a", "b"]}}, "spec.*window_s"),
        ({"spec": spec_table(SPEC) | {"colour": "red"}}, "spec.*unknown keys: colour"),
        ({"spec": spec_table(SPEC) | {"rate_hz": "fast"}}, "spec.*rate_hz"),
        ({"training": {"dataset": "x", "secret": 1}}, r"unknown key 'training\.secret'"),
        ({"weights_sha256": "0" * 64}, "SHA-256 is not the card's"),
    ],
)
def test_a_wrong_entry_of_the_card_is_named(folder: Path, change: dict[str, object], named: str) -> None:
    edit_card(folder, **change)
    with pytest.raises(CheckpointInvalid, match=f"(?s){named}"):
        load(folder)


class Bomb:
    """Would make a folder when unpickled."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self):
        return (Path.mkdir, (self.path,))


def test_a_pickle_is_refused_and_never_read(folder: Path, tmp_path: Path) -> None:
    put_weights(folder, pickle.dumps({"weights": Bomb(tmp_path / "exploded")}))
    with pytest.raises(CheckpointInvalid, match="not a safetensors file \\(pickles are never read\\)"):
        load(folder)
    assert not (tmp_path / "exploded").exists()


def test_weights_whose_card_vouches_for_rubbish_are_refused(folder: Path) -> None:
    put_weights(folder, b"\x05\0\0\0\0\0\0\0{oops")
    with pytest.raises(CheckpointInvalid, match="not a readable safetensors file"):
        load(folder)


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_weights_that_are_not_finite_name_the_tensor(folder: Path, value: float) -> None:
    put_weights(folder, serialise({"fine": np.ones(2), "sick": np.array([0.0, value])}))
    with pytest.raises(CheckpointInvalid, match="tensor 'sick' holds values that are not finite"):
        load(folder)


def test_a_type_that_numpy_does_not_have_is_refused(folder: Path) -> None:
    from safetensors.torch import save as serialise_torch

    put_weights(folder, serialise_torch({"half": torch.ones(2, dtype=torch.float8_e5m2)}))
    with pytest.raises(CheckpointInvalid, match=r"weights\.safetensors"):
        load(folder)


def test_tensor_checks_name_and_shape(folder: Path) -> None:
    got = load(folder)
    assert got.tensor("weights", (3, None)) is got.tensors["weights"]
    with pytest.raises(CheckpointInvalid, match=r"tensor 'weights' has shape \(3, 4\), not \('any', 5\)"):
        got.tensor("weights", (None, 5))
    with pytest.raises(CheckpointInvalid, match=r"has shape \(3, 4\), not \(12,\)"):
        got.tensor("weights", (12,))
    with pytest.raises(CheckpointInvalid, match="tensor 'slope' is missing"):
        got.tensor("slope", ())


def test_a_card_is_frozen_and_checked_when_made() -> None:
    with pytest.raises(ValidationError):
        example().kind = "other"
    with pytest.raises(ValidationError, match="unknown keys: colour"):
        example(spec={**spec_table(SPEC), "colour": 1})


def test_find_and_shipped() -> None:
    for name in shipped():
        assert load(find(name)).card.spec["model_id"]
    with pytest.raises(CheckpointInvalid, match="'nothing here' is neither a folder nor a shipped decoder"):
        find("nothing here")


def test_a_decoder_that_needs_no_training_is_made_by_its_kind() -> None:
    assert load_decoder("alpha").spec.classes


def test_card_settings_apply_and_those_of_the_caller_win(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="unknown key 'from_the_card'"):
        load_decoder(str(save(tmp_path / "a", example(settings={"from_the_card": 1}), TENSORS)))
    where = save(tmp_path / "b", example(kind="csbrain", settings={"abstain_margin": 7}), TENSORS)
    with pytest.raises(ConfigError, match="abstain_margin = 7"):
        load_decoder(str(where))
    with pytest.raises(ConfigError, match="abstain_margin = 9"):
        load_decoder(str(where), abstain_margin=9)


def test_an_unknown_decoder_names_what_there_is() -> None:
    with pytest.raises(ConfigError, match=r"decoder 'mind': neither a shipped one.*nor a kind.*alpha"):
        load_decoder("mind")


def test_reading_a_checkpoint_of_numpy_weights_does_not_load_torch(folder: Path) -> None:
    code = f"import sys; from models.checkpoints import load; load({str(folder)!r}); sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
