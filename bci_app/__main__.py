"""``python -m bci_app`` is ``bci-app``."""

from bci_app.cli import main

main()
