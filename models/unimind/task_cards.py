"""Task cards: what may be asked, what may be answered, and what an answer may claim. No data set is known here."""

from __future__ import annotations

import tomllib
from functools import cache
from pathlib import Path
from typing import Self

from pydantic import Field, ValidationError, model_validator

from pipelines.errors import ConfigError
from pipelines.plugins import PluginSettings, explain

CARDS = Path(__file__).with_name("cards")
"""Folder of the cards that come with the program, one TOML file each."""


class TaskCard(PluginSettings):
    """One question with its closed set of answers."""

    name: str = Field(pattern=r"^[a-z][a-z0-9_]*$", description="Key of the task; the file's name.")
    title: str = Field(min_length=1, description="For a person.")
    questions: tuple[str, ...] = Field(min_length=1, description="The question and paraphrases of it; the first asks.")
    options: tuple[str, ...] = Field(min_length=2, description="Answers in words, in the order of the targets.")
    claim: str = Field(min_length=1, description="What an answer may claim, and what not.")
    window_s: float = Field(gt=0, description="Length of the window that is asked about (s).")
    event_locked: bool = Field(False, description="Whether the window begins at an event, such as a stimulus.")
    unit: str = Field("", description="Unit of the options where they are numbers, such as Hz.")
    unsure: str = Field("not sure", min_length=1, description="What is said where no option leads by enough.")

    @model_validator(mode="after")
    def _differ(self) -> Self:
        for name in ("questions", "options"):
            texts = [text.strip().casefold() for text in getattr(self, name)]
            if "" in texts or len(set(texts)) < len(texts):
                raise ValueError(f"{name} must be different texts, none of them empty")
        return self


@cache
def cards() -> dict[str, TaskCard]:
    """Return the cards that come with the program, by name.

    Raises
    ------
    ConfigError
        If a file is damaged, or its name is not the card's.
    """
    found = [read_card(path) for path in sorted(CARDS.glob("*.toml"))]
    return {card.name: card for card in found}


def read_card(path: Path) -> TaskCard:
    """Read one file.

    Raises
    ------
    ConfigError
        If it is damaged, or its name is not the card's.
    """
    try:
        card = TaskCard.model_validate(tomllib.loads(path.read_text(encoding="utf-8")))
    except ValidationError as exc:
        raise ConfigError(explain(exc, str(path))) from exc
    except (OSError, ValueError) as exc:
        raise ConfigError(f"{path}: no task card: {exc}") from exc
    if card.name != path.stem:
        raise ConfigError(f"{path}: name = {card.name!r}: must be the file's name, {path.stem!r}")
    return card
