"""Hashes that say what a result was made of."""

from __future__ import annotations

import ast
import hashlib
import json
from functools import cache
from importlib.abc import SourceLoader
from importlib.machinery import ModuleSpec
from importlib.util import find_spec, resolve_name
from types import ModuleType
from typing import Any

from pipelines.errors import ModelError

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

    A corrected label or filter must not meet what the old code made. Comments, layout and docstrings do not count; nor
    does it matter what has been imported so far.

    Raises
    ------
    ModelError
        If one of them has no source code.
    """
    found: dict[str, str] = {}
    waiting = [module.__name__ for module in modules]
    while waiting:
        name = waiting.pop()
        spec = _spec(name)
        if name in found or spec is None:
            continue
        tree = _without_docstrings(ast.parse(_source(name, spec)))
        found[name] = ast.dump(tree)
        homes = {*OURS, name.split(".")[0]}
        package = name if spec.submodule_search_locations is not None else name.rpartition(".")[0]
        waiting += [other for other in _imports(tree, package) if other.split(".")[0] in homes]
    return sha256_of(found)


def _spec(name: str) -> ModuleSpec | None:
    """Return where a module comes from; None for a name that is none, such as that of a class in a module."""
    try:
        return find_spec(name)
    except (ImportError, ValueError):
        return None


def _source(name: str, spec: ModuleSpec) -> str:
    source = spec.loader.get_source(name) if isinstance(spec.loader, SourceLoader) else None
    if source is None and spec.has_location:
        raise ModelError(f"{spec.origin}: has no source code, so results cannot be keyed by it")
    return source or ""  # a folder without __init__.py


def _imports(tree: ast.Module, package: str) -> set[str]:
    """Return what may be names of imported modules; relative ones are of ``package``."""
    names: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            home = resolve_name("." * node.level + (node.module or ""), package) if node.level else str(node.module)
            names |= {home, *(f"{home}.{alias.name}" for alias in node.names)}
    return names


def _without_docstrings(tree: ast.Module) -> ast.Module:
    for node in ast.walk(tree):
        body = getattr(node, "body", None)
        if isinstance(body, list):
            node.body = [line for line in body if not _is_text(line)]  # type: ignore[attr-defined]
    return tree


def _is_text(node: ast.AST) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)
