"""Numbers in the first sheet of an Excel file, read from the XML inside; formulas count as what was last computed."""

from __future__ import annotations

import re
from pathlib import Path
from xml.etree import ElementTree as ET
from zipfile import BadZipFile, ZipFile

from pipelines.errors import RecordingError

_SHEET = "xl/worksheets/sheet1.xml"
_SPACE = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"


def sheet_numbers(path: Path) -> dict[tuple[str, int], float]:
    """Return the cells that hold a number, by column (``"C"``) and row (from 1).

    Raises
    ------
    RecordingError
        If the file is absent or damaged.
    """
    numbers = {}
    try:
        with ZipFile(path) as archive:
            # Expat opens no outside entities and refuses those that explode.
            sheet = ET.fromstring(archive.read(_SHEET))  # noqa: S314
        for cell in sheet.iter(f"{_SPACE}c"):
            place = re.fullmatch(r"([A-Z]+)(\d+)", cell.get("r", ""))
            value = cell.findtext(f"{_SPACE}v")
            if place and value and cell.get("t", "n") == "n":  # other types are text, or point to it
                numbers[place[1], int(place[2])] = float(value)
    except (OSError, ValueError, KeyError, BadZipFile, ET.ParseError) as exc:
        raise RecordingError(f"{path}: cannot be read as an Excel file: {exc}") from exc
    return numbers
