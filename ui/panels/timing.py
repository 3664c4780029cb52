"""How fast the engine's loop runs, how late the signal is, and what was dropped."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel

from bci_app.events import LoopTiming, Session
from pipelines.plugins import PluginSettings
from ui import layouts, theme
from ui.engine_client import WindowStalls
from ui.panel import Panel

SECTIONS = {
    "read": "read (waits for samples)",
    "pipeline": "signal processing",
    "decode": "decoding",
    "sinks": "recording, display",
    "latency": "sample → decision",
}
COLUMNS = ("p50", "p99", "worst")


class Settings(PluginSettings):
    """No settings."""


class TimingPanel(Panel):
    """A table of milliseconds over the last second, and three counters."""

    title = "Timing"

    def __init__(self) -> None:
        super().__init__()
        self._timing: LoopTiming | None = None
        self._stalls = WindowStalls(0, 0.0)
        self.cells: dict[tuple[str, str], QLabel] = {}
        self.counters = {name: QLabel("–") for name in ("late", "dropped", "received", "stalls")}
        grid = layouts.grid(4)
        grid.addWidget(layouts.muted("milliseconds"), 0, 0)
        for column, name in enumerate(COLUMNS, 1):
            grid.addWidget(layouts.muted(name), 0, column, Qt.AlignmentFlag.AlignRight)
        for row, (section, text) in enumerate(SECTIONS.items(), 1):
            grid.addWidget(QLabel(text), row, 0)
            for column, name in enumerate(COLUMNS, 1):
                cell = self.cells[section, name] = QLabel("–")
                grid.addWidget(cell, row, column, Qt.AlignmentFlag.AlignRight)
        texts = {"late": "signal is late by", "dropped": "windows dropped", "received": "samples received"}
        texts["stalls"] = "window stood still > 50 ms"
        for row, (name, text) in enumerate(texts.items(), len(SECTIONS) + 2):
            grid.addWidget(QLabel(text), row, 0)
            grid.addWidget(self.counters[name], row, 1, 1, 3, Qt.AlignmentFlag.AlignRight)
        grid.setRowMinimumHeight(len(SECTIONS) + 1, 6)
        grid.setColumnStretch(0, 1)
        whole = layouts.column(self)
        whole.addLayout(grid)
        whole.addStretch(1)

    def on_session(self, session: Session) -> None:
        """Empty the table."""
        self._timing, self._stalls = None, WindowStalls(0, 0.0)
        self.touch()

    def on_timing(self, timing: LoopTiming) -> None:
        """Take the last second."""
        self._timing = timing
        self.touch()

    def on_stalls(self, stalls: WindowStalls) -> None:
        """Take how often the window's own thread stood still."""
        self._stalls = stalls
        self.touch()

    def redraw(self) -> None:
        """Fill the table; dropped windows stand out."""
        timing = self._timing
        found = {section.name: section for section in timing.sections} if timing else {}
        for (name, column), cell in self.cells.items():
            section = found.get(name)
            value = None if section is None else getattr(section, f"{column}_ms")
            cell.setText("–" if value is None else f"{value:.2f}")
        # A recording has no lateness: its stamps are not of now, and the engine then says 0.
        self.counters["late"].setText(f"{1e3 * timing.late_s:.1f} ms" if timing and timing.late_s else "–")
        self.counters["dropped"].setText(
            f"{'▲ ' * (timing.dropped_windows > 0)}{timing.dropped_windows:,}" if timing else "–"
        )
        self.counters["received"].setText(f"{timing.samples:,}" if timing else "–")
        stalls = self._stalls
        worst = f", worst {stalls.worst_ms:.0f} ms" if stalls.count else ""
        self.counters["stalls"].setText(f"{'▲ ' * bool(stalls.count)}{stalls.count}{worst}" if timing else "–")
        theme.set_tone(self.counters["stalls"], "warning" if stalls.count else "")
        alarm = timing is not None and timing.dropped_windows > 0
        theme.set_tone(self.counters["dropped"], "warning" if alarm else "")


def build(settings: Settings) -> TimingPanel:
    """Make the panel."""
    return TimingPanel()
