"""Hashes that say what a result was made of."""

from __future__ import annotations

import ast
import hashlib
import inspect
import json
import sys
from functools import cache
from types import ModuleType
from typing import Any

OURS = ("models", "pipelines")


def canonical_json(value: Any) -> str:
    """Return the one spelling of a value as JSON: keys sorted, no spaces, no NaN."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), allow_nan=False, ensure_ascii=True)


def sha256_of(value: Any) -> str:
    """Return the hash of a value's canonical JSON."""
    return hashlib.sha256(canonical_json(value).encode()).hexdigest()


@cache
def code_sha256(*modules: ModuleType) -> str:
    """Return the hash of the code of modules and of all they import of this project or of their own package.

    A corrected label or filter must not meet what the old code made. Comments, layout and docstrings do not count.
    """
    found: dict[str, str] = {}
    waiting = list(modules)
    while waiting:
        module = waiting.pop()
        if module.__name__ in found:
            continue
        tree = _without_docstrings(ast.parse(inspect.getsource(module)))
        found[module.__name__] = ast.dump(tree)
        homes = {*OURS, module.__name__.split(".")[0]}
        imported = [sys.modules[name] for name in _imports(tree) if name.split(".")[0] in homes and name in sys.modules]
        waiting += [other for other in imported if getattr(other, "__file__", None)]
    return sha256_of(found)


def _imports(tree: ast.Module) -> set[str]:
    """Return what may be names of imported modules."""
    names: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            names |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
    return names


def _without_docstrings(tree: ast.Module) -> ast.Module:
    for node in ast.walk(tree):
        body = getattr(node, "body", None)
        if isinstance(body, list):
            node.body = [line for line in body if not _is_text(line)]  # type: ignore[attr-defined]
    return tree


def _is_text(node: ast.AST) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)
