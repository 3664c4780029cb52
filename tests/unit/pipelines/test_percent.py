"""A share is written in one way, and nowhere in another."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from pipelines.percent import percent

ROOT = Path(__file__).parents[3]


@pytest.mark.parametrize(("share", "digits", "text"), [(0.3, 0, "30 %"), (1, 0, "100 %"), (0.0123, 1, "1.2 %")])
def test_with_a_space_before_the_sign(share: float, digits: int, text: str) -> None:
    assert percent(share, digits) == text


@pytest.mark.parametrize("package", ["bci_app", "devices", "models", "pipelines", "ui"])
def test_nobody_writes_it_otherwise(package: str) -> None:
    for file in (ROOT / package).rglob("*.py"):
        assert not re.search(r":\.?\d*%\}", file.read_text(encoding="utf-8")), file
