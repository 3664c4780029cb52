"""Downloads: checked, told, never over what is there already; against a server on the loopback."""

from __future__ import annotations

import re
from collections.abc import Iterator
from hashlib import sha256
from importlib import import_module
from pathlib import Path

import pytest

from models.reading import fetching
from pipelines.errors import RecordingError
from pipelines.plugins import load, make, names
from tests.unit.models.loopback_server import Server

NAME = "subject01/record-[1].edf"
CONTENT = b"samples " * 200_000
KNOWN = sha256(CONTENT).hexdigest()


WANTED_SAYS = ("chb_mit", "hmc", "siena", "sleep_edf")
"""Data sets of PhysioNet that say in ``WANTED`` which paths they read."""


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    folder = tmp_path / "published"
    (folder / "subject01").mkdir(parents=True)
    (folder / NAME).write_bytes(CONTENT)
    made = Server(folder)
    yield made
    made.close()


def silent(_: str) -> None:
    """Say nothing."""


def test_files_arrive_in_their_folders_and_progress_is_told(server: Server, tmp_path: Path) -> None:
    told: list[str] = []
    fetching.fetch_files(server.url, {NAME: KNOWN}, tmp_path / "new", told.append)
    assert (tmp_path / "new" / NAME).read_bytes() == CONTENT
    assert told[0] == f"1 of 1: {NAME}"
    assert told[-1] == f"1 of 1: {NAME}: 100 % of 1.6 MB"
    assert 3 < len(told) < 25


def test_what_is_there_and_right_is_not_asked_for_again(server: Server, tmp_path: Path) -> None:
    for _ in range(2):
        fetching.fetch_files(server.url, {NAME: KNOWN}, tmp_path / "new", silent)
    assert server.asked == [f"/{NAME}"]


def test_wrong_content_is_refused_and_leaves_nothing(server: Server, tmp_path: Path) -> None:
    with pytest.raises(RecordingError, match=r"cannot be fetched.*hash"):
        fetching.fetch_files(server.url, {NAME: "0" * 64}, tmp_path / "new", silent)
    assert not [path for path in (tmp_path / "new").rglob("*") if path.is_file()]


def test_other_file_of_the_same_name_is_never_replaced(server: Server, tmp_path: Path) -> None:
    mine = tmp_path / "new" / NAME
    mine.parent.mkdir(parents=True)
    mine.write_bytes(b"converted by hand")
    with pytest.raises(RecordingError, match="is not the published file; move it away"):
        fetching.fetch_files(server.url, {NAME: KNOWN}, tmp_path / "new", silent)
    assert mine.read_bytes() == b"converted by hand"
    assert server.asked == []


def test_file_without_a_published_checksum_is_fetched_once(server: Server, tmp_path: Path) -> None:
    for _ in range(2):
        fetching.fetch_files(server.url, {NAME: None}, tmp_path / "new", silent)
    assert (tmp_path / "new" / NAME).read_bytes() == CONTENT
    assert server.asked == [f"/{NAME}"]


def test_absent_file_and_absent_server_are_told(server: Server, tmp_path: Path) -> None:
    with pytest.raises(RecordingError, match=r"absent\.edf: cannot be fetched: 404"):
        fetching.fetch_files(server.url, {"absent.edf": KNOWN}, tmp_path / "new", silent)
    server.close()
    with pytest.raises(RecordingError, match="cannot be fetched"):
        fetching.fetch_files(server.url, {NAME: KNOWN}, tmp_path / "new", silent)


def test_physionet_is_checked_against_its_own_list(server: Server, tmp_path: Path) -> None:
    listing = f"{KNOWN} {NAME}\n{'1' * 64} subject-info.csv\n\n"
    (server.folder / "SHA256SUMS.txt").write_text(listing)
    fetching.fetch_physionet(server.url, r"subject\d\d/.*\.edf", tmp_path / "new", silent)
    assert [p.name for p in (tmp_path / "new").rglob("*") if p.is_file()] == ["record-[1].edf"]
    with pytest.raises(RecordingError, match=r"lists no file like .*\.gdf"):
        fetching.fetch_physionet(server.url, r".*\.gdf", tmp_path / "new", silent)


def test_list_of_checksums_is_followed(server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "example.txt").write_text(f"{server.url}\n{KNOWN}  {NAME}\n")
    monkeypatch.setattr(fetching, "CHECKSUMS", tmp_path)
    fetching.fetch_listed("example", tmp_path / "new", silent)
    assert (tmp_path / "new" / NAME).read_bytes() == CONTENT


@pytest.mark.parametrize("path", sorted(fetching.CHECKSUMS.glob("*.txt")), ids=lambda path: path.stem)
def test_shipped_lists_are_whole(path: Path) -> None:
    first, *lines = path.read_text("utf-8").splitlines()
    assert re.fullmatch(r"https://raw\.githubusercontent\.com/.+/[0-9a-f]{40}/(.+/)?", first)
    pairs = [re.fullmatch(r"([0-9a-f]{64})  (\S+)", line) for line in lines]
    found = [pair.groups() for pair in pairs if pair]
    assert len(found) == len(lines) > 0
    assert len({name for _, name in found}) == len(found)
    assert sha256(b"").hexdigest() not in {known for known, _ in found}
    assert path.stem in names("datasets")


@pytest.mark.parametrize(
    "kind", ["bci_iv_2a", "eegmat", "eegmmidb", *WANTED_SAYS, *(path.stem for path in fetching.CHECKSUMS.glob("*.txt"))]
)
def test_without_a_network_every_fetch_says_so(kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for variable in ("HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy"):
        monkeypatch.setenv(variable, "http://127.0.0.1:9")  # the discard port: nobody listens
    for variable in ("NO_PROXY", "no_proxy"):
        monkeypatch.delenv(variable, raising=False)
    with pytest.raises(RecordingError, match=r"https?://.*: cannot be fetched"):
        load("datasets", kind).fetch(tmp_path / "new", silent)


@pytest.mark.parametrize("kind", WANTED_SAYS)
def test_what_is_fetched_is_what_is_read(kind: str, tmp_path: Path) -> None:
    import_module(f"tests.contract.dataset_folders.{kind}").make(tmp_path)
    data = make("datasets", {"kind": kind, "folder": str(tmp_path)})
    read = {path for key in data.keys() for path in data.files(key)}
    wanted = {
        p for p in tmp_path.rglob("*") if re.fullmatch(load("datasets", kind).WANTED, str(p.relative_to(tmp_path)))
    }
    assert read <= wanted
    others = [path for path in wanted - read if path.suffix != ".edf"]  # recordings that lack the channels
    assert not others


@pytest.mark.shared
@pytest.mark.parametrize(("kind", "folder"), [("ssvep_exo", "ssvep_exo"), ("mi_vr", "mi_vr")])
def test_shared_copies_have_the_published_checksums(kind: str, folder: str, shared_data: Path) -> None:
    lines = (fetching.CHECKSUMS / f"{kind}.txt").read_text("utf-8").splitlines()[1:]
    published = {name: known for known, name in (line.split(maxsplit=1) for line in lines)}
    here = {name: shared_data / folder / name for name in published if (shared_data / folder / name).is_file()}
    assert len(here) >= 6
    for name, path in here.items():
        assert sha256(path.read_bytes()).hexdigest() == published[name], name
