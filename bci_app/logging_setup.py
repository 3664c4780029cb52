"""Logging, configured once by the command line or the window, and how warnings reach the user exactly once."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Literal

from bci_app.events import NoticeEvent
from devices.clock import now_s

PACKAGES = ("bci_app", "devices", "models", "pipelines", "ui")
TOLD = {"told": True}
"""``extra`` of a record whose text is a notice as well: the sinks show it, and the terminal need not do so again."""


def configure_logging(*, verbose: bool = False) -> None:
    """Send log records to standard error, one line each: warnings and above, everything of ours with ``verbose``."""
    handler = logging.StreamHandler()
    handler.setFormatter(_Lines(verbose))
    handler.addFilter(lambda record: not getattr(record, "told", False))
    logging.basicConfig(level=logging.WARNING, handlers=[handler], force=True)
    for package in PACKAGES:
        logging.getLogger(package).setLevel(logging.DEBUG if verbose else logging.WARNING)


@contextmanager
def warnings_as_notices(tell: Callable[[NoticeEvent], None]) -> Iterator[None]:
    """Hand what devices, models and stages warn of to ``tell`` while a session runs.

    They do not know the engine; without this their warnings would reach neither the window nor the recording.
    """
    handler = _Notices(tell)
    loggers = [logging.getLogger(package) for package in ("devices", "models", "pipelines")]
    for logger in loggers:
        logger.addHandler(handler)
    try:
        yield
    finally:
        for logger in loggers:
            logger.removeHandler(handler)


class _Notices(logging.Handler):
    """Runs before the handler of the terminal, which hangs at the root."""

    def __init__(self, tell: Callable[[NoticeEvent], None]) -> None:
        super().__init__(logging.WARNING)
        self._tell = tell

    def emit(self, record: logging.LogRecord) -> None:
        record.told = True
        level: Literal["warning", "error"] = "error" if record.levelno >= logging.ERROR else "warning"
        self._tell(NoticeEvent(level, record.getMessage(), now_s()))


class _Lines(logging.Formatter):
    """The lines of the console sink: time of day, level, text; what called what only if asked for."""

    def __init__(self, verbose: bool) -> None:
        super().__init__()
        self._verbose = verbose

    def format(self, record: logging.LogRecord) -> str:
        text = record.getMessage()
        if record.exc_info and self._verbose:
            text += "\n" + self.formatException(record.exc_info)
        return f"{time.strftime('%H:%M:%S')} {record.levelname.lower()}: {text}"
