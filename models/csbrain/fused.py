"""CSBrain for inference: the same answer as the network in ``eval`` mode, in a third to a half of the time.

Which sums were moved where is told in :mod:`models.csbrain.fused_tokenizers` and :mod:`models.csbrain.fused_attention`;
what that brings, and what was tried without success, in decision 10.
"""

from __future__ import annotations

import copy
import logging
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import cast

import torch
from torch import Tensor, nn

from models.csbrain.attention import WINDOW, StructuredSparseLayer
from models.csbrain.classifier import Classifier
from models.csbrain.fused_attention import FusedLayer, VisibleKeys
from models.csbrain.fused_tokenizers import FusedRegional, FusedTemporal
from models.csbrain.half_linear import HalfLinear
from models.csbrain.network import CSBrain, check_input
from models.csbrain.packed_linear import PackedLinear
from models.csbrain.precision import Precision, products
from models.csbrain.replayed import Form, recorded

TOKENS_AT_ONCE = 1024
"""Windows of a batch pass in groups of about so many tokens: more would leave the processor's cache."""
_TOKENS_AT_ONCE_CUDA = 65_536
"""On a GPU larger groups are faster; one of this size takes some hundred megabytes."""
_SHAPES_KEPT = 4

log = logging.getLogger(__name__)


@dataclass(slots=True)
class _Plan:
    """For one shape of input: the tokens' place in memory, and what changes them there, one after another.

    ``whole`` is the pass from signal to features; on CUDA, where that is possible, as a graph, whose memory lives as
    long as this plan.
    """

    h: Tensor
    steps: list[Callable[[], None]]
    whole: Form | None = None


class FusedCSBrain:
    """What :func:`fuse` returns. One instance serves one thread: its buffers are used again by every call.

    Parameters
    ----------
    network
        Its weights are copied as they are now: training it further does not change this.
    precision
        Of products; its device must have it (:func:`models.csbrain.precision.usable`).
    graphs
        On CUDA: whether passes are recorded as graphs.
    """

    def __init__(self, network: CSBrain, precision: Precision = "fp32", *, graphs: bool = True) -> None:
        linear = HalfLinear if precision == "bf16" else PackedLinear
        self._precision: Precision = precision
        self.n_channels = network.n_channels
        self._order = network.order.clone()
        self._embedding = copy.deepcopy(network.patch_embedding).eval().requires_grad_(requires_grad=False)
        self._temporal = FusedTemporal(network.TemEmbedEEGLayer, linear)
        regional = network.BrainEmbedEEGLayer
        self._regional = None if regional is None else FusedRegional(regional)
        layers = cast("list[StructuredSparseLayer]", list(network.encoder.layers))
        self._layers = [FusedLayer(layer, linear) for layer in layers]
        self._seen = layers[0].mask.clone()
        self._n_heads = network.n_heads
        self._d_model = layers[0].linear1.in_features
        out = cast("nn.Linear", network.proj_out[0])
        self._out = PackedLinear(out.weight, out.bias)
        self._plans: dict[tuple[int, int], _Plan] = {}
        on_gpu = self._order.is_cuda
        self._graphs, self._at_once = graphs and on_gpu, _TOKENS_AT_ONCE_CUDA if on_gpu else TOKENS_AT_ONCE

    @torch.inference_mode()
    def features(self, x: Tensor, mask: Tensor | None = None) -> Tensor:
        """Return what :meth:`CSBrain.features` does; no gradient can be taken of it.

        Raises
        ------
        SpecMismatch
            If a shape is not as said there.
        """
        check_input(x, mask, self.n_channels)
        at_once = max(1, self._at_once // (x.shape[1] * x.shape[2]))
        masks = [None] * len(x) if mask is None else torch.split(mask, at_once)
        with products(self._precision):
            parts = [self._pass(part, seen) for part, seen in zip(torch.split(x, at_once), masks, strict=False)]
        return torch.cat(parts)

    def __call__(self, x: Tensor, mask: Tensor | None = None) -> Tensor:
        """Return what :meth:`CSBrain.forward` does; see :meth:`features`."""
        with torch.inference_mode():
            features = self.features(x, mask)
            return self._out(features.view(-1, features.shape[-1])).view(x.shape)

    def _pass(self, x: Tensor, mask: Tensor | None) -> Tensor:
        plan = self._plan(x)
        return plan.whole(x) if mask is None and plan.whole else self._run(plan, x, mask)

    def _run(self, plan: _Plan, x: Tensor, mask: Tensor | None = None) -> Tensor:
        plan.h.copy_(self._embedding(x[:, self._order], mask).transpose(0, 1))
        for step in plan.steps:
            step()
        return plan.h.transpose(0, 1).clone(memory_format=torch.contiguous_format)

    def _plan(self, x: Tensor) -> _Plan:
        shape = (len(x), x.shape[2])
        if shape not in self._plans:
            while len(self._plans) >= _SHAPES_KEPT:
                del self._plans[next(iter(self._plans))]
            plan = self._make_plan(*shape)
            if self._graphs:
                form, notice = recorded(partial(self._run, plan), x)
                if notice:
                    self._graphs = False  # once told, it is not tried again
                    log.warning("CSBrain on CUDA: %s", notice)
                else:
                    plan.whole = form
            self._plans[shape] = plan
        return self._plans[shape]

    def _make_plan(self, batch: int, patches: int) -> _Plan:
        h = torch.empty(self.n_channels, batch, patches, self._d_model, device=self._order.device)
        tokenizers = [tokenizer.bind(h) for tokenizer in (self._temporal, self._regional) if tokenizer is not None]
        electrodes = VisibleKeys(self._seen, batch * patches * self._n_heads)
        windows = None
        if patches > WINDOW:
            n_windows = -(-patches // WINDOW)
            everything = self._seen.new_ones(n_windows, n_windows)
            windows = VisibleKeys(everything, self.n_channels * batch * WINDOW * self._n_heads)
        steps = []
        for layer in self._layers:
            steps += [*tokenizers, layer.bind(h, electrodes, windows)]
        return _Plan(h, steps)


@torch.no_grad()
def fuse(network: CSBrain, precision: Precision = "fp32", *, graphs: bool = True) -> FusedCSBrain:
    """Make the inference form of a trained network, on the network's device; see :class:`FusedCSBrain`.

    In ``fp32`` it agrees with the network in ``eval`` mode to a relative 1e-5.
    """
    return FusedCSBrain(network, precision, graphs=graphs)


class FusedClassifier:
    """Class scores of a window, as :class:`Classifier` in ``eval`` mode gives them, faster; see :func:`fuse`."""

    def __init__(self, classifier: Classifier, precision: Precision = "fp32") -> None:
        self._network = fuse(classifier.network, precision)
        self._head = copy.deepcopy(classifier.head).eval().requires_grad_(requires_grad=False)

    @torch.inference_mode()
    def __call__(self, x: Tensor) -> Tensor:
        """Map (batch, channels, patches, 200) in units of 100 µV to scores (batch, n_classes)."""
        scores: Tensor = self._head(self._network.features(x))
        return scores
