from __future__ import annotations

import os
import threading

from bci_app.commands import Command, Note
from bci_app.typed_notes import notes_from


def test_each_line_that_is_typed_becomes_a_note() -> None:
    read, write = os.pipe()
    posted: list[Command] = []
    three = threading.Event()

    def post(command: Command) -> None:
        posted.append(command)
        if len(posted) == 3:
            three.set()

    with notes_from(read, post):
        os.write(write, b"first\nse")
        os.write(write, "cond é\n\n  third \nnot yet".encode())
        assert three.wait(10)
    os.close(write)
    os.close(read)
    assert posted == [Note("first"), Note("second é"), Note("third")]


def test_an_input_that_ends_and_one_that_is_none_are_no_trouble() -> None:
    read, write = os.pipe()
    os.close(write)
    with notes_from(read, lambda command: None):
        pass
    os.close(read)
    with notes_from(read, lambda command: None), notes_from(None, lambda command: None):
        pass
