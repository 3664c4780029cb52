"""A convolution of each feature's plane by itself, whose kernel learns by matrix products on a processor.

Of a training step of a small CSBrain a third was the library's gradient of this one kernel.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from models.csbrain.learning import learns_on_processor


class PlaneConvolution(nn.Conv2d):
    """Depthwise convolution with a bias, zeros beyond the plane, which keeps its shape.

    Parameters
    ----------
    features
        Planes, each with a kernel of its own.
    kernel
        Odd height and width.
    """

    def __init__(self, features: int, kernel: tuple[int, int]) -> None:
        reach = (kernel[0] // 2, kernel[1] // 2)
        super().__init__(features, features, kernel_size=kernel, padding=reach, groups=features)

    def forward(self, x: Tensor) -> Tensor:
        """Map (batch, features, height, width) to the same shape."""
        # Autocast knows the library's convolution alone.
        if not learns_on_processor(x) or torch.is_autocast_enabled("cpu"):
            return super().forward(x)
        answer: Tensor = _ByProducts.apply(x, self.weight, self.bias)  # type: ignore[no-untyped-call]
        return answer


class _ByProducts(torch.autograd.Function):
    """Forwards and for the planes' gradient the library's convolution; for the kernel's :func:`kernel_gradient`."""

    @staticmethod
    def forward(ctx: Any, x: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
        ctx.save_for_backward(x, weight)
        return F.conv2d(x, weight, bias, padding="same", groups=len(weight))

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor | None, Tensor | None, Tensor | None]:
        (gradient,) = gradients
        x, weight = ctx.saved_tensors
        of_x = of_weight = None
        if ctx.needs_input_grad[0]:
            of_x = F.conv2d(gradient, weight.flip(2, 3), padding="same", groups=len(weight))
        if ctx.needs_input_grad[1]:
            of_weight = kernel_gradient(x, gradient, (weight.shape[2], weight.shape[3]))
        return of_x, of_weight, gradient.sum(dim=(0, 2, 3)) if ctx.needs_input_grad[2] else None


def kernel_gradient(x: Tensor, gradient: Tensor, kernel: tuple[int, int]) -> Tensor:
    """Return the gradient of a depthwise kernel, (features, 1, *kernel).

    One product of all rows with all rows for each column of the kernel; its diagonals are then summed. Also for tall
    kernels on low planes, where some diagonals are empty.

    Parameters
    ----------
    x, gradient
        What was convolved and the gradient of the answer, (batch, features, height, width).
    """
    batch, features, height, width = x.shape
    rows, columns = kernel[0] // 2, kernel[1] // 2
    answers = gradient.permute(1, 2, 3, 0).reshape(features, height, width * batch)
    seen = F.pad(x.permute(1, 2, 3, 0), (0, 0, columns, columns))
    across = height + 2 * rows
    found = []
    for column in range(kernel[1]):
        read = seen[:, :, column : column + width].flatten(2)
        products = F.pad(torch.bmm(answers, read.transpose(1, 2)), (rows, rows))
        # Entry i of row r lies i beyond the diagonal: all of one offset of the kernel stand in one column.
        skewed = products.as_strided((features, kernel[0], height), (height * across, 1, across + 1))
        found.append(skewed.sum(dim=2))
    return torch.stack(found, dim=2).unsqueeze(1)
