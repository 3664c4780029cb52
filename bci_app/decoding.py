"""Where decoding runs: inline (every window, deterministic) or in the background (newest window wins)."""

from __future__ import annotations

import logging
import math
import threading
from collections.abc import Sequence
from typing import Protocol

import numpy as np

from bci_app.config import DecoderSettings
from bci_app.patience import Patience
from models.decoder import Decoder
from pipelines.decision import Decision
from pipelines.errors import BciError, DecodeFailed, in_one_line
from pipelines.percent import percent
from pipelines.signal import Flag, Window, copy_window

REASONS = {
    Flag.LOST: "samples were lost",
    Flag.NONFINITE: "samples were not finite",
    Flag.CLOCK_JUMP: "the clock jumped",
    Flag.BAD_CHANNELS: "too many bad channels",
}
log = logging.getLogger(__name__)

WATCH_EVERY_S = 0.25
CLOSE_S = 2.0
"""How long the end of a session waits for a decision in progress: a recording must not stay open for it."""
ARTIFACTS = Flag.AMPLITUDE | Flag.BLINK | Flag.MUSCLE


class Gate:
    """Decides whether a window is fit to be decoded."""

    def __init__(self, settings: DecoderSettings) -> None:
        self._flags = [Flag[name.upper()] for name in settings.abstain_on]
        self._max_artifact_fraction = settings.max_artifact_fraction

    def reason(self, window: Window) -> str:
        """Return why not, in plain words; empty if the window is fit."""
        present = int(np.bitwise_or.reduce(window.flags)) if window.n_samples else 0
        if not present:
            return ""
        for flag in self._flags:
            if present & flag:
                return REASONS[flag]
        fraction = float(np.count_nonzero(window.flags & ARTIFACTS)) / window.n_samples
        if fraction > self._max_artifact_fraction:
            return f"artifacts in {percent(fraction)} of the window"
        return ""


def decide(decoder: Decoder, gate: Gate, window: Window) -> Decision:
    """Decide on one window, or abstain with the reason.

    Raises
    ------
    DecodeFailed
        If the decoder raised, or its answer is not a probability distribution over its classes.
    """
    reason = gate.reason(window)
    spec = decoder.spec
    if reason:
        n = len(spec.classes)
        start_s, end_s = float(window.times_s[0]), float(window.times_s[-1])
        return Decision(
            window.window_index,
            start_s,
            end_s,
            spec.classes,
            (1.0 / n,) * n,
            spec.model_id,
            abstained=True,
            reason=reason,
        )
    try:
        decision = decoder.decode(window)
    except BciError:
        raise
    except Exception as exc:  # a plug-in may raise anything; on a thread of its own it would vanish
        raise DecodeFailed(f"{spec.model_id}: window {window.window_index}: {in_one_line(exc)}") from exc
    p = decision.probabilities
    if len(p) != len(spec.classes) or not all(math.isfinite(v) and v >= 0 for v in p) or abs(sum(p) - 1) > 1e-6:
        raise DecodeFailed(f"{spec.model_id}: window {window.window_index}: not probabilities of {spec.classes}: {p}")
    return decision


class Decoding(Protocol):
    """The seam between the loop and the decoder; the loop cannot tell which is behind it."""

    @property
    def dropped(self) -> int:
        """Windows given up so far."""
        ...

    def submit(self, window: Window) -> None:
        """Hand over a window; its arrays may be reused afterwards."""
        ...

    def ready(self) -> Sequence[Decision]:
        """Return the decisions made since the last call, in order.

        Raises
        ------
        BciError
            If the decoder failed.
        """
        ...

    def complaints(self) -> Sequence[str]:
        """Return what has become known of decisions that take too long since the last call."""
        ...

    def close(self) -> None:
        """Stop, and close the decoder. May be called twice."""
        ...


def _close(decoder: Decoder) -> list[str]:
    """Close a decoder; return what went wrong with it, in words."""
    try:
        decoder.close()
    except Exception as exc:  # a plug-in may raise anything; the rest of a session must be closed all the same
        log.debug("decoder could not be closed", exc_info=True)
        return [f"{decoder.spec.model_id} could not be closed: {in_one_line(exc)}"]
    return []


class InlineDecoding:
    """Decides at once, on every window.

    While a decoder hangs, so does the engine's thread, and nobody could say why; a thread that only watches does.
    """

    def __init__(self, decoder: Decoder, gate: Gate) -> None:
        self._decoder, self._gate = decoder, gate
        self._ready: list[Decision] = []
        self._patience = Patience()
        self._closing = threading.Event()
        self._watch: threading.Thread | None = None
        self._complaints: list[str] = []
        self.dropped = 0

    def submit(self, window: Window) -> None:
        """Decide now."""
        if self._watch is None:
            self._watch = threading.Thread(target=self._look, name="decoding-watch", daemon=True)
            self._watch.start()
        self._patience.begin(window.window_index)
        try:
            self._ready.append(decide(self._decoder, self._gate, window))
        finally:
            text = self._patience.end()
        if text:
            self._complaints.append(f"{text}, and all else waited: run it with mode = 'background'")

    def ready(self) -> Sequence[Decision]:
        """Return what ``submit`` decided."""
        ready, self._ready = self._ready, []
        return ready

    def complaints(self) -> Sequence[str]:
        """Return what ``submit`` took too long for."""
        complaints, self._complaints = self._complaints, []
        return complaints

    def close(self) -> None:
        """End the watch, and close the decoder."""
        self._closing.set()
        if self._watch is not None:
            self._watch.join()
        self._complaints += _close(self._decoder)

    def _look(self) -> None:
        while not self._closing.wait(WATCH_EVERY_S):
            text = self._patience.check()
            if text:
                log.warning("%s, and all else waits for it", text)


class BackgroundDecoding:
    """Decides on a thread of its own; a window that waits is replaced by a newer one, and counted."""

    def __init__(self, decoder: Decoder, gate: Gate) -> None:
        self._decoder, self._gate = decoder, gate
        self._changed = threading.Condition()
        self._waiting: Window | None = None
        self._ready: list[Decision] = []
        self._error: BciError | None = None
        self._closing = False
        self._patience = Patience()
        self._complaints: list[str] = []
        self.dropped = 0
        self._thread = threading.Thread(target=self._run, name="decoding", daemon=True)
        self._thread.start()

    def submit(self, window: Window) -> None:
        """Leave a copy for the thread."""
        copy = copy_window(window)
        with self._changed:
            self.dropped += self._waiting is not None
            self._waiting = copy
            self._changed.notify()

    def ready(self) -> Sequence[Decision]:
        """Return what the thread has decided."""
        with self._changed:
            if self._error is not None:
                error, self._error = self._error, None
                raise error
            ready, self._ready = self._ready, []
        return ready

    def complaints(self) -> Sequence[str]:
        """Return what is known of a decision that takes too long, or took too long."""
        with self._changed:
            found = [*self._complaints, *filter(None, [self._patience.check()])]
            self._complaints.clear()
        return found

    def close(self) -> None:
        """Wait for the decision in progress and end the thread, which closes the decoder on its way out.

        A decoder that does not return is left behind, and closed if it ever does.
        """
        with self._changed:
            self._closing = True
            self._changed.notify()
        self._thread.join(CLOSE_S)
        if self._thread.is_alive():
            with self._changed:
                self._complaints.append(f"the decoder did not return within {CLOSE_S:g} s and is left behind")

    def _run(self) -> None:
        try:
            self._decide()
        finally:
            told = _close(self._decoder)
            with self._changed:
                self._complaints += told

    def _decide(self) -> None:
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._waiting is not None or self._closing)
                if self._closing:
                    return
                window, self._waiting = self._waiting, None
                assert window is not None
                self._patience.begin(window.window_index)
                dropped = self.dropped
            try:
                decision = decide(self._decoder, self._gate, window)
            except BciError as exc:
                with self._changed:
                    self._patience.end()
                    self._error = exc
                return
            with self._changed:
                self._ready.append(decision)
                text = self._patience.end()
                if text:
                    self._complaints.append(f"{text}; {self.dropped - dropped} newer windows were given up")
