"""A small UniMind for the gallery, taught in seconds on simulated participants: the panel has answers to show."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import numpy as np

from bci_app.agreement import GROUND_TRUTH
from bci_app.commands import Ask
from bci_app.events import AnswerEvent
from devices.source import Source
from models.training.task import QuietProgress
from models.unimind.encoders import EncoderSettings
from models.unimind.network import ConnectorSettings
from models.unimind.samples import Sample, TaskSamples
from models.unimind.task_cards import cards
from models.unimind.task_data import STAGES
from models.unimind.training.settings import Stage, UniMindSettings
from models.unimind.training.train import train
from pipelines.errors import StreamEnded
from pipelines.plugins import make
from pipelines.signal import Chunk
from pipelines.stage import Pipeline
from pipelines.windows import Windower
from ui.gallery_scenes import Scene, Take

TASKS = {
    "simulated_eyes": ("eyes", ("eyes_open", "eyes_closed")),
    "simulated_workload": ("workload", ("rest", "mental_arithmetic")),
}
"""Card → paradigm of the participant, and the states that its options stand for."""
PEOPLE, HELD_OUT = 4, 1
STATE_S, SIGNAL_S = 8.0, 96.0
SETTINGS = UniMindSettings(
    language="none",
    device="cpu",
    encoder=EncoderSettings(kind="spectral", d_model=40),
    connector=ConnectorSettings(width=32, n_heads=4, hidden=32, n_pool=4),
    by_head=Stage(steps=60, batch_size=32, learning_rate=5e-3, judge_every=20),
)


def asked(folder: Path) -> Scene:
    """The simulated participant opens and closes the eyes, and is asked which; then another question is asked."""
    checkpoint = taught(folder / "unimind")
    settings = {
        "name": "asked",
        "source": {
            "kind": "synthetic", "paradigm": "eyes", "seed": 99, "speed": 2.0,
            "first_rest_s": STATE_S, "block_s": STATE_S,
        },
        "decoder": {
            "name": "unimind",
            "settings": {"checkpoint": str(checkpoint), "language": "none", "question": "simulated_workload"},
        },
    }  # fmt: skip

    def answers(take: Take, task: str) -> int:
        return sum(isinstance(e, AnswerEvent) and e.reply.task == task and e.reply.answer is not None
                   for e in take.events)  # fmt: skip

    def play(take: Take) -> None:
        take.wait(lambda t: answers(t, "simulated_workload") > 2)
        take.process.send(Ask("simulated_eyes"))
        take.wait(lambda t: answers(t, "simulated_eyes") > 5)

    title = "UniMind answers: simulated eyes, heads without a language model"
    return Scene("asked", title, settings, play, ("signal",), ("question",))


def taught(folder: Path) -> Path:
    """Teach two cards on simulated participants; return the checkpoint's folder."""
    tasks = []
    for name in TASKS:
        people = [list(_windows(name, person)) for person in range(PEOPLE)]
        learnt = [one for windows in people[HELD_OUT:] for one in windows]
        held_out = [one for windows in people[:HELD_OUT] for one in windows]
        tasks.append(TaskSamples(cards()[name], learnt, held_out, "simulated participants"))
    return Path(train(tasks, SETTINGS, folder, QuietProgress(), ({"kind": "select"}, *STAGES)))


def _windows(task: str, person: int) -> Iterator[Sample]:
    """Yield windows of one participant that lie within one state, behind the stages of a live session."""
    paradigm, states = TASKS[task]
    table = {
        "kind": "synthetic", "paradigm": paradigm, "seed": person, "speed": "max", "duration_s": SIGNAL_S,
        "first_rest_s": STATE_S, "block_s": STATE_S,
    }  # fmt: skip
    pipeline = Pipeline([make("stages", stage, "gallery") for stage in ({"kind": "select"}, *STAGES)])
    with closing(make("sources", table, "gallery")) as source:
        delivered = pipeline.prepare(source.open())
        length = round(cards()[task].window_s * delivered.rate_hz)
        windower = Windower(delivered, length, length // 2)
        truth: list[tuple[float, str]] = []
        for chunk in _chunks(source):
            truth += [(m.time_s, m.label) for m in chunk.markers if m.stream == GROUND_TRUTH]
            for window in windower.push(pipeline.process(chunk)):
                begun = [state for time_s, state in truth if time_s <= window.times_s[0]]
                changes = any(window.times_s[0] < time_s <= window.times_s[-1] for time_s, _ in truth)
                if begun and not changes and begun[-1] in states:
                    rows = np.ascontiguousarray(window.samples.T)
                    yield Sample(task, rows, delivered.names, states.index(begun[-1]), f"participant {person}")


def _chunks(source: Source) -> Iterator[Chunk]:
    while True:
        try:
            chunk = source.read(1.0)
        except StreamEnded:
            return
        if chunk is not None:
            yield chunk
