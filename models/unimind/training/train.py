"""One training, from samples to a checkpoint folder."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch

from models.checkpoints import Card, Training, save, spec_table
from models.decoder import DecoderSpec
from models.language.language_model import LanguageModel
from models.language.loading import load_language_model
from models.placement import place
from models.training.fit_state import FitState
from models.training.seeds import mixed_seed
from models.training.task import Progress
from models.unimind.answerer import Calibration
from models.unimind.checkpoint import KIND, NONE, Architecture
from models.unimind.encoder_weights import begin_with
from models.unimind.model import UniMind
from models.unimind.samples import RATE_HZ, Sample, TaskSamples, patches_of
from models.unimind.spectral_encoder import SpectralEncoder
from models.unimind.task_views import View
from models.unimind.training.drawing import judged
from models.unimind.training.loop import Curves, Loop
from models.unimind.training.scoring import Judged, judge, scores_of
from models.unimind.training.settings import UniMindSettings
from models.unimind.training.view_choice import choose
from pipelines.errors import ConfigError

STATE, CURVES, FIGURE = "state.pt", "curves.json", "training.png"
SCALE_WINDOWS = 50
"""Windows of each task that say how large what is measured is."""
SUMMARY = "Answers questions of its task cards about windows of EEG; research, not medical"


def train(
    tasks: Sequence[TaskSamples],
    settings: UniMindSettings,
    out: Path,
    progress: Progress,
    pipeline: Sequence[Mapping[str, Any]] = (),
) -> Path:
    """Train, going on where an earlier run in the same folder was stopped; return the checkpoint folder, ``out``.

    Parameters
    ----------
    tasks
        What is taught; names must differ.
    settings
        See :class:`UniMindSettings`.
    out
        Folder of the run; made if absent.
    progress
        Told of every step.
    pipeline
        Stage tables that made the windows; for the card.

    Raises
    ------
    Stopped
        If it was asked to end early; the state is kept.
    BciError
        If samples, settings or weights do not go together.
    """
    names = [task.card.name for task in tasks]
    if not names or len(set(names)) < len(names):
        raise ConfigError(f"unimind: data: needs tasks, each once; got {', '.join(names) or 'none'}")
    placement = place(settings.device)
    if placement.notice:
        progress.say(placement.notice)
    out.mkdir(parents=True, exist_ok=True)
    spoken = settings.language != NONE and settings.by_language.steps > 0
    language = load_language_model(settings.language, placement.device) if spoken else None
    lora = settings.lora
    progress.phase("choosing views", len(tasks), unit="tasks")
    chosen = (
        {task.card.name: choose(task.train, event_locked=task.card.event_locked) for task in tasks}
        if settings.views
        else {}
    )
    model = UniMind(
        {task.card.name: len(task.card.options) for task in tasks},
        settings.encoder,
        settings.connector,
        language,
        (lora.rank, lora.alpha, lora.dropout),
        settings.seed,
        _channels(tasks),
        {name: view for name, (view, _) in chosen.items()},
    )
    for name, (view, features) in chosen.items():
        progress.say(f"{name}: view {view.kind}")
        model.network.views.learn(name, features)
    begin_with(model.network.encoder, settings.encoder)
    _learn_scale(model, tasks, settings.seed)
    model.network.to(placement.device)
    tasks = [_measured(model, task) for task in tasks]
    loop = Loop(model, tasks, settings, FitState(out / STATE))
    loop.run(progress)
    by_head, by_language = _judge(loop, model, tasks, settings, progress)
    views = {name: view for name, (view, _) in chosen.items()}
    card = _card(tasks, settings, views, language, by_head, by_language, loop.curves, pipeline)
    save(out, card, model.tensors())
    _draw(loop.curves, names, out, progress)
    FitState(out / STATE).remove()
    return out


def _channels(tasks: Sequence[TaskSamples]) -> tuple[str, ...]:
    return tuple(sorted({name for task in tasks for sample in task.train for name in sample.channels}))


def _measured(model: UniMind, task: TaskSamples) -> TaskSamples:
    """Measure all windows once: no step changes what the views see."""

    def known(samples: Sequence[Sample]) -> list[Sample]:
        components = model.network.views.measured(samples)
        return [replace(sample, components=row) for sample, row in zip(samples, components, strict=True)]

    return replace(task, train=known(task.train), held_out=known(task.held_out))


def _learn_scale(model: UniMind, tasks: Sequence[TaskSamples], seed: int) -> None:
    """Let an encoder that standardises what it measures see some windows of every task."""
    if isinstance(model.network.encoder, SpectralEncoder):
        rng = np.random.default_rng(seed)
        drawn = [[task.train[i] for i in rng.permutation(len(task.train))[:SCALE_WINDOWS]] for task in tasks]
        model.network.encoder.learn_scale(
            [[(torch.from_numpy(patches_of(one.samples)), one.channels) for one in samples] for samples in drawn]
        )


def _judge(
    loop: Loop, model: UniMind, tasks: Sequence[TaskSamples], settings: UniMindSettings, progress: Progress
) -> tuple[dict[str, Judged], dict[str, Judged]]:
    """Calibrate and judge heads on all held-out windows, the language model on some of them."""
    progress.phase("judging", len(tasks), unit="tasks")
    by_head, by_language = {}, {}
    for number, task in enumerate(tasks):
        name, card = task.card.name, task.card
        by_head[name] = judge(scores_of(model, card, task.held_out, None), task.held_out)
        line = f"{name}: head {by_head[name].table['balanced_accuracy']}"
        if loop.questions is not None:
            some = judged(task, settings.calibration_windows, mixed_seed(settings.seed, 100 + number))
            spoken, plain = (judge(scores_of(model, card, some, asked), some) for asked in (loop.questions, None))
            same = plain.table["balanced_accuracy"]
            by_language[name] = Judged(spoken.temperature, {**spoken.table, "head_on_the_same_windows": same})
            line += f"; of {len(some)} windows, language model {spoken.table['balanced_accuracy']}, head {same}"
        progress.say(f"{line}; chance {by_head[name].table['chance']}; these windows also chose when to stop")
        progress.advance()
    return by_head, by_language


def _card(
    tasks: Sequence[TaskSamples],
    settings: UniMindSettings,
    views: Mapping[str, View],
    language: LanguageModel | None,
    by_head: Mapping[str, Judged],
    by_language: Mapping[str, Judged],
    curves: Curves,
    pipeline: Sequence[Mapping[str, Any]],
) -> Card:
    cards = tuple(task.card for task in tasks)
    local = language is not None and language.identity.kind == "local"
    architecture = Architecture(
        encoder=settings.encoder,
        connector=settings.connector,
        cards=cards,
        channels=_channels(tasks),
        views=dict(views),
        language=language.identity.to_dict() if language else {},
        language_folder=settings.language if local else "",
        lora=(settings.lora.rank, settings.lora.alpha, settings.lora.dropout),
    )
    calibration = Calibration(
        {name: one.temperature.temperature for name, one in by_head.items()},
        {name: one.temperature.temperature for name, one in by_language.items()},
        settings.unsure_band,
    )
    spec = DecoderSpec(
        model_id=f"unimind-{settings.encoder.kind}-{language.identity.kind if language else 'heads'}-{settings.seed}",
        classes=cards[0].options,
        window_s=max(card.window_s for card in cards),
        rate_hz=RATE_HZ,
        pipeline=tuple(pipeline),
        summary=SUMMARY,
    )
    people = {f"{task.card.name}: {s.person}" for task in tasks for s in (*task.train, *task.held_out) if s.person}
    return Card(
        kind=KIND,
        spec=spec_table(spec),
        architecture=architecture.model_dump(mode="json"),
        calibration=calibration.to_table(),
        training=Training(
            dataset="; ".join(task.source for task in tasks if task.source),
            subjects=tuple(sorted(people)),
            files={f"{task.card.name}: {name}": sha for task in tasks for name, sha in task.files.items()},
            commands=("bci-app train unimind.toml",),
            seed=settings.seed,
        ),
        metrics={
            "protocol": "balanced accuracy on held-out windows, which also chose the weights: a little too good",
            "windows": {task.card.name: {"train": len(task.train), "held_out": len(task.held_out)} for task in tasks},
            "head": {name: dict(one.table) for name, one in by_head.items()},
            "language_model": {name: dict(one.table) for name, one in by_language.items()},
            "steps": len(curves.loss),
            "settings": settings.model_dump(mode="json"),
        },
        summary=f"{SUMMARY}. " + " ".join(f"{card.title}: {card.claim}" for card in cards),
    )


def _draw(curves: Curves, tasks: Sequence[str], out: Path, progress: Progress) -> None:
    (out / CURVES).write_text(json.dumps(asdict(curves)) + "\n", encoding="utf-8")
    if not curves.looks:
        return
    try:
        from models.unimind.training.figure import draw_curves
    except ModuleNotFoundError:
        progress.say(f"{FIGURE} is not drawn: pip install 'bci-app[bench]'")
        return
    draw_curves(curves, tasks, out / FIGURE)
