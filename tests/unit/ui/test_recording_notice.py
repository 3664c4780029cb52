"""The window learns of recordings from what the real recorder says."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from bci_app.events import ChunkEvent, NoticeEvent, Session
from pipelines.plugins import make
from pipelines.signal import Channel, StreamSpec, make_chunk
from ui.recording_notice import recording_after

CHUNK = ChunkEvent(make_chunk(np.zeros((250, 1), np.float32), 1 + np.arange(250) / 250, 0))


class Follower:
    """Follows a recorder by its notices alone."""

    def __init__(self) -> None:
        self.path: Path | None = None
        self.texts: list[str] = []

    def __call__(self, notice: NoticeEvent) -> None:
        self.path = recording_after(notice, self.path)
        self.texts.append(notice.text)


def test_every_start_and_end_is_understood(tmp_path: Path) -> None:
    recorder, follower = make("sinks", {"kind": "xdf_recorder", "folder": str(tmp_path)}), Follower()
    recorder.on_notice = follower
    recorder.open(Session("s", StreamSpec(250.0, (Channel("Cz"),))))
    assert follower.path == recorder.path is not None
    recorder.start()
    assert follower.path == recorder.path, "asked twice, the first recording goes on"
    recorder.accept(CHUNK)
    recorder.stop()
    assert follower.path is None is recorder.path
    recorder.start(str(tmp_path / "second run"))
    assert follower.path == recorder.path is not None
    recorder.close()
    assert follower.path is None
    assert len(follower.texts) == 5


@pytest.mark.parametrize("text", ["", "12 samples were lost", "the disk of recordings fills up: 900 MB"])
def test_other_notices_change_nothing(text: str) -> None:
    file = Path("recordings/a.xdf")
    assert recording_after(NoticeEvent("warning", text), file) == file
    assert recording_after(NoticeEvent("warning", text), None) is None
