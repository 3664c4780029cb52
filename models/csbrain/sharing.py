"""One set of weights under several montages."""

from __future__ import annotations

from torch import nn


def share_weights(source: nn.Module, target: nn.Module) -> None:
    """Let every parameter of ``target`` be the very one of ``source``; buffers, which know the montage, stay."""
    for name, parameter in source.named_parameters():
        owner, _, leaf = name.rpartition(".")
        setattr(target.get_submodule(owner), leaf, parameter)
