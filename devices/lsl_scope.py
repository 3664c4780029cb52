"""How far liblsl looks for streams, and offers its own: the one place where it is configured.

LSL is neither encrypted nor authenticated: whoever can reach the network can offer a stream of any name, and read
ours. So only this machine is in scope unless a person says otherwise, in the session (``[lsl] scope``), on the command
line, or in an ``lsl_api.cfg``, which wins because it is liblsl's own way. liblsl takes its configuration once, when a
process first opens, offers or looks for a stream.
"""

from __future__ import annotations

import logging
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import pylsl

from pipelines.errors import ConfigError

log = logging.getLogger(__name__)

Scope = Literal["machine", "link", "site", "organization", "global"]
MEANINGS: dict[str, str] = {
    "machine": "this machine alone",
    "link": "the network that this machine is plugged into",
    "site": "the site's networks",
    "organization": "the organization's networks",
    "global": "every network that routers reach",
}
DEFAULT: Scope = "machine"
LIBRARY_DEFAULT = "site"
FILE_VARIABLE = "LSLAPICFG"
USUAL_PLACES = ("lsl_api.cfg", "~/lsl_api/lsl_api.cfg", "/etc/lsl_api/lsl_api.cfg")
"""Where liblsl looks, in this order, after the file that the environment names."""
PORT_RANGE = 256
"""Within one machine, streams are found by asking every port of the range; of liblsl's 32, resolvers take some too."""


@dataclass(frozen=True, slots=True)
class ScopeInForce:
    """What liblsl goes by in this process.

    Parameters
    ----------
    scope
        Its name, as in ``[multicast] ResolveScope``.
    file
        The person's ``lsl_api.cfg`` that says so; None: the session's setting.
    """

    scope: str
    file: Path | None = None

    def __str__(self) -> str:
        where = f", set in {self.file}" if self.file else ""
        return f"{self.scope} ({MEANINGS[self.scope]}{where})"

    def searched(self) -> str:
        """Say how far was looked, and how to look further."""
        far = "Only this machine was searched" if self.scope == "machine" else f"Searched was {MEANINGS[self.scope]}"
        if self.file:
            return f"{far}: ResolveScope = {self.scope} in {self.file}; write link or site there to search further."
        return (
            f'{far}; to search further set [lsl] scope = "link" ({MEANINGS["link"]}) or "site" in the session, or '
            "--scope for devices."
        )


_in_force: ScopeInForce | None = None


def apply(scope: Scope) -> ScopeInForce:
    """Set the scope of this process, before it first uses a stream; return what is in force.

    Raises
    ------
    ConfigError
        If the process already goes by another scope, or the person's file is damaged.
    """
    global _in_force
    file = users_file()
    wanted = ScopeInForce(scope) if file is None else ScopeInForce(scope_of(file), file)
    if _in_force is not None:
        if wanted != _in_force:
            raise ConfigError(
                f"[lsl] scope = {scope!r}: liblsl takes its scope once, and this process goes by {_in_force}; start a "
                "new process"
            )
        return _in_force
    if file is None:
        wanted = _configure(scope)
    _in_force = wanted
    return wanted


def in_force() -> ScopeInForce:
    """Return the scope that was applied; whoever uses streams without saying how far gets this machine alone."""
    return _in_force or apply(DEFAULT)


def users_file() -> Path | None:
    """Return the ``lsl_api.cfg`` that liblsl would read; None where there is none."""
    named = os.environ.get(FILE_VARIABLE)
    for place in ((named,) if named else ()) + USUAL_PLACES:
        file = Path(place).expanduser()
        if file.is_file() and os.access(file, os.R_OK):
            return file.absolute()
        if place == named:
            log.warning("%s = %s: there is no such file to read; it is passed over", FILE_VARIABLE, named)
    return None


def scope_of(file: Path) -> str:
    """Return ``ResolveScope`` of a configuration file, read by liblsl's rules: a comment is a line that begins with ;.

    Raises
    ------
    ConfigError
        If liblsl would pass over the file for a fault in it, and reach further than the file says.
    """
    section, scope = "", LIBRARY_DEFAULT
    for number, line in enumerate(file.read_text(encoding="utf-8", errors="replace").splitlines(), start=1):
        key, equals, value = (part.strip() for part in line.partition("="))
        if line.startswith(";") or not line.strip():
            continue
        if line.startswith("[") and "]" in line:
            section = line[1 : line.index("]")]
        elif not (equals and key and value):
            raise ConfigError(f"{file}: line {number}: liblsl reads 'key = value', '[section]' and '; comment' only")
        elif (section, key) == ("multicast", "ResolveScope"):
            scope = value
    if scope not in MEANINGS:
        raise ConfigError(f"{file}: [multicast] ResolveScope = {scope}: liblsl knows {', '.join(MEANINGS)}")
    return scope


def library_info() -> str:
    """Return which liblsl is loaded, from where, and how it describes itself (a secured build names its security)."""
    version = pylsl.library_version()
    return f"liblsl {version // 100}.{version % 100:02d}, {pylsl.lib.lib._name}: {pylsl.library_info()}"


def _configure(scope: Scope) -> ScopeInForce:
    text = f"[ports]\nPortRange = {PORT_RANGE}\n[multicast]\nResolveScope = {scope}\n[log]\nlevel = -1\n"
    try:
        pylsl.set_config_content(text)
    except NotImplementedError:
        log.warning(
            "this liblsl (%s) cannot be given a scope and takes %s: write ResolveScope = %s into an lsl_api.cfg",
            library_info(), LIBRARY_DEFAULT, scope,
        )  # fmt: skip
        return ScopeInForce(LIBRARY_DEFAULT)
    return ScopeInForce(scope)
