"""What a person may ask of a replay while it runs, and what is told of it; for sources that play a recording."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from bci_app.commands import Pause, PlayCommand, Resume, Seek, SetLoop, SetSpeed, Step
from bci_app.events import OutlineEvent, PlaybackEvent
from devices.clock import now_s
from devices.playback import PlaybackState, Player
from pipelines.errors import ConfigError
from pipelines.signal import Chunk

STEP_WITHOUT_WINDOWS_S = 1.0


class ReplayControl:
    """Stands between the engine and its player; of a source that is none it refuses every command. Used by one thread.

    Parameters
    ----------
    player
        The source, if it plays a recording.
    hop_s
        Step between windows (s); 0 where there are none.
    """

    def __init__(self, player: Player | None, hop_s: float) -> None:
        self._player, self._hop_s = player, hop_s
        self._state: PlaybackState | None = None
        self._windows_wanted = 0
        self._after_jump = False

    def obey(self, command: PlayCommand) -> None:
        """Carry out a command.

        Raises
        ------
        ConfigError
            If the source is no recording, or the speed none; the message says which.
        """
        player = self._player
        if player is None:
            raise ConfigError("only a recording can be paused, sought or played at another speed")
        self._windows_wanted = 0
        match command:
            case Pause():
                player.pause()
            case Resume():
                player.resume()
            case Seek(to_s):
                player.seek(to_s)
            case Step(windows):
                self._windows_wanted = windows if self._hop_s else 0
                player.step(self._hop_s or STEP_WITHOUT_WINDOWS_S * windows)
            case SetSpeed(speed):
                player.set_speed(speed)
            case SetLoop(on):
                player.set_loop(on=on)

    def saw_window(self) -> None:
        """Count a window towards those that were asked for."""
        self._windows_wanted = max(0, self._windows_wanted - 1)

    def news(self) -> Iterator[OutlineEvent | PlaybackEvent]:
        """Yield what is to be told; call it after each read, before what was read is told."""
        player = self._player
        if player is None:
            return
        if self._state is None:
            yield OutlineEvent(player.outline())
        state = player.playback
        if self._windows_wanted and state.paused and player.position_s < state.stop_s:
            player.step(self._hop_s)  # a window needs more than one hop after a jump
            state = player.playback
        if state != self._state:
            self._after_jump |= self._state is not None and state.jumps != self._state.jumps
            self._state = state
            yield PlaybackEvent(state, player.position_s, now_s())

    @property
    def shift(self) -> int:
        """What jumps and loops have put between the indices of the file and those of the stream; 0 without a file."""
        return self._state.shift if self._state else 0

    def arrived(self, chunk: Chunk) -> tuple[Chunk, bool]:
        """Return a chunk as a replay without jumps would have delivered it, and whether it is the first after one.

        It has the file's own indices then, and no gap before it.
        """
        jumped = self._after_jump and chunk.n_samples > 0
        if jumped:
            self._after_jump = False
        offset = self._state.index_offset if self._state else 0
        if not offset and not jumped:
            return chunk, False
        gap = 0 if jumped else chunk.gap_before
        return replace(chunk, first_index=chunk.first_index - offset, gap_before=gap), jumped
