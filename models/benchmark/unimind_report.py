"""The report of the UniMind benchmark: a page of Markdown, JSON, and two figures."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.figure import Figure

from models.benchmark.figures import COLOURS, INK, png
from models.benchmark.metrics import METRICS
from models.benchmark.unimind_cells import Cell, Floats
from models.benchmark.unimind_run import CHANCE, MODELS, MULTI
from models.benchmark.unimind_table import Score, as_table, averages, common, queries, verdicts
from models.unimind.task_cards import cards

PAGE, TABLE, PICTURE, ROUTERS = "report.md", "report.json", "scores.png", "queries.png"


def write(found: Sequence[Score], cells: Sequence[Cell], folder: Path, about: Mapping[str, Any]) -> list[Path]:
    """Write all of it; return the files.

    Parameters
    ----------
    found, cells
        Scores, and the cells of all rounds that they are of.
    folder
        Made if absent.
    about
        What was run, JSON-able: rounds, limit, settings; ``command`` is printed.
    """
    folder.mkdir(parents=True, exist_ok=True)
    routed = queries(cells)
    contents = {
        PAGE: page(found, about, routed).encode(),
        TABLE: (json.dumps({"about": dict(about), **as_table(found, cells)}, indent=1) + "\n").encode(),
        PICTURE: png(picture(found)),
    }
    if routed:  # a run that was stopped early may have no UniMind yet
        contents[ROUTERS] = png(routers(routed))
    for name, content in contents.items():
        (folder / name).write_bytes(content)
    return [folder / name for name in contents]


def page(found: Sequence[Score], about: Mapping[str, Any], routed: Mapping[str, tuple[Floats, Floats]]) -> str:
    """Return the report as Markdown; ``routed`` are the mean probabilities of the queries by task."""
    tasks, models = _tasks(found), _models(found)
    by = {(score.task, score.model): score for score in found}
    lines = [
        "# UniMind: one model for all tasks",
        "",
        (
            f"`{about['command']}`. {about['words']} Nothing that judges has taught: no person, or of one person no "
            "run (of the eyes, whose states are a run each, no trial). Figures are means over those who judge, with "
            "95 % intervals: over people where there are five or more, else (in brackets) over their windows, which "
            "says nothing of other people."
        ),
        "",
        f"![Figures of all tasks]({PICTURE})",
        "",
        "| task | left out | figure | " + " | ".join(models) + " |",
        "|---" * (3 + len(models)) + "|",
    ]
    for task in tasks:
        one = next(score for score in found if score.task == task)
        best = max((by[task, m].value for m in models if m != CHANCE and (task, m) in by), default=0.0)
        shown = [_cell(by.get((task, model)), best) for model in models]
        unit = "people" if one.of_people else "people or runs" if one.n_people > 1 else "person or run"
        left_out = f"{one.n_people} {unit}, {one.n_windows} windows"
        lines.append(f"| {cards()[task].title} | {left_out} | {METRICS[one.figure].title} | {' | '.join(shown)} |")
    for words, simulated in (("", True), (" without the simulated", False)):
        mean = averages(found, of_simulated=simulated)
        if not mean:
            continue
        title = f"average of {len(common(found, of_simulated=simulated))} tasks{words}"
        lines.append(f"| **{title}** | | | " + " | ".join(f"{mean[m][0]:.3f}" for m in models) + " |")
        lines.append(
            f"| … as share of the way from chance to 1 | | | {' | '.join(f'{mean[m][1]:.3f}' for m in models)} |"
        )
    lines += ["", "## How the model of all tasks stands", ""]
    lines += [f"- {cards()[task].title}: {words}." for task, words in verdicts(found).items()]
    return "\n".join([*lines, "", "## Which tasks share queries", "", *_shared_queries(routed), ""])


def _shared_queries(routed: Mapping[str, tuple[Floats, Floats]]) -> list[str]:
    """Show the routers' choice, and say how far from even it is."""
    pools = [pool for pools in routed.values() for pool in pools]
    if not pools:
        return ["No model of all tasks was asked."]
    most, even = max(float(pool.max()) for pool in pools), 1 / pools[0].size
    word = "hardly tell tasks apart" if most < 3 * even else "prefer some queries for some tasks"
    return [
        f"![Mean probability of each query]({ROUTERS})",
        "",
        f"The routers {word}: the most probable query of any task has {most:.2f}, an even choice is {even:.2f}.",
        "",
        (
            "The mean over the windows that judged in the first round of what the routers give each of the queries, "
            "for the electrodes (left) and the seconds (right)."
        ),
    ]


def _cell(score: Score | None, best: float) -> str:
    if score is None:
        return "–"
    if score.model == CHANCE:
        return f"{score.chance:.3f}"
    value = f"**{score.value:.3f}**" if score.value >= best else f"{score.value:.3f}"
    span = f"{score.low:.3f}–{score.high:.3f}"
    return f"{value} {span}" if score.of_people else f"{value} [{span}]"


def _tasks(found: Sequence[Score]) -> list[str]:
    return sorted({score.task for score in found}, key=lambda task: (task.startswith("simulated"), task))


def _models(found: Sequence[Score]) -> list[str]:
    return [model for model in MODELS if any(score.model == model for score in found)]


def picture(found: Sequence[Score]) -> Figure:
    """One row a task, one dot a model with its interval; chance is a grey line."""
    tasks, models = _tasks(found)[::-1], [model for model in _models(found) if model != CHANCE]
    figure = Figure(figsize=(7.5, 0.9 + 0.5 * len(tasks)))
    axes = figure.add_subplot()
    for row, task in enumerate(tasks):
        of_task = [score for score in found if score.task == task]
        axes.plot([of_task[0].chance] * 2, [row - 0.38, row + 0.38], color="0.7", linewidth=2)
        for place, model in enumerate(models):
            for score in (one for one in of_task if one.model == model):
                height = row + 0.27 - 0.18 * place
                axes.plot([score.low, score.high], [height] * 2, color=COLOURS[place], linewidth=1.4, alpha=0.7)
                axes.plot(score.value, height, "o", color=COLOURS[place], markersize=6 if model == MULTI else 4)
    for place, model in enumerate(models):
        axes.plot([], [], "o-", color=COLOURS[place], label=model, markersize=4)
    axes.set_yticks(range(len(tasks)), [cards()[task].title for task in tasks])
    axes.set_xlim(0.15, 1.02)
    axes.set_xlabel("balanced accuracy (faces and targets: AUROC); bar: 95 %; grey: chance")
    axes.legend(loc="lower center", bbox_to_anchor=(0.45, 1.0), ncols=len(models), frameon=False, fontsize=8)
    axes.spines[["top", "right"]].set_visible(False)
    return figure


def routers(found: Mapping[str, tuple[Floats, Floats]]) -> Figure:
    """Tasks by queries, for both pools; the colour is the mean probability."""
    tasks = sorted(found, key=lambda task: (task.startswith("simulated"), task))
    figure = Figure(figsize=(9.5, 1.3 + 0.3 * len(tasks)), layout="constrained")
    left, right = figure.subplots(1, 2, sharey=True)
    most = max(float(pool.max()) for pools in found.values() for pool in pools)
    for axes, pool, title in ((left, 0, "queries for electrodes"), (right, 1, "queries for seconds")):
        values = np.array([found[task][pool] for task in tasks])
        image = axes.imshow(values, cmap="viridis", vmin=0.0, vmax=most, aspect="auto")
        axes.set_xlabel(title)
        axes.set_xticks(range(values.shape[1]), [str(n + 1) for n in range(values.shape[1])], fontsize=7)
    left.set_yticks(range(len(tasks)), [cards()[task].title for task in tasks], fontsize=8, color=INK)
    figure.colorbar(image, ax=(left, right), label="mean probability", shrink=0.9)
    return figure
