"""The optional libraries behind language models, imported when one is asked for."""

from __future__ import annotations

import importlib
import os
import sys
import warnings
from functools import cache
from types import ModuleType

from models.deep.torchaudio_check import torchaudio_loads
from pipelines.errors import MissingDependency

HOW = "pip install 'bci-app[llm]'"


@cache
def transformers() -> ModuleType:
    """Return ``transformers``, told to stay offline.

    Raises
    ------
    MissingDependency
        If it is not installed.
    """
    os.environ.setdefault("HF_HUB_OFFLINE", "1")
    # Its model files import torchaudio where that is installed, whether or not it loads; absent ones it leaves alone.
    absent = "torchaudio" not in sys.modules and not torchaudio_loads()
    if absent:
        sys.modules["torchaudio"] = None  # type: ignore[assignment]
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            found = _load("transformers")
            # Somebody may have imported it before, and what it then found is remembered.
            found.utils.import_utils.is_torchaudio_available.cache_clear()
            importlib.import_module("transformers.models.llama.modeling_llama")
    finally:
        if absent:
            del sys.modules["torchaudio"]
    found.logging.set_verbosity_error()
    found.logging.disable_progress_bar()
    return found


def peft() -> ModuleType:
    """Return ``peft``.

    Raises
    ------
    MissingDependency
        If it is not installed.
    """
    transformers()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return _load("peft")


def _load(name: str) -> ModuleType:
    try:
        return importlib.import_module(name)
    except ModuleNotFoundError as exc:
        raise MissingDependency(f"language models need the package {exc.name!r}: {HOW}") from exc
