"""Where a network runs, and that a fallback is told."""

from __future__ import annotations

import subprocess
import sys

import pytest
import torch

from models.placement import one_thread, place


def test_cpu_is_taken_without_a_word() -> None:
    assert place("cpu").device == torch.device("cpu")
    assert place("cpu").notice == ""


def test_auto_takes_cuda_or_says_why_not() -> None:
    found = place("auto")
    assert (found.device.type == "cuda") == (found.notice == "")
    torch.zeros(1, device=found.device)


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a CUDA GPU")
def test_asking_for_a_missing_gpu_gives_the_cpu_and_the_reason() -> None:
    found = place("cuda")
    assert found.device == torch.device("cpu")
    assert found.notice.startswith("CUDA was asked for; running on the CPU: ")
    reason = found.notice.removeprefix("CUDA was asked for; running on the CPU: ")
    assert ("built without CUDA" in reason) == (torch.version.cuda is None)


def test_one_thread() -> None:
    one_thread()
    assert torch.get_num_threads() == 1


def test_a_session_without_a_network_never_loads_torch() -> None:
    code = (
        "import sys; from models.placement import one_thread; import models.checkpoints; one_thread(); "
        "sys.exit('torch' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
