"""Windows whose answer is the frequency of a wave in noise, cards that ask for it, and the smallest networks."""

from __future__ import annotations

import numpy as np

from models.training.task import QuietProgress
from models.unimind.encoders import EncoderSettings
from models.unimind.network import ConnectorSettings
from models.unimind.samples import Sample, TaskSamples
from models.unimind.task_cards import TaskCard
from models.unimind.training.settings import Stage, UniMindSettings

HEAD_8 = ("Fp1", "Fp2", "C3", "C4", "P7", "P8", "O1", "O2")
BAND_4 = ("TP9", "AF7", "AF8", "TP10")
PACE = TaskCard(
    name="pace",
    title="Pace",
    questions=("How fast is the rhythm?", "What is the pace of the wave?"),
    options=("slow", "fast"),
    claim="Which of two simulated waves is there; nothing else.",
    window_s=2.0,
)
PITCH = TaskCard(
    name="pitch",
    title="Pitch",
    questions=("Which wave is there?",),
    options=("low", "middle", "high"),
    claim="Which of three simulated waves is there; nothing else.",
    window_s=0.8,
)
WAVES_HZ = {"pace": (8.0, 20.0), "pitch": (6.0, 14.0, 32.0)}
SMALL_ENCODER = EncoderSettings(n_layers=1, d_model=40, n_heads=4, d_ff=40, dropout=0.1)
SMALL_CONNECTOR = ConnectorSettings(width=32, n_heads=4, hidden=32, n_pool=4, budget=16)


def samples(card: TaskCard, n: int, channels: tuple[str, ...] = HEAD_8, seed: int = 0) -> list[Sample]:
    """Waves of 15 µV in noise of 5 µV, of four people; options take turns."""
    rng = np.random.default_rng(seed)
    t = np.arange(round(card.window_s * 200)) / 200
    found = []
    for i in range(n):
        option = i % len(card.options)
        wave = 15 * np.sin(2 * np.pi * WAVES_HZ[card.name][option] * t + rng.uniform(0, 6))
        x = (wave + 5 * rng.standard_normal((len(channels), len(t)))).astype(np.float32)
        found.append(Sample(card.name, x, channels, option, f"p{i % 4}"))
    return found


def tasks(n: int = 48) -> list[TaskSamples]:
    """Two tasks with different electrodes, lengths and numbers of options."""
    return [
        TaskSamples(PACE, samples(PACE, n), samples(PACE, 24, seed=1), "simulated waves", {"waves": "0" * 64}),
        TaskSamples(PITCH, samples(PITCH, n, BAND_4), samples(PITCH, 24, BAND_4, seed=1)),
    ]


def small(language: str = "none", head_steps: int = 6, language_steps: int = 4) -> UniMindSettings:
    """Settings that end in seconds."""
    return UniMindSettings(
        encoder=SMALL_ENCODER,
        connector=SMALL_CONNECTOR,
        language=language,
        by_head=Stage(steps=head_steps, batch_size=8, judge_every=2, judge_windows=8),
        by_language=Stage(steps=language_steps, batch_size=4, judge_every=2, judge_windows=4),
        calibration_windows=8,
        device="cpu",
    )


class StopsAfter(QuietProgress):
    """Asks a task to stop once it has advanced so often."""

    def __init__(self, steps: int) -> None:
        super().__init__()
        self._left = steps

    def advance(self, n: int = 1, **figures: float) -> None:
        """See :class:`models.training.task.Progress`."""
        self._left -= n
        self.stop_requested = self._left <= 0
