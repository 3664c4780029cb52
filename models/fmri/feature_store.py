"""Tokens of images kept on the disk by embedder, its version and the image's hash, in half precision.

Each call that embeds something new adds one shard: an array that is memory-mapped later, then the list of its images. A
kill leaves at most an array without a list, which nobody reads; nothing is ever changed in place.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.fmri.embedder import ImageEmbedder, Images
from models.fmri.features import Features
from models.fmri.row_cache import write_npy
from pipelines.errors import RecordingError

BATCH = 64


def image_hash(image: NDArray[np.uint8]) -> str:
    """Return the SHA-256 of an image's size and pixels."""
    return hashlib.sha256(repr(image.shape).encode() + np.ascontiguousarray(image).tobytes()).hexdigest()


class FeatureStore:
    """Features of one embedder in a folder."""

    def __init__(self, folder: str | Path, embedder: ImageEmbedder) -> None:
        self._embedder = embedder
        self.source = f"{embedder.name} {embedder.version}"
        self._home = Path(folder) / re.sub(r"[^\w.-]+", "_", self.source)

    def features(self, names: NDArray[np.str_], images: Images) -> Features:
        """Return features of images by name, embedding those that are not known yet.

        Raises
        ------
        RecordingError
            If a shard is damaged, or what the embedder gives is not what it announces.
        """
        hashes = [image_hash(image) for image in images]
        known = self._known()
        if absent := list(dict.fromkeys(h for h in hashes if h not in known)):
            first = {h: i for i, h in reversed(list(enumerate(hashes)))}
            self._add(absent, images[[first[h] for h in absent]])
            known = self._known()
        return Features(names, self._gather([known[h] for h in hashes]), self.source)

    def _known(self) -> dict[str, tuple[Path, int]]:
        """Return shard and row of every image."""
        found: dict[str, tuple[Path, int]] = {}
        for path in sorted(self._home.glob("*.json")):
            try:
                listed = json.loads(path.read_text(encoding="utf-8"))
            except (OSError, ValueError) as exc:
                raise RecordingError(f"{path}: cannot be read: {exc}; remove it, and it is made again") from exc
            found |= {h: (path.with_suffix(".npy"), row) for row, h in enumerate(listed)}
        return found

    def _add(self, hashes: list[str], images: Images) -> None:
        name = hashlib.sha256("".join(hashes).encode()).hexdigest()[:16]
        shape = (len(hashes), self._embedder.n_tokens, self._embedder.dim)

        def fill(out: NDArray[Any]) -> None:
            for start in range(0, len(images), BATCH):
                tokens = self._embedder.encode(images[start : start + BATCH])
                if tokens.shape[1:] != shape[1:] or not np.isfinite(tokens).all():
                    raise RecordingError(
                        f"{self.source}: gave tokens {tokens.shape[1:]}, announced {shape[1:]}, finite"
                    )
                out[start : start + BATCH] = tokens

        write_npy(self._home / f"{name}.npy", shape, "<f2", fill)
        part = self._home / f".{name}.{os.getpid()}.part"
        part.write_text(json.dumps(hashes), encoding="utf-8")
        part.replace(self._home / f"{name}.json")

    def _gather(self, places: list[tuple[Path, int]]) -> NDArray[np.float16]:
        """Return rows of shards; those of one whole shard in its order stay memory-mapped."""
        shards = {path: self._open(path) for path in dict.fromkeys(path for path, _ in places)}
        if len(shards) == 1:
            (only,) = shards.values()
            if [row for _, row in places] == list(range(len(only))):
                return only
        return np.stack([shards[path][row] for path, row in places])

    def _open(self, path: Path) -> NDArray[np.float16]:
        try:
            found: NDArray[np.float16] = np.load(path, mmap_mode="r", allow_pickle=False)
        except (OSError, ValueError) as exc:
            raise RecordingError(f"{path}: cannot be read: {exc}; remove {path.stem}.* and it is made again") from exc
        return found
