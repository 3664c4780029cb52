"""What a person has chosen of the montage: names, bad channels, reference; to and from a session's stage tables."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

KINDS = ("rename", "mark_bad", "rereference")
REFERENCES = {
    "": ("as the device measures", 0),
    "average": ("average of all EEG channels", 0),
    "single": ("one electrode", 1),
    "linked": ("mean of two electrodes (linked)", 2),
    "laplacian": ("mean of the neighbours (Laplacian)", 0),
}
"""Mode of the stage ``rereference`` → what it is, and how many electrodes are to be named."""


@dataclass(frozen=True)
class MontageChoice:
    """Choices that become the session's ``[[montage]]``; other stages there are kept behind them.

    Parameters
    ----------
    names
        The source's name of a channel → its new one.
    bad
        New names of the channels marked as bad.
    interpolate
        Whether bad channels are replaced.
    mode, reference
        Mode of the stage ``rereference``, empty for none, and the electrodes it names.
    others
        Tables of other kinds, as they are.
    """

    names: Mapping[str, str] = field(default_factory=dict)
    bad: tuple[str, ...] = ()
    interpolate: bool = True
    mode: str = ""
    reference: tuple[str, ...] = ()
    others: tuple[Mapping[str, Any], ...] = ()

    @classmethod
    def of(cls, tables: Sequence[Mapping[str, Any]]) -> MontageChoice:
        """Read a session's tables."""
        choice = cls()
        for table in tables:
            match table.get("kind"):
                case "rename":
                    choice = replace(choice, names=dict(table.get("names", {})))
                case "mark_bad":
                    bad = tuple(table.get("channels", ()))
                    choice = replace(choice, bad=bad, interpolate=table.get("interpolate", True))
                case "rereference" if table.get("mode", "average") in REFERENCES:
                    named = tuple(table.get("channels", ()))
                    choice = replace(choice, mode=table.get("mode", "average"), reference=named)
                case _:
                    choice = replace(choice, others=(*choice.others, table))
        return choice

    def tables(self) -> tuple[dict[str, Any], ...]:
        """Return the tables: names first, bad channels next, so that they spoil no reference."""
        made: list[dict[str, Any]] = []
        names = {old: new for old, new in self.names.items() if new and new != old}
        if names:
            made.append({"kind": "rename", "names": names})
        if self.bad:
            made.append({"kind": "mark_bad", "channels": list(self.bad), "interpolate": self.interpolate})
        if self.mode and len(self.reference) == REFERENCES[self.mode][1]:
            named = {"channels": list(self.reference)} if self.reference else {}
            made.append({"kind": "rereference", "mode": self.mode, **named})
        return (*made, *(dict(table) for table in self.others))

    def name(self, channel: str) -> str:
        """Return what a channel of the source is called."""
        return self.names.get(channel) or channel

    def renamed(self, channel: str, name: str) -> MontageChoice:
        """Return the choice with another name for a channel of the source; it stays bad if it was."""
        before = self.name(channel)
        bad = tuple(name if one == before else one for one in self.bad)
        reference = tuple(name if one == before else one for one in self.reference)
        return replace(self, names={**self.names, channel: name}, bad=bad, reference=reference)

    def marked(self, name: str, *, bad: bool) -> MontageChoice:
        """Return the choice with a channel marked as bad, or not."""
        rest = tuple(one for one in self.bad if one != name)
        return replace(self, bad=(*rest, name) if bad else rest)
