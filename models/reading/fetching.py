"""Download the files of open data sets, each checked against its published SHA-256.

What is already there and right is not downloaded again; a file of the same name but other content is never replaced.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from urllib.parse import quote

import pooch

from pipelines.errors import RecordingError
from pipelines.percent import percent

Tell = Callable[[str], None]
CHECKSUMS = Path(__file__).with_name("checksums")
TIMEOUT_S = 30.0
STEP = 0.05
"""Share of a file between two words of progress."""


class Progress:
    """What pooch wants of a progress bar, told in words."""

    def __init__(self, what: str, tell: Tell) -> None:
        self.total = 0
        self._what, self._tell = what, tell
        self._done, self._told = 0, 0.0

    def update(self, n_bytes: int) -> None:
        """Count bytes; say so once every few percent."""
        self._done += n_bytes
        share = self._done / self.total if self.total else 0.0
        if share >= self._told + STEP:
            self._told = share
            self._tell(f"{self._what}: {percent(share)} of {self.total / 1e6:.1f} MB")

    def reset(self) -> None:
        """Begin again: pooch resets before it tells the whole."""
        self._done, self._told = 0, 0.0

    def close(self) -> None:
        """Nothing is held."""


def fetch_files(base_url: str, sha256: Mapping[str, str | None], folder: Path, tell: Tell) -> None:
    """Download files into a folder, keeping their relative paths.

    Parameters
    ----------
    base_url
        Ends with a slash.
    sha256
        Checksum (hexadecimal) by relative path; None where the publisher gives none.
    folder
        Made if absent.
    tell
        Gets words of progress.

    Raises
    ------
    RecordingError
        If a file cannot be reached, does not have its checksum, or another of the same name is there already.
    """
    for number, (name, known) in enumerate(sorted(sha256.items()), start=1):
        target = folder / name
        what = f"{number} of {len(sha256)}: {name}"
        tell(what)
        if target.exists():
            if known and pooch.file_hash(str(target)) != known:
                raise RecordingError(f"{target}: is not the published file; move it away, or fetch into another folder")
            continue
        _retrieve(base_url + quote(name), target, known and f"sha256:{known}", Progress(what, tell))


def fetch_physionet(base_url: str, wanted: str, folder: Path, tell: Tell) -> None:
    """Download those files of a PhysioNet project whose path matches a regular expression as a whole.

    Raises
    ------
    RecordingError
        As :func:`fetch_files`; or if the project's list of checksums names no such file.
    """
    with TemporaryDirectory() as home:
        listing = Path(home) / "SHA256SUMS.txt"
        _retrieve(base_url + listing.name, listing, None, Progress(listing.name, tell))
        lines = [line.split(maxsplit=1) for line in listing.read_text("utf-8").splitlines()]
    sha256: dict[str, str | None] = {
        pair[1].strip(): pair[0] for pair in lines if len(pair) == 2 and re.fullmatch(wanted, pair[1].strip())
    }
    if not sha256:
        raise RecordingError(f"{base_url}SHA256SUMS.txt: lists no file like {wanted}")
    fetch_files(base_url, sha256, folder, tell)


def fetch_listed(kind: str, folder: Path, tell: Tell) -> None:
    """Download the files that ``checksums/<kind>.txt`` lists; its first line is the address they are under.

    Raises
    ------
    RecordingError
        As :func:`fetch_files`.
    """
    first, *lines = (CHECKSUMS / f"{kind}.txt").read_text("utf-8").splitlines()
    pairs = (line.split(maxsplit=1) for line in lines)
    fetch_files(first, {name: known for known, name in pairs}, folder, tell)


def _retrieve(url: str, target: Path, known_hash: str | None, progress: Progress) -> None:
    pooch.get_logger().setLevel("WARNING")  # its progress is told in our words
    downloader = pooch.HTTPDownloader(progressbar=progress, timeout=TIMEOUT_S)
    try:
        pooch.retrieve(url, known_hash, fname=target.name, path=target.parent, downloader=downloader)
    except (OSError, ValueError) as exc:  # requests' errors are OSErrors; a wrong checksum is a ValueError
        raise RecordingError(f"{url}: cannot be fetched: {exc}") from exc
