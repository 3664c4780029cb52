"""BCIC 2020-3 as published: structs, the test as HDF5 with its labels in an Excel file."""

from __future__ import annotations

from pathlib import Path
from zipfile import ZipFile

import h5py
import numpy as np
from scipy.io import savemat

from models.dataset import Key
from models.datasets.bcic2020_3 import ANSWERS, CHANNELS, CLASSES
from tests.contract.dataset_folders.signals import noise_uv

N_SAMPLES = 795
TIMES_MS = np.round(np.arange(N_SAMPLES) * 1000 / 256 - 500)
MARKS = np.array([3, 1, 5])
SHEET = (
    '<?xml version="1.0"?><worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main">'
    '<sheetData><row r="3"><c r="C3" t="s"><v>4</v></c></row>{}</sheetData></worksheet>'
)


def epochs(n: int) -> np.ndarray:
    """(n_samples, n_channels, n)."""
    return noise_uv(N_SAMPLES * n, 64).reshape(n, N_SAMPLES, 64).transpose(1, 2, 0)


def write_hdf5(path: Path, x: np.ndarray) -> None:
    """Write as MATLAB does: axes reversed, texts behind references."""
    with h5py.File(path, "w", userblock_size=512) as file:
        epo = file.create_group("epo_test")
        epo.attrs["MATLAB_class"] = np.bytes_("struct")
        for name, values in (("x", x), ("y", np.zeros((5, x.shape[2]))), ("t", TIMES_MS[None]), ("fs", [[256.0]])):
            epo[name] = np.asarray(values).T
            epo[name].attrs["MATLAB_class"] = np.bytes_("double")
        references = []
        for number, name in enumerate(CHANNELS):
            text = file.create_dataset(f"#refs#/{number}", data=np.array([[ord(c)] for c in name], np.uint16))
            text.attrs["MATLAB_class"] = np.bytes_("char")
            references.append([text.ref])
        epo["clab"] = np.array(references, h5py.ref_dtype)
        epo["clab"].attrs["MATLAB_class"] = np.bytes_("cell")
    with path.open("r+b") as block:
        block.write(b"MATLAB 7.3 MAT-file".ljust(124) + b"\x00\x02IM")


def write_answers(path: Path, columns: dict[str, list[int]]) -> None:
    rows = "".join(
        f'<row r="{row}">'
        + "".join(f'<c r="{c}{row}"><v>{codes[row - 4]}</v></c>' for c, codes in columns.items())
        + "</row>"
        for row in range(4, 54)
    )
    with ZipFile(path, "w") as archive:
        archive.writestr("xl/worksheets/sheet1.xml", SHEET.format(rows))


def make(folder: Path) -> dict[Key, list[str | float]]:
    for home in ("Training set", "Validation set", "Test set"):
        (folder / home).mkdir()
    one_hot = (np.arange(1, 6)[:, None] == MARKS).astype(np.uint8)
    epo = {"clab": np.array([CHANNELS], object), "fs": 256.0, "x": epochs(3), "y": one_hot, "t": TIMES_MS[None]}
    for subject in ("01", "14"):
        savemat(folder / f"Training set/Data_Sample{subject}.mat", {"epo_train": epo, "mnt": {"x": 0.0}})
    savemat(folder / "Validation set/Data_Sample01.mat", {"epo_validation": epo, "mnt": {"x": 0.0}})
    codes = {"C": [1 + row % 5 for row in range(50)], "AC": [5 - row % 5 for row in range(50)]}
    write_answers(folder / "Test set" / ANSWERS, codes)
    for subject in ("01", "14"):
        write_hdf5(folder / f"Test set/Data_Sample{subject}.mat", epochs(50))
    said: list[str | float] = ["stop", "hello", "yes"]
    return {
        Key("01", run="train"): said,
        Key("14", run="train"): said,
        Key("01", run="validation"): said,
        Key("01", run="test"): [CLASSES[code - 1] for code in codes["C"]],
        Key("14", run="test"): [CLASSES[code - 1] for code in codes["AC"]],
    }
