"""Notes typed into a terminal while a session runs: each line becomes one."""

from __future__ import annotations

import os
import select
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from bci_app.commands import Command, Note

LOOK_EVERY_S = 0.2
MOST_BYTES = 4096


@contextmanager
def notes_from(descriptor: int | None, post: Callable[[Command], None]) -> Iterator[None]:
    """Post the lines that come in at a descriptor as notes, until the block is left; None takes none.

    Read past Python's own buffer, whose lock a thread that waits for a line would hold while the program ends.
    """
    done = threading.Event()
    thread = threading.Thread(target=_listen, args=(descriptor, post, done), name="notes", daemon=True)
    if descriptor is not None:
        thread.start()
    try:
        yield
    finally:
        done.set()
        if descriptor is not None:
            thread.join()


def _listen(descriptor: int, post: Callable[[Command], None], done: threading.Event) -> None:
    begun = b""
    try:
        while not done.is_set():
            if not select.select([descriptor], [], [], LOOK_EVERY_S)[0]:
                continue
            came = os.read(descriptor, MOST_BYTES)
            if not came:
                return
            *lines, begun = (begun + came).split(b"\n")
            for line in lines:
                if text := line.decode(errors="replace").strip():
                    post(Note(text))
    except (OSError, ValueError):
        return  # no terminal to listen to; Windows cannot wait for one
