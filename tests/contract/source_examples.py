"""How to set up one example of every source for the laws in ``test_sources.py``.

An example is a context manager that is given an empty folder and yields the source's configuration table
``{"kind": name, ...}``; it may write a file or start a stream first. Each delivers at least 50 samples within seconds.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any

Example = Callable[[Path], AbstractContextManager[dict[str, Any]]]


def settings_only(kind: str, **settings: Any) -> Example:
    """Return an example that needs no preparation."""

    @contextmanager
    def example(folder: Path) -> Iterator[dict[str, Any]]:
        yield {"kind": kind, **settings}

    return example


EXAMPLES: dict[str, Example] = {
    "synthetic": settings_only("synthetic", speed="max", duration_s=3.0, chunk_samples=37),
    "synthetic with a gap": settings_only(
        "synthetic", speed="max", duration_s=3.0, chunk_samples=50, drop=(0.5, 0.7), nan_burst=(2.0, 0.1)
    ),
    "synthetic in real time": settings_only("synthetic", duration_s=0.5, chunk_samples=20),
}
"""The name before the first space is the source's kind; a source may have several examples."""
