"""Hashes that say what a result was made of."""

from __future__ import annotations

import hashlib
import inspect
import json
from types import ModuleType
from typing import Any


def canonical_json(value: Any) -> str:
    """Return the one spelling of a value as JSON: keys sorted, no spaces, no NaN."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), allow_nan=False, ensure_ascii=True)


def sha256_of(value: Any) -> str:
    """Return the hash of a value's canonical JSON."""
    return hashlib.sha256(canonical_json(value).encode()).hexdigest()


def source_sha256(module: ModuleType) -> str:
    """Return the hash of a plug-in's source: a corrected label or filter must not meet what the old code made."""
    return hashlib.sha256(inspect.getsource(module).encode()).hexdigest()
