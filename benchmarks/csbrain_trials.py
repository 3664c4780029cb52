"""Other ways to make CSBrain fast on a CPU than its fused form: what decision 10 reports.

    python benchmarks/csbrain_trials.py 20x5 other bf16 int8 compile onnxruntime

Each is timed in turn with the plain and the fused network, one thread, batch 1; least processor time in ms, and the
largest and the root-mean-square difference of the features relative to the plain network's. ``onnxruntime`` needs the
packages onnx, onnxscript and onnxruntime; it runs the encoder without the embedding, whose FFT it cannot take.
"""

from __future__ import annotations

import copy
import sys
import tempfile
import warnings
from collections.abc import Callable
from pathlib import Path
from time import thread_time
from unittest import mock

import torch
from torch import Tensor, nn

from models.benchmark.csbrain_speed import CASES
from models.csbrain import CSBrain, packed_linear
from models.csbrain.fused import fuse
from models.csbrain.tokenizers import N_REGIONS

Form = Callable[[Tensor], Tensor]


def bf16(network: CSBrain, _: Tensor) -> Form:
    return fuse(network, "bf16").features


def other_product(network: CSBrain, _: Tensor) -> Form:
    """The fused form with the other one of oneDNN and MKL for the large maps."""
    other = not packed_linear._mkl_is_at_home()
    with mock.patch.object(packed_linear, "_mkl_is_at_home", return_value=other):
        return fuse(network).features


def int8(network: CSBrain, _: Tensor) -> Form:
    return torch.ao.quantization.quantize_dynamic(copy.deepcopy(network), {nn.Linear}, dtype=torch.qint8).features


def compiled(network: CSBrain, _: Tensor) -> Form:
    return torch.compile(network.features)


class Encoder(nn.Module):
    """The network from the embedding's tokens on."""

    def __init__(self, network: CSBrain) -> None:
        super().__init__()
        self.network = network

    def forward(self, h: Tensor) -> Tensor:
        """Map (batch, channels, patches, d_model)."""
        for layer in self.network.encoder.layers:
            h = h + self.network.TemEmbedEEGLayer(h)
            h = h + self.network.BrainEmbedEEGLayer(h)
            h = layer(h)
        return h


def onnxruntime(network: CSBrain, x: Tensor) -> Form:
    import onnxruntime as ort

    with tempfile.TemporaryDirectory() as folder:
        file = str(Path(folder) / "encoder.onnx")
        torch.onnx.export(Encoder(network).eval(), (network.patch_embedding(x),), file, dynamo=True, verbose=False)
        options = ort.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        session = ort.InferenceSession(file, options, providers=["CPUExecutionProvider"])
    name = session.get_inputs()[0].name
    return lambda x: torch.from_numpy(session.run(None, {name: network.patch_embedding(x).numpy()})[0])


TRIALS = {"bf16": bf16, "other": other_product, "int8": int8, "compile": compiled, "onnxruntime": onnxruntime}


def main(shape: str, names: list[str]) -> None:
    torch.set_num_threads(1)
    warnings.simplefilter("ignore")
    case = next(case for case in CASES if case.name == shape)
    regions = [region for region in range(N_REGIONS) for _ in range(case.sizes[region])]
    network = CSBrain(regions, range(len(regions))).eval()  # sorted already: channels stay in their order
    x = torch.randn(1, len(regions), case.patches, 200, generator=torch.Generator().manual_seed(0)) * 0.3
    with torch.no_grad():
        forms = {"plain": network.features, "fused": fuse(network).features}
        forms |= {name: TRIALS[name](network, x) for name in names}
        wanted = network.features(x)
        times: dict[str, list[float]] = {name: [] for name in forms}
        for _ in range(5):
            for name, form in forms.items():
                form(x)
                for _ in range(4):
                    start = thread_time()
                    got = form(x)
                    times[name].append((thread_time() - start) * 1e3)
        for name, form in forms.items():
            got = form(x) - wanted
            worst, rms = got.abs().max() / wanted.abs().max(), got.norm() / wanted.norm()
            ms = min(times[name])
            print(f"{shape} {name:12s} {ms:7.1f} ms  {ms / min(times['plain']):.2f}  {worst:.0e} {rms:.0e}")


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2:])
