"""Fine-tune CSBrain on a data set: from weights or from nothing, to a checkpoint that the live decoder loads.

Windows come from the benchmark's recipes, so from the live stages. People set aside stop the training and calibrate the
probabilities; people kept for the test are read once, at the end. Simple models stand beside it in the card.
"""

from __future__ import annotations

from typing import Any

from pydantic import Field

from models.benchmark.recipe import Recipe, named
from models.csbrain.published_montages import LISTS
from models.deep.adaptation import Adaptation
from models.placement import Where
from models.training.augmentation import Augmentation
from models.training.finetuning.run import FineTuning
from models.training.finetuning.tables import Head, Rest, Size, Split, Training, Trusting
from pipelines.errors import ConfigError
from pipelines.plugins import PluginSettings, configure


class Settings(PluginSettings):
    """Data, start, head and training."""

    about: str = Field("", description="One line on what this file is for.")
    data: dict[str, Any] = Field({}, description="Table of a data set: kind, folder, options.")
    recipe: str | Recipe = Field("default", description="Name of a recipe of the benchmark, or its table.")
    cache: str = Field("", description="Folder of prepared windows; none: inside the folder of the run.")
    weights: str = Field("", description="Checkpoint folder, or file of official weights.")
    adaptation: Adaptation = Field(
        "scratch", description="scratch, full, linear or lora; all but scratch need weights."
    )
    montage: str = Field("", description="A published montage; none: our own electrode→region rule.")
    size: Size = Field(Size(), description="Of the network, where no checkpoint folder says it.")
    head: Head = Field(Head(), description="What is put on the network.")
    training: Training = Field(Training(), description="How it is trained.")
    augmentation: Augmentation = Field(Augmentation(), description="Changes of training windows.")
    split: Split = Field(Split(), description="Who teaches, stops and judges.")
    rest: Rest = Field(Rest(), description="Alignment to each person's rest.")
    trust: Trusting = Field(Trusting(), description="Whose answers tell how far the decoder may be believed.")
    device: Where = Field("auto", description="auto, cpu or cuda.")
    seed: int = Field(0, ge=0, description="Of initialisation, order, dropout, augmentation and who is set aside.")


def build(settings: Settings) -> FineTuning:
    """Make the task.

    Raises
    ------
    ConfigError
        If no data set is named, a table is wrong, weights and adaptation do not agree, or the montage is not known.
    """
    if not settings.data:
        raise ConfigError("finetune: data: name a data set: kind and folder")
    module, table = configure("datasets", settings.data, "finetune: data")
    about = module.build(table).about
    if about.task == "retrieval":
        raise ConfigError(f"finetune: data: {about.title} is about finding items; CSBrain learns classes or numbers")
    if (settings.adaptation == "scratch") == bool(settings.weights):
        raise ConfigError(
            f"finetune: adaptation = {settings.adaptation!r} "
            + ("takes no weights: name another one" if settings.weights else "needs weights: a folder or a file")
        )
    if settings.montage and settings.montage not in LISTS:
        raise ConfigError(f"finetune: montage = {settings.montage!r}; known are: {', '.join(LISTS)}")
    if settings.head.kind == "sequence" and settings.augmentation != Augmentation():
        raise ConfigError("finetune: augmentation: changes single windows; the sequence head learns from sequences")
    recipe = settings.recipe if isinstance(settings.recipe, Recipe) else named(settings.recipe, about)
    recipe.check()
    return FineTuning(settings, recipe)
