"""UniMind live: a head that decides on every window in time, and beside it answers to the question of the moment.

The head is any other decoder, or UniMind's own over the options of one card. Answers come from a process of their own
(:mod:`models.unimind.answer_process`): the newest window wins, a late answer is marked late, and the head never waits.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

import numpy as np
from pydantic import Field

from models.checkpoints import find, load_decoder, read_card
from models.decoder import Decoder, DecoderSpec
from models.placement import Where
from models.unimind.answer_process import AnswerProcess, Request
from models.unimind.replies import Level, Reply
from models.unimind.samples import RATE_HZ
from models.unimind.task_cards import TaskCard, cards
from pipelines.decision import Decision
from pipelines.errors import CheckpointInvalid, ModelError, SpecMismatch
from pipelines.plugins import PluginSettings
from pipelines.signal import StreamSpec, Window

SHAPING = ("resample", "notch", "bandpass")
"""Stages that shape the signal; those that choose, name or mend channels may differ between the head and UniMind."""
LOAD_S = 120.0
"""How long a replay waits for a language model to load (s)."""
log = logging.getLogger(__name__)


class Settings(PluginSettings):
    """Which weights, which head, what is asked, and how long an answer may take."""

    checkpoint: str = Field("", description="Folder with UniMind's weights and card.")
    head: str = Field("", description="Decoder that decides in time: its name or folder; empty: UniMind's own head.")
    head_settings: dict[str, Any] = Field({}, description="Settings of the head.")
    question: str = Field("", description="Card that is asked at first; empty: the checkpoint's first.")
    language: str = Field("as trained", description="as trained, none (the head over options), or a model's folder.")
    device: Where = Field("cpu", description="Where the answers are made; auto takes CUDA where it works.")
    deadline_s: float = Field(2.0, gt=0, description="An answer that takes longer is marked late (s).")
    every_window: bool = Field(
        False, description="Wait for each answer, at most until it is late: for replays, never for a live session."
    )


class UniMindDecoder:
    """See the module; :class:`models.unimind.replies.Asked` besides :class:`models.decoder.Decoder`."""

    def __init__(
        self, head: Decoder, process: AnswerProcess, known: Mapping[str, TaskCard], settings: Settings
    ) -> None:
        self.head, self._process, self._settings = head, process, settings
        self._channels: tuple[str, ...] = ()
        self.cards = {name: card for name, card in known.items() if not card.event_locked}
        self._locked = set(known) - set(self.cards)
        self.question = ""

    @property
    def spec(self) -> DecoderSpec:
        """The head's: it decides, and what it needs is what the session delivers."""
        return self.head.spec

    def ask(self, task: str) -> None:
        """See :class:`models.unimind.replies.Asked`."""
        if task and task not in self.cards:
            locked = "is about windows that begin at an event: ask it of a recording (bci-app ask FILE)"
            why = locked if task in self._locked else "there is no such card"
            raise ModelError(f"question {task!r}: {why}; a session can be asked {', '.join(self.cards)}")
        self.question = task

    def replies(self) -> Sequence[Reply]:
        """See :class:`models.unimind.replies.Asked`."""
        return self._process.replies()

    def complaints(self) -> Sequence[tuple[Level, str]]:
        """See :class:`models.unimind.replies.Asked`."""
        return self._process.complaints()

    def prepare(self, delivered: StreamSpec) -> None:
        """Check the signal for both.

        Raises
        ------
        SpecMismatch
            If it does not fit the head, or is not at 200 Hz in microvolts.
        """
        self.head.prepare(delivered)
        wrong = [] if delivered.rate_hz == RATE_HZ else [f"rate is {delivered.rate_hz:g} Hz, needed {RATE_HZ:g} Hz"]
        units = sorted({channel.unit for channel in delivered.channels} - {"uV"})
        if units:
            wrong.append(f"unit is {', '.join(units)}, needed uV")
        if wrong:
            raise SpecMismatch(f"unimind does not fit {delivered.source_id or 'the stream'}: {'; '.join(wrong)}")
        self._channels = delivered.names

    def warm_up(self) -> None:
        """Warm the head up; whoever answers loads meanwhile, or first where every window is to be answered."""
        self.head.warm_up()
        if self._settings.every_window:
            self._process.wait_ready(LOAD_S)

    def calibrate(self, windows: Sequence[Window], labels: Sequence[str] | None) -> None:
        """Calibrate the head: UniMind knows no calibration to a person."""
        self.head.calibrate(windows, labels)

    def decode(self, window: Window) -> Decision:
        """Let the head decide, and leave the window's end to whoever answers.

        Raises
        ------
        BciError
            As the head.
        """
        since_s = time.monotonic()
        decision = self.head.decode(window)
        if self.question:
            self._process.submit(self._request(self.cards[self.question], window, since_s))
            if self._settings.every_window:
                self._process.wait(self._settings.deadline_s)
        return decision

    def close(self) -> None:
        """End the head and the process."""
        self.head.close()
        self._process.close()

    def _request(self, card: TaskCard, window: Window, since_s: float) -> Request:
        n = min(round(card.window_s * RATE_HZ), window.n_samples)
        times_s = window.times_s[-n:]
        about = Reply(
            card.name,
            window.window_index,
            float(times_s[0]),
            float(times_s[-1]),
            self._channels,
            tuple(name for name in self._channels if name in window.bad_channels),
        )
        return Request(card, np.ascontiguousarray(window.samples[-n:].T), about, since_s)


def build(settings: Settings) -> UniMindDecoder:
    """Load the head, and start the process.

    Raises
    ------
    CheckpointInvalid
        If no folder is given, or what is in it does not fit together.
    ConfigError
        If there is no such head.
    ModelError
        If the question is none.
    """
    if not settings.checkpoint:
        raise CheckpointInvalid("unimind: needs trained weights: give checkpoint = 'FOLDER' (bci-app train unimind)")
    folder = find(settings.checkpoint)
    card = read_card(folder)
    if card.kind != "unimind":
        raise CheckpointInvalid(f"{folder}: kind = {card.kind!r}, not 'unimind'")
    # They load torch, which Settings and the list of decoders do not need.
    from models.unimind.checkpoint import Architecture, load
    from models.unimind.own_head import OwnHead

    trained = {one.name: one for one in Architecture.from_table(card.architecture, str(folder)).cards}
    known = {**cards(), **trained}
    first = settings.question or next((name for name, one in trained.items() if not one.event_locked), "")
    head: Decoder
    if settings.head:
        head = load_decoder(settings.head, **settings.head_settings)
        _compare(head.spec, card.decoder_spec(), str(folder))
    elif first in trained:
        head = OwnHead(str(folder), trained[first], card.decoder_spec(), settings.device)
    else:
        raise ModelError(f"unimind: question = {first!r}: {folder} has a head for {', '.join(trained)} alone")
    process = AnswerProcess(partial(load, str(folder), settings.language, settings.device), settings.deadline_s)
    decoder = UniMindDecoder(head, process, known, settings)
    try:
        decoder.ask(first)
    except ModelError:
        decoder.close()
        raise
    return decoder


def _compare(head: DecoderSpec, own: DecoderSpec, where: str) -> None:
    """Warn where the head's stages shape the signal otherwise than those behind which UniMind learned."""
    theirs, ours = ([dict(t) for t in spec.pipeline if t["kind"] in SHAPING] for spec in (head, own))
    if theirs != ours:
        log.warning(
            "%s learned behind other filters (%s) than the head's (%s): answers may be worse than measured",
            where,
            ours,
            theirs,
        )
