"""Labelled recordings of simulated participants, in a folder for each task, for the data set ``annotated``.

``python -m benchmarks.simulated_tasks OUT [--people N] [--seconds S]``. Each one is a session of the engine, recorded
as XDF and exported as FIF: what a laboratory would have after a day of recording. Files that are there are kept.
"""

from __future__ import annotations

import argparse
import threading
from pathlib import Path
from tempfile import TemporaryDirectory

from rich.progress import track

from bci_app.assembly import build
from bci_app.config import validate
from bci_app.export_verb import export

BLOCK_S = {"eyes": 10.0, "workload": 20.0, "imagery": 6.0, "ssvep": 6.0}
"""Paradigms, and how long a state lasts in each (s)."""


def record(paradigm: str, seed: int, seconds: float, out: Path) -> None:
    """Simulate one participant at one paradigm and write the recording as FIF."""
    with TemporaryDirectory() as folder:
        settings = {
            "name": "simulated",
            "source": {
                "kind": "synthetic",
                "paradigm": paradigm,
                "seed": seed,
                "block_s": BLOCK_S[paradigm],
                "first_rest_s": BLOCK_S[paradigm],
                "speed": "max",
            },
            "decoder": "none",
            "sinks": [{"kind": "xdf_recorder", "folder": folder, "file_name": "session.xdf"}],
            "duration_s": seconds,
        }
        build(validate(settings, "simulated tasks")).run(threading.Event())
        export(Path(folder) / "session.xdf", out)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("out", type=Path)
    parser.add_argument("--people", type=int, default=8)
    parser.add_argument("--seconds", type=float, default=120.0)
    arguments = parser.parse_args()
    wanted = [(paradigm, person) for paradigm in BLOCK_S for person in range(1, arguments.people + 1)]
    for paradigm, person in track(wanted, "simulating"):
        out = arguments.out / paradigm / f"sub-{person:02d}_task-{paradigm}_eeg.fif"
        if not out.exists():
            record(paradigm, 1000 + person, arguments.seconds, out)


if __name__ == "__main__":
    main()
