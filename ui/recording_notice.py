"""What is being recorded, read from the recorder's notices."""

from __future__ import annotations

import re
from pathlib import Path

from bci_app.events import NoticeEvent

_STARTED = re.compile(r"^recording to (?P<path>.+)$")
_ENDED = re.compile(r"^recording (ended|stopped|closed|saved|finished)")


def recording_after(notice: NoticeEvent, before: Path | None) -> Path | None:
    """Return the file being recorded after a notice, None if none is."""
    if started := _STARTED.match(notice.text):
        return Path(started["path"])
    return None if _ENDED.match(notice.text) else before
