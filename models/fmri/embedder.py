"""The :class:`ImageEmbedder` protocol: images in, tokens out."""

from __future__ import annotations

from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

Images = NDArray[np.uint8]
"""(n_images, height, width, 3), sRGB."""


class ImageEmbedder(Protocol):
    """Turns images into tokens; all shapes downstream come from it.

    Laws: the same images give the same bits; an image's tokens do not depend on the others of its batch; another
    ``version`` whenever the numbers change.
    """

    @property
    def name(self) -> str:
        """What it is, with the name of its weights."""
        ...

    @property
    def version(self) -> str:
        """Changes whenever the numbers change."""
        ...

    @property
    def n_tokens(self) -> int:
        """Tokens of an image."""
        ...

    @property
    def dim(self) -> int:
        """Length of a token."""
        ...

    def encode(self, images: Images) -> NDArray[np.floating[Any]]:
        """Return float32 (n_images, n_tokens, dim)."""
        ...
