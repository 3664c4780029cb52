"""Decoders that hang: told while they do, and no reason for a session not to end."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable

import numpy as np
import pytest

from bci_app import decoding, patience
from bci_app.config import DecoderSettings
from bci_app.decoding import BackgroundDecoding, Gate, InlineDecoding
from models.decoder import DecoderSpec
from pipelines.decision import Decision
from pipelines.errors import DecodeFailed
from pipelines.signal import Window


class Held:
    """Decides when it is let go."""

    spec = DecoderSpec("held", ("a", "b"), 1.0)

    def __init__(self) -> None:
        self.go = threading.Event()
        self.fails = False
        self.closed = threading.Event()

    def decode(self, window: Window) -> Decision:
        self.go.wait(60)
        if self.fails:
            raise ValueError("broken")
        return Decision(window.window_index, 0.0, 1.0, self.spec.classes, (0.5, 0.5), "held")

    def close(self) -> None:
        self.closed.set()


def a_window(index: int) -> Window:
    n = 10
    return Window(np.zeros((n, 1), np.float32), np.arange(n) / 10, 0, np.zeros(n, np.uint8), window_index=index)


def until(found: Callable[[], object]) -> None:
    deadline = time.monotonic() + 30
    while not found():
        assert time.monotonic() < deadline
        time.sleep(0.01)


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(patience, "PATIENCE_S", 0.05)
    monkeypatch.setattr(decoding, "WATCH_EVERY_S", 0.02)
    monkeypatch.setattr(decoding, "CLOSE_S", 0.1)


@pytest.fixture
def decoder() -> Held:
    return Held()


def test_in_the_background_it_is_told_once_and_again_when_it_is_over(decoder: Held) -> None:
    background = BackgroundDecoding(decoder, Gate(DecoderSettings()))
    told: list[str] = []
    background.submit(a_window(3))
    until(lambda: told.extend(background.complaints()) or told)
    for index in (4, 5):
        background.submit(a_window(index))
    assert [text.split(" for ")[0] for text in told] == ["no decisions: the decoder has been busy with window 3"]
    assert background.complaints() == []
    decoder.go.set()
    until(lambda: told.extend(background.complaints()) or len(told) > 1)
    assert told[1].startswith("the decoder took")
    assert told[1].endswith("for window 3; 1 newer windows were given up")
    background.close()


def test_one_that_never_returns_is_left_behind(decoder: Held) -> None:
    background = BackgroundDecoding(decoder, Gate(DecoderSettings()))
    background.submit(a_window(0))
    until(background.complaints)
    background.close()
    assert background.complaints() == ["the decoder did not return within 0.1 s and is left behind"]
    assert not decoder.closed.is_set(), "it is in use"
    decoder.go.set()
    assert decoder.closed.wait(30), "it is closed when it returns after all"


def test_inline_another_thread_tells_while_the_engine_waits(decoder: Held, caplog: pytest.LogCaptureFixture) -> None:
    inline = InlineDecoding(decoder, Gate(DecoderSettings()))
    engine = threading.Thread(target=inline.submit, args=(a_window(7),))
    with caplog.at_level(logging.WARNING):
        engine.start()
        until(lambda: "busy with window 7" in caplog.text)
        decoder.go.set()
        engine.join()
    inline.close()
    (text,) = inline.complaints()
    assert text.endswith("for window 7, and all else waited: run it with mode = 'background'")
    assert inline.complaints() == []


def test_one_that_failed_is_not_busy(decoder: Held, caplog: pytest.LogCaptureFixture) -> None:
    decoder.fails = True
    decoder.go.set()
    inline = InlineDecoding(decoder, Gate(DecoderSettings()))
    with pytest.raises(DecodeFailed, match="ValueError: broken"):
        inline.submit(a_window(0))
    time.sleep(0.15)
    inline.close()
    assert not caplog.text


def test_a_decoder_that_is_slow_by_nature_is_told_once(decoder: Held) -> None:
    background = BackgroundDecoding(decoder, Gate(DecoderSettings()))
    background.submit(a_window(0))
    until(background.complaints)
    decoder.go.set()
    until(background.ready)
    background.complaints()
    for index in (1, 2):
        background.submit(a_window(index))
        until(background.ready)
    assert background.complaints() == []
    background.close()
