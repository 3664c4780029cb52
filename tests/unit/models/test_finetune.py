"""``bci-app train finetune.toml`` from recordings to a checkpoint, on made recordings; and its live decoder."""

from __future__ import annotations

import json
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file
from typer.testing import CliRunner

from bci_app.cli import app
from models.benchmark.preparation import prepare
from models.benchmark.recipe import Recipe
from models.checkpoints import load, load_decoder
from models.csbrain.classifier import Architecture, Classifier
from models.csbrain.montages import montage_of
from models.datasets.eegmat import CHANNELS
from models.training.finetuning.data import fold_of
from models.training.finetuning.tables import Rest, Split
from models.training.fit_state import FitState
from models.training.task import QuietProgress, Stopped
from pipelines.errors import CheckpointInvalid, ConfigError, ModelError, RateMismatch
from pipelines.plugins import configure
from tests.unit.models.made_eegmat import make

SIZE = {"n_layers": 1, "d_model": 40, "n_heads": 4, "d_ff": 40}
RECIPE: dict[str, Any] = {"window_s": 2.0, "hop_s": 1.0, "stages": [{"kind": "nonfinite"}]}
TRAINING = {"epochs": 6, "batch_size": 16, "learning_rate": 5e-3, "warmup_epochs": 0}
SPLIT = {"test": ["07", "08"], "validation": ["05", "06"]}


@pytest.fixture(scope="module")
def recordings(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make(tmp_path_factory.mktemp("eegmat"))


@pytest.fixture(scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("cache")


def table(recordings: Path, cache: Path, **changes: Any) -> dict[str, Any]:
    data = {"kind": "eegmat", "folder": str(recordings)}
    return {
        "kind": "finetune", "data": data, "recipe": RECIPE, "cache": str(cache),
        "size": SIZE, "training": TRAINING, "split": SPLIT, "device": "cpu", **changes,
    }  # fmt: skip


def run(values: dict[str, Any], out: Path, progress: QuietProgress | None = None) -> QuietProgress:
    module, settings = configure("tasks", values)
    progress = progress or QuietProgress()
    out.mkdir(parents=True, exist_ok=True)
    module.build(settings).run(out, progress)
    return progress


class StopAfter(QuietProgress):
    """Asks to stop after so many steps."""

    def __init__(self, steps: int) -> None:
        super().__init__()
        self.left = steps

    def advance(self, n: int = 1, **figures: float) -> None:
        self.left -= n
        self.stop_requested = self.left <= 0


def test_it_learns_and_its_card_tells_all(recordings: Path, cache: Path, tmp_path: Path) -> None:
    said = run(table(recordings, cache), tmp_path).said
    checkpoint = load(tmp_path)
    card = checkpoint.card
    assert card.kind == "csbrain"
    assert card.training.subjects == ("00", "01", "02", "03", "04", "05", "06")
    assert card.training.files["Subject00_1.edf"] == sha256((recordings / "Subject00_1.edf").read_bytes()).hexdigest()
    assert not any("Subject07" in name for name in card.training.files)
    models = card.metrics["models"]
    assert set(models) == {"csbrain", "chance", "bandpower_lr"}
    assert set(models["csbrain"]["auroc"]["by_person"]) == {"07", "08"}
    assert models["csbrain"]["balanced_accuracy"]["mean"] > 0.9
    assert models["chance"]["balanced_accuracy"]["mean"] == 0.5
    assert card.metrics["judged_by"] == "people kept for the test"
    assert set(card.calibration) == {"slope", "offset"}
    assert any(line.startswith("csbrain: balanced_accuracy") for line in said)
    history = json.loads((tmp_path / "history.json").read_text())
    assert len(history["loss"]) == 6
    assert history["loss"][-1] < history["loss"][0]
    assert (tmp_path / "history.png").read_bytes().startswith(b"\x89PNG")
    assert not (tmp_path / "state.pt").exists()


def test_a_stopped_training_goes_on_to_the_same_weights(recordings: Path, cache: Path, tmp_path: Path) -> None:
    augmentation = {"time_shift_s": 0.1, "channel_dropout": 0.1, "noise": 0.1, "mixup": 0.4}
    values = table(recordings, cache, augmentation=augmentation, training={**TRAINING, "epochs": 3})
    run(values, tmp_path / "whole")
    n_rows = len(fold_of(prepare(values["data"], Recipe(**RECIPE), cache), Split(**SPLIT), Rest(), 0).train)
    stopping = StopAfter(int(1.5 * np.ceil(n_rows / 16)))
    with pytest.raises(Stopped, match="1 of 3 epochs are kept"):
        run(values, tmp_path / "parts", stopping)
    assert FitState(tmp_path / "parts" / "state.pt").load() is not None
    assert not (tmp_path / "parts" / "card.json").exists()
    run(values, tmp_path / "parts")
    whole, parts = (load(tmp_path / name) for name in ("whole", "parts"))
    assert whole.card.weights_sha256 == parts.card.weights_sha256
    assert whole.card.metrics == parts.card.metrics


def test_a_damaged_state_is_named(recordings: Path, cache: Path, tmp_path: Path) -> None:
    (tmp_path / "state.pt").write_bytes(b"not a state")
    with pytest.raises(CheckpointInvalid, match=r"state\.pt: cannot be read, so training cannot go on"):
        run(table(recordings, cache), tmp_path)


def pretrained(folder: Path) -> Path:
    """A backbone file as official ones are: no head, no prefix."""
    montage = montage_of(CHANNELS)
    torch.manual_seed(3)
    module = Classifier(Architecture(regions=montage.regions, order=montage.order, **SIZE), 2)
    tensors = {k.removeprefix("network."): v.clone() for k, v in module.state_dict().items() if k.startswith("network")}
    save_file(tensors, folder / "backbone.safetensors")
    return folder / "backbone.safetensors"


@pytest.mark.parametrize("adaptation", ["full", "linear", "lora"])
def test_from_weights(recordings: Path, cache: Path, tmp_path: Path, adaptation: str) -> None:
    weights = pretrained(tmp_path)
    quick = {**TRAINING, "epochs": 1}
    run(table(recordings, cache, weights=str(weights), adaptation=adaptation, training=quick), tmp_path / "out")
    key = "encoder.layers.0.linear1.weight"
    after = torch.from_numpy(load(tmp_path / "out").tensors[f"network.{key}"])
    assert torch.equal(after, load_file(weights)[key]) == (adaptation == "linear")
    load_decoder(str(tmp_path / "out")).warm_up()
    # The folder just written is itself something to begin with; it says its own size.
    again = table(recordings, cache, weights=str(tmp_path / "out"), adaptation="linear", training=quick, size={})
    run(again, tmp_path / "again")
    card = load(tmp_path / "again").card
    assert card.architecture["d_model"] == 40
    # Who taught the weights it began with is told, as a test on them would be too good.
    assert card.metrics["began_with"]["subjects"] == ["00", "01", "02", "03", "04", "05", "06"]


@pytest.mark.parametrize("head", ["attention", "flatten"])
def test_other_heads_reach_the_live_decoder(recordings: Path, cache: Path, tmp_path: Path, head: str) -> None:
    table_of_head = {"kind": head, "hidden": [16] if head == "flatten" else []}
    run(table(recordings, cache, head=table_of_head), tmp_path)
    assert load(tmp_path).card.metrics["models"]["csbrain"]["balanced_accuracy"]["mean"] > 0.85
    load_decoder(str(tmp_path)).warm_up()


def test_aligned_to_rest_from_training_to_replay(recordings: Path, cache: Path, tmp_path: Path) -> None:
    rest = {"alignment": "euclid", "rest_s": 10.0}
    run(table(recordings, cache, rest=rest), tmp_path / "made")
    card = load(tmp_path / "made").card
    assert card.metrics["models"]["csbrain"]["balanced_accuracy"]["mean"] > 0.9
    assert (card.spec["calibration_s"], card.architecture["alignment"]) == (10.0, "euclid")
    answers = {}
    for run_number in (1, 2):
        file = recordings / f"Subject08_{run_number}.edf"
        call = ["replay", str(file), "--decoder", str(tmp_path / "made"), "--json", "--start", "11"]
        given = CliRunner().invoke(app, [*call, "--calibrate", f"{recordings / 'Subject08_1.edf'}@0:10"])
        assert given.exit_code == 0, given.output
        answers[run_number] = json.loads(given.output.splitlines()[-1])["labels"]
    assert answers[1].get("rest", 0) > 4 * answers[1].get("mental_arithmetic", 0)
    assert answers[2].get("mental_arithmetic", 0) > 4 * answers[2].get("rest", 0)
    decoder = load_decoder(str(tmp_path / "made"))
    with pytest.raises(ModelError, match="needs at least 3 windows of rest"):
        decoder.calibrate([], None)


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"data": {}}, "data: name a data set"),
        ({"adaptation": "linear"}, "adaptation = 'linear' needs weights"),
        ({"weights": "w.pt"}, "adaptation = 'scratch' takes no weights"),
        ({"montage": "moon"}, "montage = 'moon'; known are: pretraining"),
        ({"montage": "hmc"}, "montage = 'hmc' is for F4, C4, O2, C3; the windows have Fp1"),
        ({"split": {"test": ["99"]}}, "no subject 99; there are: 00, 01"),
        ({"split": {"validation_count": 9}}, "validation_count = 9 leaves none of 9 subjects to teach"),
        ({"recipe": {**RECIPE, "window_s": 1.5}}, "whole seconds at 200 Hz; a window has 300 samples"),
        ({"recipe": {**RECIPE, "stages": [{"kind": "resample", "rate_hz": 100.0}]}}, "CSBrain works at 200 Hz"),
        ({"rest": {"alignment": "euclid", "rest_s": 60.0}}, "rest_s = 60 asks for more"),
    ],
)
def test_what_does_not_go_together_is_named(
    recordings: Path, cache: Path, tmp_path: Path, changes: dict[str, Any], named: str
) -> None:
    with pytest.raises((ConfigError, RateMismatch), match=named):
        run(table(recordings, cache, **changes), tmp_path)
