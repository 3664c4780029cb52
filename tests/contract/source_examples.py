"""How to set up one example of every source for the laws in ``test_sources.py``.

An example is a context manager that is given an empty folder and yields the source's configuration table
``{"kind": name, ...}``; it may write a file or start a stream first. Each delivers at least 50 samples within seconds.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.live.fieldtrip_server import feeding, fieldtrip_server
from tests.live.lsl_helpers import StreamPlan, sender

Example = Callable[[Path], AbstractContextManager[dict[str, Any]]]


def settings_only(kind: str, **settings: Any) -> Example:
    """Return an example that needs no preparation."""

    @contextmanager
    def example(folder: Path) -> Iterator[dict[str, Any]]:
        yield {"kind": kind, **settings}

    return example


@contextmanager
def openbci_text(folder: Path) -> Iterator[dict[str, Any]]:
    """Write a text file of the OpenBCI GUI whose counter wraps and jumps."""
    rows = [f"{k % 256}, {k}.5, {-k}.25, 0, 0" for k in range(900) if not 400 <= k < 410]
    header = "%OpenBCI Raw EEG Data\n%Number of channels = 4\n%Sample Rate = 200 Hz\n"
    path = folder / "openbci.txt"
    path.write_text(header + "\n".join(rows) + "\n", encoding="utf-8")
    yield {"kind": "recording", "path": str(path), "speed": "max", "chunk_samples": 33}


@contextmanager
def lsl_stream(folder: Path) -> Iterator[dict[str, Any]]:
    """Send a stream from another process for as long as the source is used."""
    plan = StreamPlan()
    with sender(plan):
        yield {"kind": "lsl_stream", "source_id": plan.source_id, "resolve_timeout_s": 30.0}


@contextmanager
def fieldtrip_buffer(folder: Path) -> Iterator[dict[str, Any]]:
    """Serve a buffer that is written to in real time."""
    pytest.importorskip("mne_realtime", reason="the extra 'fieldtrip' is not installed")
    with fieldtrip_server(["Fp1", "Cz"]) as server, feeding(server):
        yield {"kind": "fieldtrip_buffer", "host": "127.0.0.1", "port": server.port}


EXAMPLES: dict[str, Example] = {
    "brainflow_board": settings_only("brainflow_board", board="SYNTHETIC_BOARD"),
    "synthetic": settings_only("synthetic", speed="max", duration_s=3.0, chunk_samples=37),
    "synthetic with a gap": settings_only(
        "synthetic", speed="max", duration_s=3.0, chunk_samples=50, drop=(0.5, 0.7), nan_burst=(2.0, 0.1)
    ),
    "fieldtrip_buffer": fieldtrip_buffer,
    "lsl_stream": lsl_stream,
    "recording": openbci_text,
    "synthetic in real time": settings_only("synthetic", duration_s=0.5, chunk_samples=20),
}
"""The name before the first space is the source's kind; a source may have several examples."""

ENDLESS = {"brainflow_board", "fieldtrip_buffer", "lsl_stream"}
"""Examples that go on until they are closed."""
