"""Theme and size of fonts as the person chose them, kept among the preferences."""

from __future__ import annotations

from PySide6.QtCore import QSettings
from PySide6.QtWidgets import QApplication

from ui import theme

SCALES = (0.8, 0.9, 1.0, 1.1, 1.25, 1.5, 1.75, 2.0)


class Appearance:
    """Reads the choices, changes them, and applies them to the application."""

    def __init__(self, store: QSettings) -> None:
        self._store = store
        name = str(store.value("theme", theme.DARK.name))
        self.theme = name if name in theme.THEMES else theme.DARK.name
        try:
            self.scale = float(str(store.value("font_scale", 1.0)))
        except ValueError:
            self.scale = 1.0
        if self.scale not in SCALES:
            self.scale = 1.0

    def apply(self) -> None:
        """Give the application what was chosen."""
        app = QApplication.instance()
        assert isinstance(app, QApplication)
        theme.apply(app, self.theme, self.scale)

    def choose_theme(self, name: str) -> None:
        """Change the theme."""
        self.theme = name
        self._keep()

    def zoom(self, step: int) -> None:
        """Make texts larger (1) or smaller (-1); 0 gives them their own size."""
        place = SCALES.index(self.scale) + step
        self.scale = SCALES[max(0, min(len(SCALES) - 1, place))] if step else 1.0
        self._keep()

    def _keep(self) -> None:
        self._store.setValue("theme", self.theme)
        self._store.setValue("font_scale", self.scale)
        self.apply()
