"""``bci-app train FILE.toml``: files, folders of runs, stopping; with a task of this test, and with the shipped one."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterable
from hashlib import sha256
from pathlib import Path
from types import ModuleType

import pytest
from typer.testing import CliRunner

from bci_app.cli import app
from bci_app.config import read_toml
from bci_app.train_verb import run_training
from models.checkpoints import load, load_decoder
from models.datasets.eegmat import CHANNELS, CLASSES
from models.training.task import Progress, Stopped
from pipelines import plugins
from pipelines.errors import ConfigError
from pipelines.plugins import PluginSettings

SUBJECTS = (3, 5, 6, 15, 19, 25)
EXAMPLES = Path(__file__).resolve().parents[3] / "examples" / "training"


class CountingSettings(PluginSettings):
    """Of the task below."""

    steps: int = 5
    interrupt_at: int = -1


class Counting:
    """Writes how far it came; at one step it is interrupted, once."""

    def __init__(self, settings: CountingSettings) -> None:
        self._settings = settings

    def run(self, out: Path, progress: Progress) -> None:
        state = out / "step"
        done = int(state.read_text()) if state.exists() else 0
        progress.phase("counting", self._settings.steps, done)
        fresh = done == 0
        while done < self._settings.steps:
            if fresh and done == self._settings.interrupt_at:
                os.kill(os.getpid(), signal.SIGINT)
            if progress.stop_requested:
                raise Stopped(f"kept {done} steps")
            done += 1
            state.write_text(str(done))
            progress.advance(loss=1.0 / done)
        progress.say(f"counted to {done}")


@pytest.fixture
def counting(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """Install a plug-in of the group ``tasks``, and a file that names it."""
    module = ModuleType("counting_task")
    module.Settings, module.build = CountingSettings, Counting  # type: ignore[attr-defined]
    monkeypatch.setattr(plugins, "_external", lambda kind: {"counting": _Point(module)} if kind == "tasks" else {})
    file = tmp_path / "count.toml"
    file.write_text('kind = "counting"\n')
    return file


class _Point:
    """What an installed package's entry point is here: something that loads a module."""

    def __init__(self, module: ModuleType) -> None:
        self._module = module

    def load(self) -> ModuleType:
        return self._module


def test_a_file_is_run_and_its_folder_named(counting: Path, tmp_path: Path) -> None:
    answer = CliRunner().invoke(app, ["train", str(counting), "--set", "steps=3", "--out", str(tmp_path / "run")])
    assert answer.exit_code == 0, answer.output
    assert "counted to 3" in answer.output
    assert f"written to {tmp_path / 'run'}" in answer.output
    assert (tmp_path / "run" / "step").read_text() == "3"


def test_a_run_that_was_stopped_says_how_to_go_on_and_goes_on(
    counting: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = signal.getsignal(signal.SIGINT)
    with pytest.raises(SystemExit) as ended:
        run_training(counting, ["interrupt_at=2"], tmp_path / "run")
    assert ended.value.code == 130
    assert signal.getsignal(signal.SIGINT) is before
    said = capsys.readouterr().out
    assert "stopped: kept 2 steps" in said
    assert f"bci-app train {counting} --set interrupt_at=2 --out {tmp_path / 'run'}" in said
    run_training(counting, ["interrupt_at=2"], tmp_path / "run")
    assert "counted to 5" in capsys.readouterr().out


def test_a_folder_of_other_settings_is_refused_naming_the_key(counting: Path, tmp_path: Path) -> None:
    run_training(counting, [], tmp_path / "run")
    with pytest.raises(ConfigError, match="steps was 5, is 6"):
        run_training(counting, ["steps=6"], tmp_path / "run")


def test_unknown_kinds_and_keys_are_refused(tmp_path: Path) -> None:
    file = tmp_path / "a.toml"
    file.write_text('kind = "nothing"\n')
    with pytest.raises(ConfigError, match=r"no 'nothing'; known are: .*workload"):
        run_training(file, [], tmp_path / "run")
    with pytest.raises(ConfigError, match="model = 'raw'"):
        run_training(file, ["kind=workload", "model=raw", "data=x"], tmp_path / "run")
    with pytest.raises(ConfigError, match="data = ''"):
        run_training(file, ["kind=workload"], tmp_path / "run")
    with pytest.raises(ConfigError, match="cannot be read"):
        run_training(tmp_path / "absent.toml", [], tmp_path / "run")
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize("file", sorted(EXAMPLES.glob("*.toml")), ids=lambda file: file.stem)
def test_example_files_are_accepted(file: Path) -> None:
    plugins.configure("tasks", read_toml(file), str(file))


@pytest.fixture
def few(eegmat_of: Callable[[Iterable[int]], Path]) -> Path:
    return eegmat_of(SUBJECTS)


@pytest.mark.shared
@pytest.mark.parametrize("kind", ["bandpower", "riemann"])
def test_trained_decoder_loads_and_its_card_tells_all(
    kind: str, few: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run_training(EXAMPLES / "workload.toml", [f"data={few}", f"model={kind}"], tmp_path / "made")
    printed = capsys.readouterr().out
    assert "leave one subject out" in printed
    card = load(tmp_path / "made").card
    assert card.kind == kind
    assert card.training.subjects == tuple(f"{s:02d}" for s in SUBJECTS)
    assert card.training.files["Subject03_1.edf"] == sha256((few / "Subject03_1.edf").read_bytes()).hexdigest()
    assert "separate recordings" in card.summary
    figures = card.metrics["models"]
    assert set(figures) == {"band power, no rest", "bandpower", kind}
    assert f"{figures[kind]['balanced_accuracy']:.3f}" in printed
    assert figures[kind]["balanced_accuracy"] > 0.8
    assert set(card.metrics["montages"]) == {"cyton_16", "cyton_8", "muse_4"}
    assert card.metrics["this set"] == figures[kind]
    assert 0 <= card.metrics["trust"]["calibration_error"] < 0.5
    # Six people are too few to promise that nine sets in ten hold the truth: all hold everything.
    assert card.trust["sets"]["levels"] == [0.0, 0.0]
    spec = load_decoder(str(tmp_path / "made")).spec
    assert (spec.classes, spec.calibration_s, spec.channels) == (CLASSES, 60.0, CHANNELS)


@pytest.mark.shared
def test_nothing_is_learned_from_people_left_out(few: Path, tmp_path: Path) -> None:
    fast = [f"data={few}", "model=bandpower", "judged=false"]
    run_training(EXAMPLES / "workload.toml", [*fast, "leave_out=['15']"], tmp_path / "without")
    for part in (1, 2):
        (few / f"Subject15_{part}.edf").unlink()
    run_training(EXAMPLES / "workload.toml", fast, tmp_path / "absent")
    without, absent = (load(tmp_path / name) for name in ("without", "absent"))
    assert without.card.weights_sha256 == absent.card.weights_sha256
    assert without.card.training.subjects == ("03", "05", "06", "19", "25")
    assert "Subject15_1.edf" not in without.card.training.files
    smaller = load(tmp_path / "without" / "montages" / "muse_4")
    assert smaller.card.training.stand_ins == {"TP9": "T7", "AF7": "F7", "AF8": "F8", "TP10": "T8"}
    assert smaller.card.decoder_spec().channels == ("TP9", "AF7", "AF8", "TP10")


@pytest.mark.shared
def test_training_again_gives_the_same_weights(few: Path, tmp_path: Path) -> None:
    for name in ("a", "b"):
        run_training(EXAMPLES / "workload.toml", [f"data={few}", "model=bandpower"], tmp_path / name)
    a, b = (load(tmp_path / name) for name in ("a", "b"))
    assert a.card.weights_sha256 == b.card.weights_sha256
    assert a.card.metrics == b.card.metrics
