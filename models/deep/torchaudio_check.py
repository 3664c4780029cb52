"""Whether torchaudio can be loaded: PyPI has none for a CPU-only PyTorch, and one that does not fit is often there."""

from __future__ import annotations

import importlib
import sys


def torchaudio_loads() -> bool:
    """Say whether it loads; nothing of it is left behind if it does not."""
    try:
        importlib.import_module("torchaudio")
    except (ImportError, OSError, RuntimeError):
        for name in [n for n in sys.modules if n == "torchaudio" or n.startswith("torchaudio.")]:
            del sys.modules[name]
        return False
    return True
