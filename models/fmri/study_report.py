"""What a study came to as files: JSON with every value, Markdown tables, pictures. Complete or as they were before."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from pathlib import Path

from models.fmri.study import Answer, Score


def cell(score: Score | None) -> str:
    """Return mean and 95 % interval in plain text; an empty one where nothing was measured."""
    if score is None:
        return ""
    low, high = score.span
    return f"{score.mean:.3f}" if low != low else f"{score.mean:.3f} [{low:.3f}, {high:.3f}]"  # NaN is not itself


def tables(scores: Sequence[Score]) -> list[tuple[str, list[str], list[list[str]]]]:
    """Return for each condition its name, the metrics, and rows of a model and its cells."""
    found = []
    for condition in dict.fromkeys(s.condition for s in scores):
        mine = {(s.model, s.metric): s for s in scores if s.condition == condition}
        metrics = list(dict.fromkeys(metric for _, metric in mine))
        models = dict.fromkeys(model for model, _ in mine)
        found.append((condition, metrics, [[m, *(cell(mine.get((m, x))) for x in metrics)] for m in models]))
    return found


def markdown(name: str, answer: Answer, command: str) -> str:
    """Return the report of one study."""
    counts = sorted({len(score.values) for score in answer.scores})
    n = " or ".join(map(str, counts))
    lines = [f"# {answer.title}", "", f"`{command}`", "", f"Mean and 95 % interval over {answer.over} (n = {n})."]
    for condition, metrics, rows in tables(answer.scores):
        lines += ["", f"## {condition}", "", f"| model | {' | '.join(metrics)} |", "|---" * (len(metrics) + 1) + "|"]
        lines += [f"| {' | '.join(row)} |" for row in rows]
    lines += ["", *(f"- {finding}" for finding in answer.findings)]
    lines += [part for picture in answer.figures for part in ("", f"![{name}]({picture})")]
    return "\n".join(lines) + "\n"


def write(folder: Path, name: str, answer: Answer, command: str) -> list[Path]:
    """Write ``NAME.json``, ``NAME.md`` and the pictures; return them."""
    values = json.dumps({"study": name, "command": command, **answer.as_dict()}, indent=1) + "\n"
    files = {f"{name}.json": values.encode(), f"{name}.md": markdown(name, answer, command).encode(), **answer.figures}
    folder.mkdir(parents=True, exist_ok=True)
    for file, content in files.items():
        part = folder / f".{file}.{os.getpid()}.part"
        part.write_bytes(content)
        part.replace(folder / file)
    return [folder / file for file in files]
