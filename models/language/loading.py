"""From a name in a settings file to a language model."""

from __future__ import annotations

from pathlib import Path

import torch

from models.language.folders import hash_of, read_folder, weight_files
from models.language.language_model import Identity, LanguageModel
from models.language.smollm2 import SHA256, converted
from models.language.tiny import hash_of_tiny, tiny


def load_language_model(name: str, device: torch.device | None = None) -> LanguageModel:
    """Load a language model, frozen; no network is used.

    Parameters
    ----------
    name
        ``smollm2``, ``tiny``, or the folder of a causal language model in Hugging Face's layout.
    device
        Where it goes; None: the CPU.

    Raises
    ------
    MissingDependency
        If a package is missing.
    CheckpointInvalid
        If weights are missing or damaged.
    """
    if name == "tiny":
        module, tokenizer = tiny()
        identity = Identity("tiny", "random bytes", hash_of_tiny(module))
    elif name == "smollm2":
        module, tokenizer = read_folder(converted())
        identity = Identity("smollm2", "SmolLM2-135M-Instruct", SHA256)
    else:
        folder = Path(name).expanduser()
        module, tokenizer = read_folder(folder)
        identity = Identity("local", folder.name, hash_of(weight_files(folder)))
    return LanguageModel(module.to(device or torch.device("cpu")), tokenizer, identity)
