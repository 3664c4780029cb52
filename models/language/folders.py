"""A language model in a folder of Hugging Face's layout: read offline, safetensors alone, no code of the folder run."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from torch import nn

from models.language.libraries import transformers
from pipelines.errors import CheckpointInvalid


def read_folder(folder: Path) -> tuple[nn.Module, Any]:
    """Return weights (float32) and tokenizer.

    Raises
    ------
    CheckpointInvalid
        If the folder is missing or damaged, has no safetensors, or is no causal language model.
    """
    files = weight_files(folder)
    for file in files:
        try:
            with safe_open(file, "pt") as opened:
                opened.keys()
        except (SafetensorError, OSError) as exc:
            raise CheckpointInvalid(f"{file}: cut short or damaged: {exc}; get the folder again") from exc
    library = transformers()
    options = {"local_files_only": True, "trust_remote_code": False}
    try:
        tokenizer = library.AutoTokenizer.from_pretrained(folder, **options)
        module, report = library.AutoModelForCausalLM.from_pretrained(
            folder, use_safetensors=True, dtype=torch.float32, output_loading_info=True, **options
        )
    except (OSError, ValueError, KeyError, RuntimeError, SafetensorError) as exc:
        reason = str(exc).strip().partition("\n")[0]
        raise CheckpointInvalid(f"{folder}: no causal language model can be read: {reason}") from exc
    if absent := sorted(report["missing_keys"]):
        raise CheckpointInvalid(f"{folder}: weights are missing: {', '.join(absent[:5])}; get the folder again")
    if tokenizer.eos_token_id is None:
        raise CheckpointInvalid(f"{folder}: the tokenizer has no end token, so an answer would have no end")
    return module, tokenizer


def weight_files(folder: Path) -> list[Path]:
    """Return the files of weights.

    Raises
    ------
    CheckpointInvalid
        If there is no such folder, or none of them in it.
    """
    if not folder.is_dir():
        raise CheckpointInvalid(f"{folder}: there is no such folder of a language model")
    found = sorted(folder.glob("*.safetensors"))
    if not found or not (folder / "config.json").is_file():
        raise CheckpointInvalid(
            f"{folder}: a language model needs config.json and *.safetensors (pickles are not read)"
        )
    return found


def hash_of(files: list[Path]) -> str:
    """Return one SHA-256 of all files, in the order of their names."""
    digest = hashlib.sha256()
    for file in files:
        with file.open("rb") as opened:
            digest.update(hashlib.file_digest(opened, "sha256").digest())
    return digest.hexdigest()
