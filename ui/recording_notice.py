"""What is being recorded, read from the recorder's notices: its only word on that to the window's process."""

from __future__ import annotations

from pathlib import Path

from bci_app.events import NoticeEvent

_STARTED = "recording to "
_ENDED = ("recorded ", "the recording has ended", "the recording could not be finished")


def recording_after(notice: NoticeEvent, before: Path | None) -> Path | None:
    """Return the file being recorded after a notice, None if none is."""
    if notice.text.startswith(_STARTED):
        return Path(notice.text.removeprefix(_STARTED))
    return None if notice.text.startswith(_ENDED) else before
