"""Pre-training of CSBrain: hidden seconds of recordings without labels are found again from the others."""

from __future__ import annotations

import json
import platform
from importlib.metadata import version
from pathlib import Path
from typing import Any, Literal

import pooch
from pydantic import Field

from models.checkpoints import Card, Training, save, spec_table
from models.decoder import DecoderSpec
from models.placement import Where, place
from models.training.pretraining.corpus import Corpus, assemble
from models.training.pretraining.loop import Loop, LoopSettings
from models.training.pretraining.networks import Networks, Size
from models.training.pretraining.sources import RATE_HZ, Recording, Source, recordings_of
from models.training.pretraining.team import Team
from models.training.pretraining.window_cache import Cut, WindowCache
from models.training.task import Progress, Stopped
from pipelines.errors import BciError, ConfigError
from pipelines.plugins import PluginSettings

FIGURE = "loss.png"
PACKAGES = ("bci-app", "numpy", "scipy", "torch", "mne")
NO_CLASSES = "Pre-trained without labels: it has no classes and decides nothing until it is fine-tuned"


class Settings(PluginSettings):
    """What is learned from, by which network, and how; the published recipe by default."""

    data: tuple[Source, ...] = Field((), description="Folders of recordings; several montages and rates may meet.")
    cut: Cut = Field(Cut(), description="How windows are cut, and which are thrown away.")
    network: Size = Field(Size(), description="The network's size and switches.")
    mask_ratio: float = Field(0.5, gt=0, lt=1, description="Probability that a patch is hidden.")
    official_targets: bool = Field(
        default=False, description="Repeat the released pre-training's defect: targets in another order than answers."
    )
    epochs: int = Field(40, ge=1, description="Passes over all windows.")
    batch_size: int = Field(128, ge=1, description="Windows in a step, over all processes together.")
    learning_rate: float = Field(5e-4, gt=0, description="Highest step size of AdamW.")
    final_rate: float = Field(1e-5, ge=0, description="Where the cosine ends.")
    warmup_steps: int = Field(0, ge=0, description="Steps in which the step size grows to its highest.")
    weight_decay: float = Field(0.05, ge=0, description="Of AdamW.")
    clip: float = Field(1.0, gt=0, description="Largest norm of the gradient.")
    ema: float = Field(0.999, ge=0, lt=1, description="Pace of the averaged weights, which are kept; 0: the last ones.")
    validation_share: float = Field(0.1, ge=0, lt=1, description="Share of the people held out, if none are named.")
    seed: int = Field(42, ge=0, description="Of first weights, order, masks, dropout and who is held out.")
    device: Where = Field("auto", description="auto, cpu or cuda.")
    precision: Literal["auto", "float32", "bfloat16"] = Field(
        "auto", description="auto: bfloat16 autocast on CUDA, float32 on the CPU."
    )
    save_every: int = Field(200, ge=1, description="Steps between two saved states.")
    cache: str = Field("", description="Folder of the prepared windows; empty: the user's cache.")


class PretrainTask:
    """Prepares windows, trains, and writes weights, card and figure."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings

    def run(self, out: Path, progress: Progress) -> None:
        """Run to the end, from where an earlier run of the same folder was saved.

        Raises
        ------
        Stopped
            If it was asked to end early.
        BciError
            If there is nothing to learn from, or training fails.
        """
        placement = place(self._settings.device)
        if placement.notice:
            progress.say(placement.notice)
        with Team(placement.device) as team:
            corpus = self._corpus(team, progress)
            if team.rank == 0:
                _tell(corpus, progress)
            networks = Networks(corpus.montages, self._settings.network, self._settings.seed, team.device)
            loop = Loop(networks, corpus, self._loop_settings(team), team, out)
            loop.run(progress)
            if team.rank == 0:
                self._finish(loop, corpus, out, progress)

    def _corpus(self, team: Team, progress: Progress) -> Corpus:
        s = self._settings
        recordings = [r for i, source in enumerate(s.data) for r in recordings_of(source, f"pretrain: data {i + 1}")]
        folder = Path(s.cache) if s.cache else Path(pooch.os_cache("bci_app")) / "pretraining"
        cache = WindowCache(folder, s.cut)
        progress.phase("preparing", len(recordings), unit="recordings")
        if team.size > 1:
            _share_of(recordings[team.rank :: team.size], cache)
            team.wait()

        def tell() -> None:
            progress.advance()
            if progress.stop_requested and team.size == 1:
                raise Stopped("prepared recordings are kept")

        return assemble(recordings, s.validation_share, s.seed, cache, tell)

    def _loop_settings(self, team: Team) -> LoopSettings:
        s = self._settings
        half = s.precision == "bfloat16" or (s.precision == "auto" and team.device.type == "cuda")
        names = LoopSettings.__dataclass_fields__.keys() - {"half"}
        return LoopSettings(half=half, **s.model_dump(include=set(names)))

    def _finish(self, loop: Loop, corpus: Corpus, out: Path, progress: Progress) -> None:
        save(out, self._card(loop, corpus), loop.averaged())
        curves = {"loss": loop.curves.loss, "held_out": loop.curves.validation}
        (out / "curves.json").write_text(json.dumps(curves) + "\n", encoding="utf-8")
        try:
            from models.training.pretraining.figure import loss_png
        except ModuleNotFoundError:
            progress.say(f"{FIGURE} is not drawn: pip install 'bci-app[bench]'")
        else:
            (out / FIGURE).write_bytes(loss_png(loop.curves))
        progress.say(f"loss of the last step {loop.curves.loss[-1]:.4f}")
        if loop.curves.validation:
            progress.say("held out: " + ", ".join(f"{k} {v:.4f}" for k, v in loop.curves.validation[-1].items()))

    def _card(self, loop: Loop, corpus: Corpus) -> Card:
        s, montage = self._settings, corpus.training[0].montage
        spec = DecoderSpec(
            model_id="csbrain-pretrained-1",
            classes=(),
            window_s=float(s.cut.window_s),
            rate_hz=RATE_HZ,
            channels=montage.names,
            pipeline=s.data[0].stages,
            summary=NO_CLASSES,
        )
        return Card(
            kind="csbrain",
            spec=spec_table(spec),
            architecture=s.network.architecture(montage).model_dump(mode="json"),
            training=Training(
                dataset=", ".join(Path(source.folder).name for source in s.data),
                subjects=corpus.people,
                files=corpus.files,
                commands=("bci-app train pretrain.toml",),
                seed=s.seed,
            ),
            metrics=self._metrics(loop, corpus),
            summary=f"{NO_CLASSES}.",
        )

    def _metrics(self, loop: Loop, corpus: Corpus) -> dict[str, Any]:
        last = dict(loop.curves.validation[-1]) if loop.curves.validation else {}
        return {
            "protocol": "mean squared error of hidden patches in (100 µV)², on people held out, beside answers that "
            "need no network",
            "held_out": last,
            "held_out_people": list(corpus.held_out),
            "windows": {"training": sum(map(len, corpus.training)), "validation": sum(map(len, corpus.validation)),
                        "dropped": corpus.dropped, "unread": len(corpus.unread)},
            "montages": [list(m.names) for m in corpus.montages],
            "steps": loop.total,
            "settings": self._settings.model_dump(mode="json", exclude={"cache"}),
            "versions": {"python": platform.python_version(), **{name: version(name) for name in PACKAGES}},
        }  # fmt: skip


def _share_of(recordings: list[Recording], cache: WindowCache) -> None:
    """Prepare one process's share; what cannot be read is told by the walk over all that follows."""
    for recording in recordings:
        try:
            cache.entry(recording)
        except BciError:
            continue


def _tell(corpus: Corpus, progress: Progress) -> None:
    for name, groups in (("training", corpus.training), ("held out", corpus.validation)):
        parts = ", ".join(f"{len(group)} of {len(group.montage.names)} electrodes" for group in groups)
        progress.say(f"{name}: {sum(map(len, groups))} windows ({parts or 'nobody: there is no validation'})")
    if corpus.dropped:
        progress.say("thrown away: " + ", ".join(f"{n} {why}" for why, n in sorted(corpus.dropped.items())))
    for name, why in corpus.unread.items():
        progress.say(f"left out {name}: {why}")


def build(settings: Settings) -> PretrainTask:
    """Make the task.

    Raises
    ------
    ConfigError
        If no data are named, or a source cannot be as it says.
    """
    if not settings.data:
        raise ConfigError("pretrain: data = []: name at least one folder of recordings: [[data]] folder = '...'")
    for number, source in enumerate(settings.data, start=1):
        source.check(f"pretrain: data {number}")
    return PretrainTask(settings)
