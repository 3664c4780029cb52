"""Logging, configured once by the command line or the window."""

from __future__ import annotations

import logging

from rich.console import Console
from rich.logging import RichHandler


def configure_logging(*, verbose: bool = False) -> None:
    """Send log records to standard error: warnings and above, everything of ours with ``verbose``."""
    handler = RichHandler(console=Console(stderr=True), show_path=False, rich_tracebacks=False)
    logging.basicConfig(level=logging.WARNING, format="%(message)s", handlers=[handler], force=True)
    for package in ("bci_app", "devices", "models", "pipelines", "ui"):
        logging.getLogger(package).setLevel(logging.DEBUG if verbose else logging.WARNING)
