"""The hash of code: of all that a plug-in imports of ours, of its own package, and of nothing else."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from importlib import import_module
from importlib.machinery import SourceFileLoader
from pathlib import Path

import pytest

from models.benchmark.fingerprint import code_sha256
from pipelines.errors import ModelError
from pipelines.plugins import load

PACKAGE = {
    "__init__.py": "",
    "plugin.py": '"""Words."""\nimport json\nfrom . import near\nfrom hashed_package.deep.far import far\n',
    "near.py": "def near():\n    from .lazy import lazy\n    return lazy\n",
    "lazy.py": "lazy = 1\n",
    "deep/__init__.py": "",
    "deep/far.py": "from ..other import other\nfar = 2\n",
    "other.py": "from .plugin import json  # in a circle\nother = 3\n",
    "stranger.py": "stranger = 4\n",
}


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    home = tmp_path / "hashed_package"
    for name, text in PACKAGE.items():
        (home / name).parent.mkdir(parents=True, exist_ok=True)
        (home / name).write_text(text)
    monkeypatch.syspath_prepend(tmp_path)
    yield home
    for name in [name for name in sys.modules if name.split(".")[0] == "hashed_package"]:
        del sys.modules[name]
    code_sha256.cache_clear()


def hashed() -> str:
    code_sha256.cache_clear()
    return code_sha256(import_module("hashed_package.plugin"))


@pytest.mark.parametrize("name", ["plugin.py", "near.py", "lazy.py", "deep/far.py", "other.py"])
def test_what_is_imported_counts_however_it_is_imported(package: Path, name: str) -> None:
    before = hashed()
    (package / name).write_text(PACKAGE[name] + "more = 5\n")
    assert hashed() != before


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("stranger.py", "stranger = 5\n"),
        ("plugin.py", PACKAGE["plugin.py"].replace("Words", "Other words") + "# and a remark\n"),
        ("lazy.py", "\n\nlazy   =   1\n"),
    ],
)
def test_what_is_not_imported_and_words_and_layout_do_not_count(package: Path, name: str, text: str) -> None:
    before = hashed()
    (package / name).write_text(text)
    assert hashed() == before


def test_what_has_been_imported_so_far_does_not_count(package: Path) -> None:
    before = hashed()
    import_module("hashed_package.lazy")
    assert hashed() == before


def test_code_without_source_is_refused(package: Path) -> None:
    module = import_module("hashed_package.plugin")
    import py_compile

    compiled = package / "near.pyc"
    py_compile.compile(str(package / "near.py"), cfile=str(compiled))
    (package / "near.py").unlink()
    del sys.modules["hashed_package.near"]
    import_module("hashed_package.near")
    code_sha256.cache_clear()
    with pytest.raises(ModelError, match=r"near\.pyc: has no source"):
        code_sha256(module)


@pytest.mark.parametrize(
    ("kind", "shared"),
    [
        ("eegmat", "models.reading.mne_files"),
        ("eegmat", "pipelines.signal"),
        ("mi_vr", "models.reading.mat_files"),
        ("mi_vr", "models.reading.epochs"),
        ("shu", "models.reading.epochs"),
        ("seed_iv", "models.reading.seed_files"),
        ("muse_p300", "models.reading.muse_recordings"),
        ("tuev", "models.reading.mne_files"),
    ],
)
def test_readers_that_data_sets_share_are_part_of_their_code(
    kind: str, shared: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    module = load("datasets", kind)
    code_sha256.cache_clear()
    before = code_sha256(module)
    read = SourceFileLoader.get_source

    def corrected(self: SourceFileLoader, name: str) -> str | None:
        source = read(self, name)
        return f"{source}\ncorrected = True\n" if name == shared else source

    monkeypatch.setattr(SourceFileLoader, "get_source", corrected)
    code_sha256.cache_clear()
    assert code_sha256(module) != before
    monkeypatch.undo()
    code_sha256.cache_clear()
    assert code_sha256(module) == before
