"""Behind ``bci-app ask``: a question out of the closed list to a recording, or to a session while it runs."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rich.console import Console, Group
from rich.markup import escape
from rich.table import Table

from bci_app.asked_recording import Asked, ask_recording
from bci_app.assembly import build
from bci_app.config import DecoderSettings, SessionSettings, load_session
from bci_app.event_records import to_json
from bci_app.events import AnswerEvent, DecisionEvent, Event, Session
from bci_app.sessions import stop_on_signals
from models.checkpoints import Card, find, read_card
from models.unimind.nearest import nearest
from models.unimind.task_cards import TaskCard, cards
from pipelines.decision import Decision
from pipelines.errors import ConfigError
from pipelines.percent import percent

SESSION_SUFFIX = ".toml"
SHOWN_ELECTRODES = 5


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked of what.

    Parameters
    ----------
    target
        Session file (TOML) or recording.
    words
        The question as a person writes it; empty where ``task`` names the card.
    task
        Name of the card; empty: the nearest to the words.
    model
        Folder of UniMind's checkpoint; empty: what the session names.
    language
        ``as trained``, ``none`` or a folder.
    at_s, event, most
        See :func:`bci_app.asked_recording.ask_recording`.
    seconds
        How long a session is asked (s); None: until it ends.
    scale
        What a recording's voltages are multiplied by; a session says it itself.
    """

    target: Path
    words: str = ""
    task: str = ""
    model: str = ""
    language: str = "as trained"
    at_s: tuple[float, ...] = ()
    event: str = ""
    most: int = 20
    seconds: float | None = None
    scale: float = 1.0


def card_of(question: Question) -> TaskCard:
    """Return the card that is meant.

    Raises
    ------
    ConfigError
        If there is no such card, or none is like the words.
    """
    if not question.task:
        if not question.words.strip():
            raise ConfigError(f"ask: say what, or name a card with --task: {', '.join(cards())}")
        return nearest(question.words, cards())
    if question.task not in cards():
        raise ConfigError(f"--task {question.task}: there is no such card; there are {', '.join(cards())}")
    return cards()[question.task]


def ask(question: Question, overrides: Sequence[str], console: Console, *, as_json: bool) -> None:
    """Ask, and print the answers.

    Raises
    ------
    BciError
        If there is no such card or model, or the recording or session does not fit them.
    """
    card = card_of(question)
    if question.target.suffix == SESSION_SUFFIX:
        _ask_session(question, card, load_session(question.target, overrides), console, as_json=as_json)
    else:
        _ask_file(question, card, console, as_json=as_json)


def _ask_file(question: Question, card: TaskCard, console: Console, *, as_json: bool) -> None:
    from models.unimind.checkpoint import load  # torch is slow to import

    if not question.model:
        raise ConfigError("ask: a recording needs --model FOLDER: a checkpoint of bci-app train unimind")
    folder = find(question.model)
    model_card = read_card(folder)
    answerer = load(folder, question.language, "auto")
    stages = [dict(table) for table in model_card.decoder_spec().pipeline]
    found = ask_recording(
        question.target,
        card,
        answerer,
        stages,
        at_s=question.at_s,
        event=question.event,
        most=question.most,
        scale=question.scale,
    )
    if as_json:
        print(json.dumps(_as_dict(question, card, found, model_card)))  # noqa: T201
        return
    console.print(_words(card, found, model_card))


def _as_dict(question: Question, card: TaskCard, found: Asked, model: Card) -> dict[str, Any]:
    spatial, temporal = found.query_shares()
    return {
        "recording": str(question.target),
        "task": card.name,
        "question": card.questions[0],
        "claim": card.claim,
        "model_id": model.decoder_spec().model_id,
        "model": {
            "trained_on": model.training.dataset,
            "metrics": model.metrics,
            "weights_sha256": model.weights_sha256,
        },
        "mean_probabilities": found.mean(),
        "bad_channels": found.bad_channels,
        "spatial_queries": spatial,
        "temporal_queries": temporal,
        "windows": [window.as_dict(found.channels) for window in found.windows],
    }


def _words(card: TaskCard, found: Asked, model: Card) -> Group:
    table = Table("window (s)", "answer", *card.options, title=escape(card.questions[0]), title_justify="left")
    for window in found.windows:
        span = f"{window.start_s:.1f} – {window.stop_s:.1f}"
        if window.answer is None:
            table.add_row(span, f"not asked: {escape(window.reason)}")
        else:
            table.add_row(span, escape(window.answer.text), *(f"{p:.2f}" for p in window.answer.probabilities))
    lines: list[str] = []
    if found.answers:
        table.add_section()
        mean = found.mean()
        table.add_row("mean", "", *(f"{mean[option]:.2f}" for option in card.options))
        electrodes = ", ".join(f"{name} {percent(weight)}" for name, weight in found.electrodes()[:SHOWN_ELECTRODES])
        spatial, temporal = (", ".join(f"{q} ({percent(n)})" for q, n in pool[:3]) for pool in found.query_shares())
        lines = [
            f"electrodes that weighed most: {electrodes}",
            f"queries taken: {spatial} for electrodes; {temporal} for seconds",
        ]
    lines += [
        f"signal: {'bad electrodes: ' + ', '.join(found.bad_channels) if found.bad_channels else 'no bad electrodes'}",
        f"what this may claim: {card.claim}",
        f"model: {model.decoder_spec().model_id}, trained on {model.training.dataset or 'what its card does not say'}",
        *_measured(card, model),
    ]
    return Group(table, *map(escape, lines))


def _measured(card: TaskCard, model: Card) -> list[str]:
    """Return what the model's card says of this task."""
    table = (model.metrics.get("head") or {}).get(card.name)
    if not table:
        return ["this task was not trained: the answer is a guess of the task-free query"]
    return [f"measured on windows set aside: balanced accuracy {table['balanced_accuracy']} (chance {table['chance']})"]


def asked_session(settings: SessionSettings, question: Question, card: TaskCard) -> SessionSettings:
    """Return a session whose decoder answers the question; what decided in it goes on as the head.

    Raises
    ------
    ConfigError
        If no checkpoint is named.
    """
    decoder = settings.decoder or DecoderSettings(name="", settings={})
    if decoder.name == "unimind":
        own = {**decoder.settings, "question": card.name}
        if question.model:
            own["checkpoint"] = question.model
    else:
        if not question.model:
            raise ConfigError(
                "ask: the session's decoder answers no questions: give --model FOLDER, a checkpoint of UniMind"
            )
        own = {"checkpoint": question.model, "question": card.name, "language": question.language}
        if decoder.name:
            own |= {"head": decoder.name, "head_settings": decoder.settings}
    asked = decoder.model_copy(update={"name": "unimind", "settings": own})
    return settings.model_copy(update={"decoder": asked, "duration_s": question.seconds or settings.duration_s})


class AnswerLines:
    """A sink that prints a line for each reply, with what the head decided on the same window."""

    def __init__(self, console: Console, *, as_json: bool) -> None:
        self._console, self._as_json = console, as_json
        self._last: Decision | None = None

    def open(self, session: Session) -> None:
        """Nothing to prepare."""

    def accept(self, event: Event) -> None:
        """Print a reply."""
        match event:
            case DecisionEvent(decision):
                self._last = decision
            case AnswerEvent(reply):
                head = "no decision" if self._last is None else self._last.label or f"none ({self._last.reason})"
                if self._as_json:
                    print(to_json({"head": head, "words": reply.words(), **_record(event)}))  # noqa: T201
                else:
                    self._console.print(f"{reply.words()}   head: {head}", markup=False, highlight=False)

    def close(self) -> None:
        """Nothing to free."""


def _record(event: AnswerEvent) -> dict[str, Any]:
    from bci_app.event_records import event_record

    return event_record(event) or {}


def _ask_session(
    question: Question, card: TaskCard, settings: SessionSettings, console: Console, *, as_json: bool
) -> None:
    if not as_json:
        console.print(f"{card.questions[0]}\nwhat this may claim: {card.claim}", markup=False, highlight=False)
    engine = build(asked_session(settings, question, card), [AnswerLines(console, as_json=as_json)])
    with stop_on_signals() as stop:
        engine.run(stop)
