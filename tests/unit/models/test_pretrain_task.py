"""The task as a whole: it learns, goes on after a kill as if nothing had been, and is the same in two processes."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from safetensors import safe_open
from safetensors.torch import load_file

from models.checkpoints import load, load_decoder
from models.csbrain.classifier import Architecture
from models.csbrain.weights import load_strictly
from models.training.pretraining.state import STATE
from models.training.task import QuietProgress, Stopped
from models.training.tasks.pretrain import Settings, build
from pipelines.errors import CheckpointInvalid, ConfigError
from tests.unit.models.made_recordings import FOUR, NINETEEN, write_fif

ROOT = Path(__file__).resolve().parents[3]
NETWORK = {"n_layers": 1, "d_model": 40, "n_heads": 4, "d_ff": 40}


@pytest.fixture(scope="module")
def recordings(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two montages at two rates, three people each."""
    folder = tmp_path_factory.mktemp("recordings")
    for person in range(3):
        write_fif(folder / f"sub-0{person}_eeg.fif", seconds=42, seed=person)
        write_fif(folder / f"sub-1{person}_eeg.fif", NINETEEN, 160.0, 22, seed=10 + person)
    return folder


def table(recordings: Path, **changed: Any) -> dict[str, Any]:
    values = {
        "data": [{"folder": str(recordings), "held_out": ["02"]}],
        "cut": {"window_s": 2},
        "network": NETWORK,
        "epochs": 3,
        "batch_size": 8,
        "learning_rate": 2e-3,
        "ema": 0.9,
        "seed": 5,
        "device": "cpu",
        "save_every": 3,
        "cache": str(recordings / "cache"),
    }
    return {**values, **changed}


def train(out: Path, recordings: Path, progress: QuietProgress | None = None, **changed: Any) -> QuietProgress:
    out.mkdir(exist_ok=True)
    progress = progress or QuietProgress()
    build(Settings.model_validate(table(recordings, **changed))).run(out, progress)
    return progress


class StopsAfter(QuietProgress):
    """Asks to stop after some steps."""

    def __init__(self, steps: int) -> None:
        super().__init__()
        self._left, self._phase = steps, ""

    def phase(self, name: str, total: int | None = None, done: int = 0, unit: str = "steps") -> None:
        self._phase = name

    def advance(self, n: int = 1, **figures: float) -> None:
        self._left -= self._phase == "training"
        self.stop_requested = self._left <= 0


def curves(out: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((out / "curves.json").read_text())
    return found


@pytest.mark.slow
def test_it_learns_what_cannot_be_known_of_a_patch_alone(recordings: Path, tmp_path: Path) -> None:
    network = {**NETWORK, "dropout": 0.0}
    said = train(tmp_path / "run", recordings, epochs=25, learning_rate=5e-3, network=network).said
    last = curves(tmp_path / "run")["held_out"][-1]
    assert last["loss"] < 0.85 * min(last["zero"], last["training mean"])
    assert any("held out: " in line for line in said)
    assert (tmp_path / "run" / "loss.png").read_bytes()[1:4] == b"PNG"


def test_the_card_tells_data_settings_and_figures(recordings: Path, tmp_path: Path) -> None:
    train(tmp_path / "run", recordings)
    checkpoint = load(tmp_path / "run")
    card = checkpoint.card
    name = f"{recordings.name}/sub-00_eeg.fif"
    assert card.training.files[name] == sha256((recordings / "sub-00_eeg.fif").read_bytes()).hexdigest()
    assert len(card.training.files) == 5
    assert f"{recordings.name}/02" not in card.training.subjects
    assert card.metrics["held_out_people"] == [f"{recordings.name}/02"]
    assert card.metrics["settings"]["network"]["d_model"] == 40
    assert card.metrics["versions"]["torch"] == torch.__version__
    assert card.metrics["montages"] == [list(FOUR), list(NINETEEN)]
    network = Architecture.from_table(card.architecture, "card").network()
    load_strictly(network, {k: torch.from_numpy(v.copy()) for k, v in checkpoint.tensors.items()}, "weights")
    with pytest.raises(CheckpointInvalid, match="classes = \\(\\), at least two are needed"):
        load_decoder(str(tmp_path / "run"))


def test_the_kept_weights_are_the_average_and_with_ema_0_the_last(recordings: Path, tmp_path: Path) -> None:
    for ema in (0.0, 0.9):
        out = tmp_path / f"ema{ema}"
        train(out, recordings, ema=ema)
        state, kept = load_file(out / STATE), load_file(out / "weights.safetensors")
        key = "encoder.layers.0.linear1.weight"
        assert torch.equal(kept[key], state[f"average/{key}"])
        assert torch.equal(kept[key], state[f"weights/{key}"]) == (ema == 0)


def test_a_run_that_was_stopped_goes_on_as_if_nothing_had_been(recordings: Path, tmp_path: Path) -> None:
    train(tmp_path / "whole", recordings)
    with pytest.raises(Stopped, match="7 of"):
        train(tmp_path / "parts", recordings, StopsAfter(7))
    torch.manual_seed(999)  # what the program drew meanwhile is of no account
    train(tmp_path / "parts", recordings)
    assert curves(tmp_path / "whole") == curves(tmp_path / "parts")
    assert _same(tmp_path / "whole", tmp_path / "parts")


def test_a_damaged_state_is_refused(recordings: Path, tmp_path: Path) -> None:
    with pytest.raises(Stopped):
        train(tmp_path / "run", recordings, StopsAfter(4))
    path = tmp_path / "run" / STATE
    path.write_bytes(path.read_bytes()[:-100])
    with pytest.raises(CheckpointInvalid, match="remove the folder to begin anew"):
        train(tmp_path / "run", recordings)


@pytest.mark.parametrize(
    "changed",
    [
        {"precision": "bfloat16"},
        {"official_targets": True},
        {"network": {**NETWORK, "ssa": False}},
        {"mask_ratio": 0.2},
    ],
    ids=str,
)
def test_every_switch_changes_the_curve(recordings: Path, tmp_path: Path, changed: dict[str, Any]) -> None:
    train(tmp_path / "plain", recordings, epochs=1)
    train(tmp_path / "other", recordings, epochs=1, **changed)
    loss = np.array(curves(tmp_path / "other")["loss"])
    assert np.isfinite(loss).all()
    assert curves(tmp_path / "plain")["loss"] != loss.tolist()


def test_without_data_or_people_to_hold_out_it_says_so(recordings: Path, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="name at least one folder"):
        build(Settings())
    said = train(tmp_path / "run", recordings, epochs=1, validation_share=0.0, data=[{"folder": str(recordings)}]).said
    assert "held out: 0 windows (nobody: there is no validation)" in said
    assert curves(tmp_path / "run")["held_out"] == []


def _same(a: Path, b: Path) -> bool:
    return (a / "weights.safetensors").read_bytes() == (b / "weights.safetensors").read_bytes()


def _file(tmp_path: Path, recordings: Path, **changed: Any) -> list[str]:
    """Write a training file; return the command that runs it, less ``--out``."""
    values = table(recordings, **changed)
    (source,) = values.pop("data")
    tables = {name: values.pop(name) for name in ("cut", "network")}
    lines = ['kind = "pretrain"', *(f"{key} = {json.dumps(value)}" for key, value in values.items())]
    for name, inner in [*tables.items(), ("[data]", source)]:
        lines += [f"[{name}]", *(f"{key} = {json.dumps(value)}" for key, value in inner.items())]
    file = tmp_path / "pretrain.toml"
    file.write_text("\n".join(lines))
    return ["-m", "bci_app", "train", str(file), "--out"]


def _environment() -> dict[str, str]:
    return {**os.environ, "OMP_NUM_THREADS": "1", "GLOO_SOCKET_IFNAME": "lo", "PYTHONPATH": str(ROOT)}


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_a_run_that_was_killed_goes_on_as_if_nothing_had_been(recordings: Path, tmp_path: Path) -> None:
    command = [sys.executable, *_file(tmp_path, recordings, epochs=8, save_every=2)]
    killed = subprocess.Popen([*command, str(tmp_path / "killed")], cwd=ROOT, env=_environment())
    state = tmp_path / "killed" / STATE
    while not state.exists():
        assert killed.poll() is None
        time.sleep(0.005)
    killed.send_signal(signal.SIGKILL)
    killed.wait()
    with safe_open(state, "pt") as file:
        kept = len(file.get_tensor("loss"))
    for out in ("killed", "whole"):
        subprocess.run([*command, str(tmp_path / out)], cwd=ROOT, env=_environment(), check=True, timeout=250)
    found = curves(tmp_path / "whole")
    assert 0 < kept < len(found["loss"])
    assert found == curves(tmp_path / "killed")
    assert _same(tmp_path / "whole", tmp_path / "killed")


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_two_processes_learn_what_one_does(recordings: Path, tmp_path: Path) -> None:
    changed = {"network": {**NETWORK, "dropout": 0.0}, "batch_size": 7, "cache": str(tmp_path / "cache")}
    train(tmp_path / "one", recordings, **changed)
    torchrun = [sys.executable, "-m", "torch.distributed.run", "--nproc-per-node", "2", "--standalone"]
    command = [*torchrun, *_file(tmp_path, recordings, **changed), str(tmp_path / "two")]
    done = subprocess.run(
        command, cwd=ROOT, env=_environment(), timeout=250, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("written to") == 1
    one, two = curves(tmp_path / "one"), curves(tmp_path / "two")
    np.testing.assert_allclose(one["loss"], two["loss"], rtol=1e-4)
    for a, b in zip(one["held_out"], two["held_out"], strict=True):
        np.testing.assert_allclose(list(a.values()), list(b.values()), rtol=1e-4)
