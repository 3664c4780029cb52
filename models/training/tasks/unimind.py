"""UniMind: one network and one language model that answer the questions of many task cards (arXiv 2506.18962)."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from pydantic import Field

from models.training.task import Progress
from models.unimind.task_data import STAGES, load_tasks
from models.unimind.training.settings import UniMindSettings
from models.unimind.training.train import train
from pipelines.errors import ConfigError


class Settings(UniMindSettings):
    """Task cards with their data, and how the network is trained."""

    about: str = Field("", description="One line on what this file is for.")
    data: tuple[dict[str, Any], ...] = Field(
        (), description="Tables of tasks: card, folder; options, fold and limit if wanted."
    )
    cache: str = Field("", description="Folder of prepared windows; none: inside the folder of the run.")


class UniMindTraining:
    """The task."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings

    def run(self, out: Path, progress: Progress) -> None:
        """Prepare the windows of all tasks, train, and write weights, card, curves and figure.

        Raises
        ------
        Stopped
            If it was asked to end early; finished steps are kept.
        BciError
            If data, settings or weights do not go together.
        """
        s = self._settings
        cache = Path(s.cache) if s.cache else out / "windows"
        tasks = load_tasks(s.data, cache, s.seed, progress)
        for task in tasks:
            progress.say(f"{task.card.name}: {len(task.train)} windows teach, {len(task.held_out)} are held out")
        own = UniMindSettings.model_validate(s.model_dump(include=set(UniMindSettings.model_fields)))
        train(tasks, own, out, progress, STAGES)


def build(settings: Settings) -> UniMindTraining:
    """Make the task.

    Raises
    ------
    ConfigError
        If no task is named.
    """
    if not settings.data:
        raise ConfigError("unimind: data = []: name at least one task: [[data]] card = '...', folder = '...'")
    return UniMindTraining(settings)
