"""Sleep stages of 30 s, in the five classes of the AASM manual."""

from __future__ import annotations

from collections.abc import Mapping

STAGES = ("W", "N1", "N2", "N3", "R")
EPOCH_S = 30.0
RECHTSCHAFFEN_KALES: Mapping[str, str] = {"W": "W", "1": "N1", "2": "N2", "3": "N3", "4": "N3", "R": "R"}
"""Stages of Rechtschaffen & Kales 1968: 3 and 4 are one stage today."""
