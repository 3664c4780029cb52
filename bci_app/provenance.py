"""Which code and packages a session ran with."""

from __future__ import annotations

import platform
import subprocess
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

PACKAGES = (
    "bci-app",
    "numpy",
    "scipy",
    "numba",
    "torch",
    "pylsl",
    "brainflow",
    "mne",
    "pyxdf",
    "pyriemann",
    "PySide6-Essentials",
    "pyqtgraph",
)


@cache
def versions() -> dict[str, str]:
    """Return Python's, the platform's and each package's version, and the git hash of a checkout."""
    found = {"python": platform.python_version(), "platform": platform.platform()}
    for package in PACKAGES:
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            found[package] = "not installed"
    git = _git_hash()
    return {**found, "git": git} if git else found


def _git_hash() -> str:
    root = Path(__file__).resolve().parent.parent
    if not (root / ".git").exists():
        return ""
    try:
        answer = subprocess.run(
            ["git", "-C", str(root), "rev-parse", "HEAD"], capture_output=True, text=True, timeout=2, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return answer.stdout.strip()
