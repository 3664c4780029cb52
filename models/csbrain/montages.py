"""Which electrode belongs to which region, and in which order: the published montages, and one rule for all others.

The released code assigns electrodes by hand, differently from one data set to the next (FC is frontal in four of them
and central in three). The published lists serve reproduction alone; everything of our own follows
:func:`montage_of`. Order matters: electrodes next to each other in a region's list are neighbours to the region
tokenizer (a ring) and to the positional convolution.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from models.csbrain.published_montages import LISTS
from models.csbrain.tokenizers import N_REGIONS
from pipelines.channel_names import canonical_name
from pipelines.errors import ChannelMismatch, ConfigError

FRONTAL, PARIETAL, TEMPORAL, OCCIPITAL, CENTRAL = range(N_REGIONS)


@dataclass(frozen=True, slots=True)
class Montage:
    """Electrodes in the data set's own order, the region of each, and the permutation that sorts them by region."""

    names: tuple[str, ...]
    regions: tuple[int, ...]
    order: tuple[int, ...]


# Rows of the 10-10 system from front to back. P7 to P10 are the old T5 and T6 and their lower neighbours: temporal,
# as in the montage that the released weights were trained on.
_ROWS = ("N", "Fp", "AF", "F", "FT", "FC", "T", "C", "TP", "CP", "P", "PO", "O", "I")
_REGION_OF_ROW = {
    **dict.fromkeys(("N", "Fp", "AF", "F"), FRONTAL),
    **dict.fromkeys(("FC", "C", "CP"), CENTRAL),
    **dict.fromkeys(("FT", "T", "TP"), TEMPORAL),
    "P": PARIETAL,
    **dict.fromkeys(("PO", "O", "I"), OCCIPITAL),
}
_ELECTRODE = re.compile(r"^([A-Z][A-Za-z]?)(z|\d+)$")


def region_of(name: str) -> int:
    """Return the region of a 10-10 electrode by our own rule.

    Frontal: N, Fp, AF, F. Central: FC, C, CP. Temporal: FT, T, TP, and P7 to P10 (the old T5 and T6). Parietal: the
    other P. Occipital: PO, O, I. On the 19 electrodes of the released pre-training this is the published assignment.

    Raises
    ------
    ChannelMismatch
        If it is no electrode of the 10-10 system.
    """
    row, column = _place(name)
    lateral = column != "z" and int(column) >= 7
    return TEMPORAL if row == "P" and lateral else _REGION_OF_ROW[row]


def montage_of(names: Sequence[str]) -> Montage:
    """Sort electrodes by our own rule, whatever their spelling and order.

    Inside a region the way leads round the head: the left side from front to back, in each row from the ear to the
    midline; the midline from front to back; the right side as the mirror image, back to front. On the 19 electrodes
    of the released pre-training this is the published order.

    Raises
    ------
    ChannelMismatch
        If a name is no electrode of the 10-10 system.
    """
    regions = tuple(region_of(name) for name in names)
    order = sorted(range(len(names)), key=lambda i: (regions[i], _walk(names[i])))
    return Montage(tuple(names), regions, tuple(order))


def _walk(name: str) -> tuple[int, int, int]:
    row, column = _place(name)
    depth = _ROWS.index(row)
    if column == "z":
        return (1, depth, 0)
    number = int(column)
    return (0, depth, -number) if number % 2 else (2, -depth, number)


def _place(name: str) -> tuple[str, str]:
    match = _ELECTRODE.match(canonical_name(name))
    if match is None or match[1] not in _REGION_OF_ROW:
        raise ChannelMismatch(
            f"channel {name!r} is no electrode of the 10-10 system, so its region is unknown: "
            "leave it out with a select stage, or rename it"
        )
    return match[1], match[2]


def published(name: str) -> Montage:
    """Return a montage of the released code.

    Raises
    ------
    ConfigError
        If there is none of that name.
    """
    if name not in LISTS:
        raise ConfigError(f"montage {name!r}: there is no such published one; known are: {', '.join(LISTS)}")
    names_part, regions_part = LISTS[name].split("=")
    names = names_part.split()
    lists = [part.split() for part in regions_part.split("|")]
    region = {electrode: r for r, electrodes in enumerate(lists) for electrode in electrodes}
    order = [names.index(electrode) for electrodes in lists for electrode in electrodes]
    return Montage(tuple(names), tuple(region[n] for n in names), tuple(order))


def published_names() -> list[str]:
    """Return the names that :func:`published` knows."""
    return list(LISTS)
