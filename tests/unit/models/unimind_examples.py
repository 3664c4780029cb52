"""A small UniMind taught in a second on made windows: open eyes have weak posterior alpha, closed eyes strong alpha."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from models.training.task import QuietProgress
from models.unimind.encoders import EncoderSettings
from models.unimind.network import ConnectorSettings
from models.unimind.samples import Sample, TaskSamples
from models.unimind.task_cards import cards
from models.unimind.task_data import STAGES
from models.unimind.training.settings import Stage, UniMindSettings
from models.unimind.training.train import train

CHANNELS = ("Fz", "C3", "C4", "Pz", "O1", "O2")
SETTINGS = UniMindSettings(
    language="none",
    device="cpu",
    encoder=EncoderSettings(kind="spectral", d_model=40),
    connector=ConnectorSettings(width=32, n_heads=4, hidden=32, n_pool=4),
    by_head=Stage(steps=40, batch_size=32, learning_rate=5e-3, judge_every=20),
)


def alpha(n: int, level_uv: float, seed: int, seconds: float = 2.0) -> np.ndarray:
    """Noise of 5 uV, and posterior alpha; float32 (n, 6, seconds * 200)."""
    rng = np.random.default_rng(seed)
    t = np.arange(round(seconds * 200)) / 200
    wave = np.sin(2 * np.pi * 10 * t + rng.uniform(0, 2 * np.pi, (n, 1, 1)))
    noise = 5 * rng.standard_normal((n, len(CHANNELS), t.size))
    return (noise + level_uv * wave * np.array([0.1, 0.2, 0.2, 0.7, 1.0, 1.0])[:, None]).astype(np.float32)


def samples(task: str, seed: int, n: int = 24, seconds: float = 2.0) -> list[Sample]:
    """Half of them weak alpha (target 1 of the workload card, 0 of the eyes), half strong."""
    weak, strong = (0, 1) if task == "eyes" else (1, 0)
    rows = [(window, weak) for window in alpha(n, 1.0, seed, seconds)]
    rows += [(window, strong) for window in alpha(n, 20.0, seed + 1, seconds)]
    return [Sample(task, window, CHANNELS, target, f"person {i % 4}") for i, (window, target) in enumerate(rows)]


def teach(folder: Path) -> Path:
    """Train on two tasks and return the checkpoint's folder."""
    tasks = [
        TaskSamples(cards()[name], samples(name, 10 * k, seconds=s), samples(name, 10 * k + 5, 8, s), "made", {})
        for k, (name, s) in enumerate((("eyes", 2.0), ("mental_workload", 5.0)))
    ]
    return Path(train(tasks, SETTINGS, folder, QuietProgress(), ({"kind": "select"}, *STAGES)))
