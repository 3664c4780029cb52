"""How full the disk is that is recorded to, and how long it lasts."""

from __future__ import annotations

import shutil
from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel, QWidget

from bci_app.events import DiskEvent
from pipelines.signal import StreamSpec
from ui import layouts, theme
from ui.calm_bar import CalmBar

MB = 1e6
STAMP_BYTES = 9
"""What a sample costs in an XDF file beside its values."""
TONES: dict[str, theme.Tone] = {"ok": "good", "low": "warning", "full": "bad"}


class DiskGauge(QWidget):
    """A bar of what is used, and a line of words."""

    def __init__(self) -> None:
        super().__init__()
        self.bar = CalmBar(textVisible=False)
        self.bar.setFixedHeight(8)
        self.bar.setAccessibleName("Share of the disk that is used")
        self.words = QLabel("", textFormat=Qt.TextFormat.PlainText, wordWrap=True)
        self.words.setToolTip("How long the disk lasts at the rate of what is recorded")
        column = layouts.column(self, 4, (0, 0, 0, 0))
        column.addWidget(self.bar)
        column.addWidget(self.words)

    def show_folder(self, folder: Path, spec: StreamSpec | None) -> None:
        """Show the disk of a folder that is not being recorded to; ``spec`` says how much a session would write."""
        there = next((path for path in (folder, *folder.absolute().parents) if path.exists()), None)
        if there is None:
            return
        try:
            usage = shutil.disk_usage(there)
        except OSError as exc:
            self._say("bad", f"{folder}: free space cannot be read: {exc.strerror or exc}")
            return
        self.bar.setValue(round(100 * (1 - usage.free / usage.total)))
        left = ""
        if spec is not None:
            bytes_per_s = spec.rate_hz * (4 * spec.n_channels + STAMP_BYTES)
            left = f", enough for {length(usage.free / bytes_per_s / 60)} of this signal"
        self._say("muted", f"{size(usage.free / MB)} free{left}")

    def show_recording(self, event: DiskEvent) -> None:
        """Show what the recorder tells of its disk."""
        left = "" if event.minutes_left is None else f", {length(event.minutes_left)} left"
        self._say(TONES[event.level], f"{size(event.free_mb)} free{left}; {size(event.written_mb)} written")

    def _say(self, tone: theme.Tone, text: str) -> None:
        theme.set_tone(self.words, tone)
        self.words.setText(f"{theme.MARKS[tone]} {text}")


def size(megabytes: float) -> str:
    """Return a size as a person would say it."""
    return f"{megabytes / 1e3:.1f} GB" if megabytes >= 1e3 else f"{megabytes:.1f} MB"


def length(minutes: float) -> str:
    """Return a length of time as a person would say it."""
    if minutes < 90:
        return f"{minutes:.0f} min"
    return f"{minutes / 60:.0f} h" if minutes < 72 * 60 else f"{minutes / 60 / 24:.0f} days"
