"""Generated CSBrain weights: every tensor is drawn from its own key, so a wrong key or shape shows at once."""

from __future__ import annotations

import math
import zlib

import numpy as np
import torch
from torch import nn

torch.set_num_threads(1)


def generated(key: str, shape: tuple[int, ...]) -> torch.Tensor:
    values = np.random.default_rng(zlib.crc32(key.encode())).standard_normal(shape).astype("f4")
    if key == "patch_embedding.mask_encoding":
        values[:] = 0.0
    elif len(shape) > 1:
        values *= 0.35 / math.sqrt(math.prod(shape[1:]))
    elif key.endswith("weight"):
        values = 1 + np.float32(0.1) * values
    else:
        values *= 0.05
    return torch.from_numpy(values.astype("f4"))


def generated_weights(module: nn.Module) -> dict[str, torch.Tensor]:
    return {key: generated(key, tuple(value.shape)) for key, value in module.state_dict().items()}
