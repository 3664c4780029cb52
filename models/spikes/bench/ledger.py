"""Results as they come, in one JSON file: a run that was stopped goes on where it was."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from models.statistics import interval
from pipelines.errors import ConfigError

Figures = Mapping[str, float]


class Ledger:
    """Figures by row and seed, with the settings they belong to.

    Parameters
    ----------
    path
        JSON file; made if absent.
    settings
        What the problem was; a file of other settings is refused.

    Raises
    ------
    ConfigError
        If the file is of other settings, or not readable.
    """

    def __init__(self, path: Path, settings: Mapping[str, Any]) -> None:
        self.path = path
        self.settings: dict[str, Any] = json.loads(json.dumps(settings))
        self.rows: dict[str, dict[str, dict[str, float]]] = {}
        if path.is_file():
            try:
                table = json.loads(path.read_text(encoding="utf-8"))
                self.rows, before = table["rows"], table["settings"]
            except (ValueError, KeyError) as exc:
                raise ConfigError(f"{path}: is no file of results: {exc}; remove it or name another --out") from exc
            if before != self.settings:
                raise ConfigError(f"{path}: holds results of other settings; remove it or name another --out")

    def has(self, row: str, seed: int) -> bool:
        """Whether a row is done for a seed."""
        return str(seed) in self.rows.get(row, {})

    def add(self, row: str, seed: int, figures: Figures) -> None:
        """Keep the figures of a row; the file is complete at every moment."""
        self.rows.setdefault(row, {})[str(seed)] = {name: round(float(value), 5) for name, value in figures.items()}
        table = {"settings": self.settings, "rows": self.rows, "summary": self.summary()}
        self.path.parent.mkdir(parents=True, exist_ok=True)
        part = self.path.with_name(f".{self.path.name}.{os.getpid()}.part")
        part.write_text(json.dumps(table, indent=1) + "\n", encoding="utf-8")
        part.replace(self.path)

    def summary(self) -> dict[str, dict[str, list[float]]]:
        """Return for each row and figure: mean over seeds, then the 95 % interval of that mean if seeds are several."""
        told: dict[str, dict[str, list[float]]] = {}
        for row, seeds in self.rows.items():
            names = next(iter(seeds.values()))
            for name in names:
                values = np.array([figures[name] for figures in seeds.values() if name in figures])
                bounds = interval(values) if len(values) > 1 else ()
                told.setdefault(row, {})[name] = [round(float(v), 4) for v in (values.mean(), *bounds)]
        return told
