"""A bar of progress that is painted together with everything else."""

from __future__ import annotations

from PySide6.QtWidgets import QProgressBar


class CalmBar(QProgressBar):
    """Qt's own paints itself at each new value, and with itself all of the window that waits to be painted."""

    def setValue(self, value: int) -> None:  # noqa: N802 - Qt's name
        """Show a value at the next repaint."""
        if value != self.value():
            self.setUpdatesEnabled(False)
            super().setValue(value)
            self.setUpdatesEnabled(True)
