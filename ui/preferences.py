"""What the window remembers of a person: layout, theme, fonts, recent files. One file, of the user's."""

from __future__ import annotations

import os

from PySide6.QtCore import QSettings

VARIABLE = "BCI_APP_PREFERENCES"
"""Environment variable that names another file; tests and portable installations set it."""


def of_user() -> QSettings:
    """Return the user's preferences."""
    named = os.environ.get(VARIABLE)
    if named:
        return QSettings(named, QSettings.Format.IniFormat)
    return QSettings(QSettings.Format.IniFormat, QSettings.Scope.UserScope, "bci_app", "window")
