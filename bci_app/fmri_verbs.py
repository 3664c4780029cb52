"""Behind ``bci-app bench fmri``: run studies one after the other, print tables, write what came out."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from models.fmri import study_report
from models.fmri.study import Answer, Study
from pipelines.errors import ConfigError
from pipelines.plugins import load, make, names

OUT = Path("out") / "bench" / "fmri"
MOST_COLUMNS = 4


def bench_fmri(
    studies: list[str], data: Path | None, seeds: int | None, out: Path | None, changes: list[str], *, as_json: bool
) -> None:
    """Run studies; none named: all, those that need recordings only with ``data``. Each is written when it is done.

    Raises
    ------
    ConfigError
        If there is no such study, or a setting is wrong.
    RecordingError
        If recordings are missing.
    """
    folder = out or OUT
    chosen = {name: _table(name, data, seeds, changes) for name in studies or _all(data)}
    made: dict[str, Study] = {name: _make(name, table) for name, table in chosen.items()}
    found = {}
    for name, study in made.items():
        with Console(stderr=True).status(name) as status:
            answer = study.run(status.update)
        study_report.write(folder, name, answer, _command(name, chosen[name]))
        found[name] = answer.as_dict()
        if not as_json:
            _show(answer)
    if as_json:
        print(json.dumps(found))  # noqa: T201
    else:
        Console().print(f"reports, tables and figures in {folder}", markup=False)


def _all(data: Path | None) -> list[str]:
    return [n for n in names("fmri_studies") if data is not None or "data" not in _fields(n)]


def _fields(name: str) -> dict[str, Any]:
    return dict(load("fmri_studies", name, "bench fmri").Settings.model_fields)


def _table(name: str, data: Path | None, seeds: int | None, changes: list[str]) -> dict[str, Any]:
    """Return a study's settings as far as they are not its defaults."""
    fields = _fields(name)
    given: dict[str, Any] = {"data": None if data is None else str(data), "seeds": seeds}
    table = {key: value for key, value in given.items() if value is not None and key in fields}
    for change in changes:
        key, equals, text = change.partition("=")
        if not equals:
            raise ConfigError(f"--set {change}: give KEY=VALUE")
        if key in fields:
            table[key] = _value(text)
        elif not any(key in _fields(other) for other in names("fmri_studies")):
            raise ConfigError(f"--set {change}: no study has a setting {key!r}")
    return table


def _value(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return text


def _make(name: str, table: dict[str, Any]) -> Study:
    study: Study = make("fmri_studies", {"kind": name, **table}, "bench fmri")
    return study


def _command(name: str, table: dict[str, Any]) -> str:
    given = {"data": "--data FOLDER", "seeds": f"--seeds {table.get('seeds')}", "cache": "--set cache=FOLDER"}
    parts = [given.get(key, f"--set '{key}={json.dumps(value)}'") for key, value in table.items()]
    return " ".join(["bci-app bench fmri", name, *parts])


def _show(answer: Answer) -> None:
    console = Console()
    console.print(answer.title, style="bold", markup=False)
    for condition, metrics, rows in study_report.tables(answer.scores):
        body, head = [["model", *metrics], *rows], "model"
        if len(metrics) > MOST_COLUMNS:  # too wide for a terminal: models side by side instead
            body, head = [list(column) for column in zip(*body, strict=True)], "metric"
        table = Table(head, *map(escape, body[0][1:]), title=escape(condition), title_justify="left")
        for row in body[1:]:
            table.add_row(*map(escape, row))
        console.print(table)
    for finding in answer.findings:
        console.print(finding, markup=False)
