"""How far liblsl reaches, seen from outside: by the addresses to which real processes send their queries."""

from __future__ import annotations

import json
import os
import socket
import struct
import subprocess
import sys
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from devices.lsl_scope import library_info, scope_of, users_file

ROOT = Path(__file__).resolve().parents[3]
QUERY_PORT = 16571
LOOPBACK = "127.0.0.1"
GROUPS = ("224.0.0.1", "224.0.0.183", "239.255.172.215")
IP_PKTINFO = 8
"""Linux: tell to which address a packet was sent."""


def python(
    folder: Path, *arguments: str, config: Path | None = None, errors: int = subprocess.STDOUT
) -> subprocess.Popen[str]:
    """Start Python in a world of its own: no lsl_api.cfg but the one that is given."""
    env = {key: value for key, value in os.environ.items() if key != "LSLAPICFG"}
    env |= {"HOME": str(folder), "PYTHONPATH": str(ROOT), "COLUMNS": "1000"}
    if config is not None:
        env["LSLAPICFG"] = str(config)
    return subprocess.Popen(
        [sys.executable, *arguments], cwd=folder, env=env, text=True, stdout=subprocess.PIPE, stderr=errors
    )


def run(folder: Path, *arguments: str, config: Path | None = None) -> tuple[int, str]:
    process = python(folder, *arguments, config=config)
    output, _ = process.communicate(timeout=120)
    return process.returncode, output


@contextmanager
def listener() -> Iterator[socket.socket]:
    """A socket that hears what is sent to anybody on the port of LSL's queries."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as heard:
        heard.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        heard.setsockopt(socket.IPPROTO_IP, IP_PKTINFO, 1)
        heard.bind(("", QUERY_PORT))
        for group in GROUPS:
            member = struct.pack("4s4s", socket.inet_aton(group), socket.inet_aton("0.0.0.0"))
            heard.setsockopt(socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP, member)
        heard.settimeout(0.3)
        yield heard


def hear(heard: socket.socket, word: str) -> str:
    """Return the address of the next packet with that word in it, empty if none comes."""
    try:
        data, notes, _, _ = heard.recvmsg(4096, 256)
    except TimeoutError:
        return ""
    if word.encode() not in data:
        return ""
    return next(socket.inet_ntoa(note[8:12]) for level, kind, note in notes if kind == IP_PKTINFO)


@pytest.fixture
def network() -> None:
    """Skip where packets to a group do not come back: nothing could be told apart there."""
    if not sys.platform.startswith("linux"):
        pytest.skip("the addresses of packets are read as Linux gives them")
    word = uuid.uuid4().hex
    try:
        with listener() as heard, socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
            sender.sendto(word.encode(), (GROUPS[1], QUERY_PORT))
            if any(hear(heard, word) for _ in range(5)):
                return
    except OSError:
        pass
    pytest.skip("no multicast on this machine")


def asked(process: subprocess.Popen[str], word: str) -> tuple[set[str], str]:
    """Return where a process sent queries with a word in it, and what it printed."""
    addresses: set[str] = set()
    with process, listener() as heard:
        while process.poll() is None:
            addresses.add(hear(heard, word))
        output = process.stdout.read() if process.stdout else ""
    return addresses - {""}, output


def a_session(folder: Path, name: str, more: str = "") -> Path:
    path = folder / "session.toml"
    path.write_text(
        f'{more}\n[decoder]\nname = "alpha"\n[source]\nkind = "lsl_stream"\nname = "{name}"\nresolve_timeout_s = 1.5\n',
        encoding="utf-8",
    )
    return path


def a_config(folder: Path, scope: str) -> Path:
    path = folder / "mine.cfg"
    path.write_text(f"[multicast]\nResolveScope = {scope}\n", encoding="utf-8")
    return path


@pytest.mark.usefixtures("network")
class TestQueries:
    @pytest.mark.parametrize("verb", ["daemon", "record", "calibrate"])
    def test_a_session_asks_this_machine_alone(self, tmp_path: Path, verb: str) -> None:
        name = uuid.uuid4().hex
        process = python(tmp_path, "-m", "bci_app", verb, str(a_session(tmp_path, name)))
        addresses, output = asked(process, name)
        assert addresses <= {LOOPBACK}
        assert process.returncode == 1
        assert "Only this machine was searched; to search further set [lsl] scope" in output
        assert "api_config.cpp" not in output

    def test_a_session_that_says_so_asks_the_network(self, tmp_path: Path) -> None:
        name = uuid.uuid4().hex
        session = a_session(tmp_path, name, '[lsl]\nscope = "link"\n')
        addresses, output = asked(python(tmp_path, "-m", "bci_app", "daemon", str(session)), name)
        assert addresses & {"224.0.0.1", "224.0.0.183"}
        assert "239.255.172.215" not in addresses
        assert "Searched was the network that this machine is plugged into" in output

    def test_the_engine_of_the_window_keeps_to_the_session(self, tmp_path: Path) -> None:
        for scope, wide in (("machine", False), ("site", True)):
            name = uuid.uuid4().hex
            values = {
                "source": {"kind": "lsl_stream", "name": name, "resolve_timeout_s": 1.5},
                "decoder": None,
                "lsl": {"scope": scope},
            }
            program = tmp_path / "window.py"
            program.write_text(
                "import time\nfrom bci_app.engine_process import EngineProcess\n"
                f"if __name__ == '__main__':\n    engine = EngineProcess({values!r})\n    engine.start()\n"
                "    while engine.is_alive():\n        engine.poll()\n        time.sleep(0.05)\n",
                encoding="utf-8",
            )
            addresses, output = asked(python(tmp_path, str(program)), name)
            assert ("239.255.172.215" in addresses) is wide, output
            assert wide or addresses <= {LOOPBACK}

    def test_a_file_of_the_person_wins(self, tmp_path: Path) -> None:
        name = uuid.uuid4().hex
        config = a_config(tmp_path, "link")
        session = a_session(tmp_path, name, '[lsl]\nscope = "machine"\n')
        addresses, output = asked(python(tmp_path, "-m", "bci_app", "daemon", str(session), config=config), name)
        assert addresses & {"224.0.0.1", "224.0.0.183"}
        assert f"ResolveScope = link in {config}" in output


OFFER = """
import sys, time, pylsl
from devices import lsl_scope
lsl_scope.apply("machine")
outlet = pylsl.StreamOutlet(pylsl.StreamInfo(sys.argv[1], "EEG", 1, 100.0, "float32", sys.argv[1]))
print("offered", flush=True)
time.sleep(60)
"""


def test_devices_finds_streams_of_this_machine_and_says_how_far_it_looked(tmp_path: Path) -> None:
    name = uuid.uuid4().hex
    with python(tmp_path, "-c", OFFER, name) as offer:
        assert offer.stdout is not None
        assert offer.stdout.readline() == "offered\n"
        code, output = run(tmp_path, "-m", "bci_app", "devices", "--timeout-s", "4")
        offer.kill()
    assert code == 0
    assert name in output
    assert "Only this machine was searched" in output
    code, output = run(tmp_path, "-m", "bci_app", "devices", "--scope", "everywhere")
    assert code == 1
    assert "--scope everywhere: known are machine, link, site" in output


def examined(folder: Path, config: Path | None) -> dict[str, dict[str, object]]:
    # What liblsl tells on standard error may come in the middle of a line.
    doctor = python(folder, "-m", "bci_app", "doctor", "--json", config=config, errors=subprocess.DEVNULL)
    output, _ = doctor.communicate(timeout=120)
    return {one["name"]: one for one in json.loads(output)}


@pytest.mark.slow
def test_doctor_names_library_scope_and_file(tmp_path: Path) -> None:
    config = a_config(tmp_path, "machine")
    for given, expected in ((None, "machine (this machine alone)"), (config, f"set in {config})")):
        found = examined(tmp_path, given)
        assert expected in str(found["LSL scope"]["text"])
        assert found["LSL scope"]["ok"]
        assert "liblsl" in Path(str(found["liblsl"]["text"]).split(", ")[1].split(":")[0]).name
        assert found["LSL loopback"]["ok"], found["LSL loopback"]
    absent = tmp_path / "absent.cfg"
    scope = examined(tmp_path, absent)["LSL scope"]
    assert not scope["ok"]
    assert f"LSLAPICFG = {absent}: there is no such file; in force: machine" in str(scope["text"])


def test_a_process_has_one_scope(tmp_path: Path) -> None:
    program = "from devices import lsl_scope as s; s.apply('machine'); s.apply('machine'); s.apply('link')"
    code, output = run(tmp_path, "-c", program)
    assert code == 1
    assert "this process goes by machine (this machine alone); start a new process" in output


def test_whoever_says_nothing_gets_this_machine(tmp_path: Path) -> None:
    program = (
        "from devices.sources.lsl_stream import list_streams; from devices.lsl_scope import in_force; "
        "list_streams(0.2); print(in_force())"
    )
    assert run(tmp_path, "-c", program) == (0, "machine (this machine alone)\n")


@pytest.mark.parametrize(
    ("text", "scope"),
    [
        ("[multicast]\nResolveScope = link\n", "link"),
        ("; mine = 1\n[lab]\nSessionID=x\n[multicast] \n\tResolveScope=organization \n", "organization"),
        ("[multicast]\nresolvescope = link\n", "site"),
        ("[lab]\nSessionID = x\n", "site"),
        ("", "site"),
    ],
)
def test_the_scope_of_a_file_is_read_as_liblsl_reads_it(tmp_path: Path, text: str, scope: str) -> None:
    file = tmp_path / "lsl_api.cfg"
    file.write_text(text, encoding="utf-8")
    assert scope_of(file) == scope


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[multicast]\nResolveScope = nonsense\n", "ResolveScope = nonsense: liblsl knows machine, link"),
        ("[multicast]\nResolveScope = link ; as agreed\n", "ResolveScope = link ; as agreed"),
        ("[multicast]\n# ResolveScope\n", "line 2"),
        ("[multicast]\nResolveScope =\n", "line 2"),
    ],
)
def test_a_file_that_liblsl_would_pass_over_ends_the_session(tmp_path: Path, text: str, words: str) -> None:
    config = tmp_path / "mine.cfg"
    config.write_text(text, encoding="utf-8")
    session = tmp_path / "session.toml"
    session.write_text('duration_s = 1.0\n[source]\nkind = "synthetic"\n', encoding="utf-8")
    code, output = run(tmp_path, "-m", "bci_app", "record", str(session), config=config)
    assert code == 1
    assert f"ConfigError: {config}: " in output
    assert words in output


def test_the_files_places_are_those_of_liblsl(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    home, here, named = (tmp_path / part for part in ("home/lsl_api/lsl_api.cfg", "here/lsl_api.cfg", "named.cfg"))
    (tmp_path / "here").mkdir()
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setenv("LSLAPICFG", str(named))
    monkeypatch.chdir(tmp_path / "here")
    for file in (home, here, named):
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text("", encoding="utf-8")
        assert users_file() == file


def test_the_library_tells_version_and_path() -> None:
    text = library_info()
    assert text.startswith("liblsl 1.")
    assert Path(text.split(", ")[1].split(":")[0]).is_file()
