"""A computation on CUDA as one graph: recorded once for a shape, launched whole.

A pass of the fused network is some 500 small kernels, and launching each costs more than running it.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

Form = Callable[[Tensor], Tensor]
CUDA_FAILURES = (RuntimeError, AssertionError)
"""What torch raises when CUDA fails (AcceleratorError and OutOfMemoryError are RuntimeErrors) or is absent."""
_WARM_UP = 3
"""Passes before recording: libraries choose their algorithms and take their memory in the first ones."""


class Replayed:
    """A function of one tensor whose every kernel, and all memory it uses, is fixed.

    Parameters
    ----------
    function
        Free of transfers between devices and of decisions that depend on values.
    example
        Input on the GPU; every later one has its shape.

    Raises
    ------
    RuntimeError
        If CUDA fails or the function cannot be recorded.
    """

    def __init__(self, function: Form, example: Tensor) -> None:
        self._x = example.clone()
        here = torch.cuda.current_stream()
        # Recording is not possible on the default stream, and what is allocated for it must not be in use there.
        side = torch.cuda.Stream()  # type: ignore[no-untyped-call]
        side.wait_stream(here)
        with torch.cuda.stream(side):
            for _ in range(_WARM_UP):
                function(self._x)
        here.wait_stream(side)
        self._graph = torch.cuda.CUDAGraph()
        # Other threads of the program may use the GPU meanwhile.
        with torch.cuda.graph(self._graph, capture_error_mode="thread_local"):
            self._y = function(self._x)

    def __call__(self, x: Tensor) -> Tensor:
        """Return the function's answer, in memory of its own."""
        self._x.copy_(x)
        self._graph.replay()
        return self._y.clone()


def recorded(function: Form, example: Tensor) -> tuple[Form, str]:
    """Return the function as a graph; if it cannot be recorded, as it is, and why."""
    try:
        return Replayed(function, example), ""
    except CUDA_FAILURES as exc:
        return function, f"no CUDA graph: {first_line(exc)}; its kernels are launched one by one"


def first_line(exc: BaseException) -> str:
    """Return what an error says without its advice on debugging."""
    return str(exc).partition("\n")[0]
