"""The end of an XDF file whose writing was cut: where its last whole chunk ends."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

LENGTH_SIZES = (1, 4, 8)
MAGIC_BYTES = 4


def torn_from(path: Path) -> int | None:
    """Return the offset of a chunk that reaches past the end of the file; None where there is none.

    Damage in the middle is left to pyxdf, which looks for the next boundary chunk.
    """
    size = path.stat().st_size
    with path.open("rb") as file:
        at = MAGIC_BYTES
        while at < size:
            file.seek(at)
            head = file.read(9)
            n = head[0]
            if n not in LENGTH_SIZES:
                return None
            if len(head) < 1 + n:
                return at
            end = at + 1 + n + int.from_bytes(head[1 : 1 + n], "little")
            if end > size:
                return at
            at = end
    return None


@contextmanager
def whole(path: Path) -> Iterator[Path]:
    """Give the file, or a temporary copy without its torn last chunk."""
    end = torn_from(path)
    if end is None:
        yield path
        return
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder) / path.name
        with path.open("rb") as source, copy.open("wb") as target:
            shutil.copyfileobj(source, target)
            target.truncate(end)
        yield copy
