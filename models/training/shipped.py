"""Training files that come with the program: one for each published fine-tuning of CSBrain."""

from __future__ import annotations

import tomllib
from pathlib import Path

RECIPES = Path(__file__).with_name("recipes")


def shipped() -> dict[str, str]:
    """Return the names, each with what the file says it is about."""
    return {path.stem: str(tomllib.loads(path.read_text(encoding="utf-8")).get("about", "")) for path in _paths()}


def find(name: str | Path) -> Path:
    """Return the file of a shipped name; whatever is no such name comes back as it is."""
    return next((path for path in _paths() if path.stem == str(name)), Path(name))


def _paths() -> list[Path]:
    return sorted(RECIPES.glob("*.toml"))
