"""CSV files as eeg-notebooks writes them."""

from __future__ import annotations

import gzip
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from tests.contract.dataset_folders.signals import noise_uv


def write_csv(path: Path, codes: Sequence[int], column: str, first_stamp_s: float, seed: int = 0) -> None:
    """Ten seconds; a picture every second, and one so near the end that it makes no trial."""
    n_rows = 2560
    markers = np.zeros(n_rows)
    markers[256 * (1 + np.arange(len(codes)))] = codes
    markers[-20] = 1
    stamps = np.round(first_stamp_s + np.arange(n_rows) / 256, 3)
    table = np.column_stack([stamps, noise_uv(n_rows, 5, seed), markers])
    lines = [f"timestamps,TP9,AF7,AF8,TP10,Right AUX,{column}"]
    lines += [",".join([f"{v:.3f}" for v in row[:-1]] + [f"{row[-1]:.0f}"]) for row in table]
    path.parent.mkdir(parents=True, exist_ok=True)
    content = ("\n".join(lines) + "\n").encode()
    path.write_bytes(gzip.compress(content, mtime=0) if path.suffix == ".gz" else content)
