"""Behaviour and stimuli to latents and back: kinematics (n_bins, n_values) and video (n_bins, height, width).

Both pairs are symmetric: what an encoder takes, its decoder gives. The published video encoder keeps one column of its
map by nearest-neighbour reduction, and its decoder's clamp stops gradients outside the range; here all places are kept
and nothing is clamped.
"""

from __future__ import annotations

from collections.abc import Sequence

from torch import Tensor, nn

from pipelines.errors import ConfigError

KERNEL = 5
STRIDE = 4
"""Each side of a frame must be a multiple of it."""


class KinematicsEncoder(nn.Module):
    """Convolutions along time.

    Parameters
    ----------
    n_values, n_out, width
        Sizes in, out and between.
    """

    def __init__(self, n_values: int, n_out: int, width: int = 32) -> None:
        super().__init__()
        self.network = nn.Sequential(
            nn.Conv1d(n_values, width, KERNEL, padding=KERNEL // 2),
            nn.GELU(),
            nn.Conv1d(width, width, KERNEL, padding=KERNEL // 2),
            nn.GELU(),
            nn.Conv1d(width, n_out, 1),
        )

    def forward(self, values: Tensor) -> Tensor:
        """Return (n_batch, n_bins, n_out) of (n_batch, n_bins, n_values)."""
        hidden: Tensor = self.network(values.transpose(1, 2))
        return hidden.transpose(1, 2)


class VideoEncoder(nn.Module):
    """Convolutions over each frame, all of whose places are then joined, and along time.

    Parameters
    ----------
    frame
        Height and width (pixels), multiples of STRIDE.
    n_out, width
        Sizes out and between.
    """

    def __init__(self, frame: tuple[int, int], n_out: int, width: int = 32) -> None:
        super().__init__()
        height, across = _checked(frame)
        self.places = nn.Sequential(
            nn.Conv2d(1, width // 2, KERNEL, stride=2, padding=KERNEL // 2),
            nn.GELU(),
            nn.Conv2d(width // 2, width, 3, stride=2, padding=1),
            nn.GELU(),
            nn.Flatten(1),
            nn.Linear(width * (height // STRIDE) * (across // STRIDE), 2 * width),
            nn.GELU(),
        )
        self.time = KinematicsEncoder(2 * width, n_out, 2 * width)

    def forward(self, video: Tensor) -> Tensor:
        """Return (n_batch, n_bins, n_out) of (n_batch, n_bins, height, width)."""
        frames = self.places(video.flatten(0, 1)[:, None])
        hidden: Tensor = self.time(frames.unflatten(0, video.shape[:2]))
        return hidden


class VideoDecoder(nn.Module):
    """The way back: places from each latent, then two steps of upsampling.

    Parameters
    ----------
    n_latents, frame, width
        As of the encoder.
    """

    def __init__(self, n_latents: int, frame: tuple[int, int], width: int = 32) -> None:
        super().__init__()
        height, across = _checked(frame)
        self.network = nn.Sequential(
            nn.Linear(n_latents, 2 * width),
            nn.GELU(),
            nn.Linear(2 * width, width * (height // STRIDE) * (across // STRIDE)),
            nn.GELU(),
            nn.Unflatten(1, (width, height // STRIDE, across // STRIDE)),
            nn.ConvTranspose2d(width, width // 2, 4, stride=2, padding=1),
            nn.GELU(),
            nn.ConvTranspose2d(width // 2, 1, 4, stride=2, padding=1),
        )

    def forward(self, latent: Tensor) -> Tensor:
        """Return (n_batch, n_bins, height, width) of (n_batch, n_bins, n_latents)."""
        frames: Tensor = self.network(latent.flatten(0, 1))
        return frames[:, 0].reshape(*latent.shape[:2], *frames.shape[2:])


def encoder(shape: Sequence[int], n_out: int, width: int = 32) -> nn.Module:
    """Make the encoder of a covariate by the shape of one bin: (n_values,) or (height, width).

    Raises
    ------
    ConfigError
        If it is neither.
    """
    if len(shape) == 1:
        return KinematicsEncoder(shape[0], n_out, width)
    return VideoEncoder(_frame(shape), n_out, width)


def decoder(shape: Sequence[int], n_latents: int, width: int = 32) -> nn.Module:
    """Make the decoder of a covariate by the shape of one bin; see :func:`encoder`."""
    if len(shape) == 1:
        return KinematicsEncoder(n_latents, shape[0], width)
    return VideoDecoder(n_latents, _frame(shape), width)


def _frame(shape: Sequence[int]) -> tuple[int, int]:
    if len(shape) != 2:
        raise ConfigError(f"a covariate is (n_values,) or (height, width) in each bin, not {tuple(shape)}")
    return shape[0], shape[1]


def _checked(frame: tuple[int, int]) -> tuple[int, int]:
    if any(side < STRIDE or side % STRIDE for side in frame):
        raise ConfigError(f"video: a frame of {frame[0]} x {frame[1]} pixels; each side must be a multiple of {STRIDE}")
    return frame
