"""Runs of paradigms on the simulated participant, as fast as the machine can."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from rich.console import Console

from bci_app.config import validate
from bci_app.paradigm_verb import run_paradigm

IMAGERY: dict[str, Any] = {
    "kind": "imagery", "blocks": 4, "trials_per_block": 4, "cross_s": 0.5, "task_s": 3.5, "pause_s": [0.5, 1.0],
    "block_pause_s": 1.0,
}  # fmt: skip


def recorded(folder: Path, paradigm: dict[str, Any], **more: Any) -> Path:
    """Run a paradigm headless; return the recording."""
    values = {
        "name": "cued",
        "source": {
            "kind": "synthetic",
            "paradigm": "cued",
            "speed": "max",
            "chunk_samples": 10,
            **more.pop("source", {}),
        },
        "decoder": None,
        "paradigm": paradigm,
        **more,
    }
    with (folder / "terminal.txt").open("w") as terminal:
        return run_paradigm(validate(values, "cued"), "", str(folder), Console(file=terminal, width=200))
