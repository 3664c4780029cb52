"""Checkpoints: a folder with ``weights.safetensors`` and ``card.json``. Nothing is ever unpickled.

The card says what the weights are: which decoder plug-in reads them, what signal it needs, how it was trained and how
good it is. Torch is not imported here, so that a decoder of plain NumPy starts at once.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Any

from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, TypeAdapter, field_validator

from models.checkpoint_files import CARD as CARD  # others know them by this module
from models.checkpoint_files import WEIGHTS as WEIGHTS
from models.checkpoint_files import read_as, read_tensors, write
from models.decoder import Decoder, DecoderSpec
from pipelines import plugins
from pipelines.errors import CheckpointInvalid, ConfigError

FORMAT_VERSION = 2
"""Raised when an older program could no longer read what this one writes. 2: trust, electrodes, stand-ins."""
MONTAGES = "montages"
"""Folder in a checkpoint's folder with one checkpoint for each smaller set of electrodes."""
TRUST_PREFIX = "trust."
"""Begins the names of tensors that belong to the card's ``trust``, not to the decoder's weights."""
SHIPPED = Path(__file__).parent / "shipped"
"""Folder of the checkpoints that come with the program."""

_SPEC_FIELDS = tuple(f.name for f in fields(DecoderSpec))
_SPEC_TYPE = TypeAdapter(DecoderSpec)


class Training(BaseModel):
    """What the weights were learned from, so that they can be learned again."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    dataset: str = ""
    subjects: tuple[str, ...] = ()
    """Training subjects; nobody else's data were seen."""
    files: dict[str, str] = {}
    """SHA-256 of every file read, by file name."""
    commands: tuple[str, ...] = ()
    seed: int = 0
    stand_ins: dict[str, str] = {}
    """Electrodes of the data set that stood for others in training, by the name of the electrode they stood for."""
    reference: tuple[str, ...] = ()
    """Electrodes whose mean was subtracted before, to stand for a device's own reference; empty: as recorded."""


class Card(BaseModel):
    """What a checkpoint is: enough to use it, to judge it and to train it again."""

    model_config = ConfigDict(frozen=True, extra="forbid", ser_json_inf_nan="constants")

    format_version: int = FORMAT_VERSION
    kind: str
    """Decoder plug-in that reads the weights."""
    spec: dict[str, Any]
    """Fields of :class:`DecoderSpec`, the pipeline's stage tables among them; a DecoderSpec is taken as well."""
    settings: dict[str, Any] = {}
    """Settings of the plug-in that belong to these weights; :func:`load_decoder` applies them."""
    architecture: dict[str, Any] = {}
    """Sizes and switches the weights need and nobody may choose (layers, montage …)."""
    calibration: dict[str, Any] = {}
    """Probability calibration and threshold, fitted on held-out training subjects."""
    trust: dict[str, Any] = {}
    """Prediction sets, risk against coverage, familiar signals; see :class:`models.trust.Trust`. Empty: not known."""
    electrodes: tuple[str, ...] = ()
    """Electrodes a device must have, where the pipeline interpolates the others; empty: those of the spec."""
    training: Training = Training()
    metrics: dict[str, Any] = {}
    """How good it is, with the baselines beside it."""
    summary: str = ""
    code_version: str = ""
    """Set by :func:`save` where empty, as is ``created``."""
    created: str = ""
    weights_sha256: str = ""
    """Set by :func:`save`."""

    @field_validator("spec", mode="before")
    @classmethod
    def _check_spec(cls, value: object) -> object:
        table = spec_table(value) if isinstance(value, DecoderSpec) else value
        if isinstance(table, Mapping):
            unknown = sorted(set(map(str, table)) - set(_SPEC_FIELDS))
            if unknown:
                raise ValueError(f"unknown keys: {', '.join(unknown)}")
            _SPEC_TYPE.validate_python(table)
        return table

    def decoder_spec(self) -> DecoderSpec:
        """Return the spec as the live path needs it."""
        return _SPEC_TYPE.validate_python(self.spec)


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """A checkpoint in memory: card, the decoder's tensors by name, the folder it came from, and tensors of trust."""

    card: Card
    tensors: dict[str, NDArray[Any]]
    folder: Path
    trust: dict[str, NDArray[Any]] = field(default_factory=dict)

    def tensor(self, name: str, shape: tuple[int | None, ...]) -> NDArray[Any]:
        """Return one tensor of a given shape; None stands for any length.

        Raises
        ------
        CheckpointInvalid
            If it is missing or shaped otherwise.
        """
        if name not in self.tensors:
            raise CheckpointInvalid(f"{self.folder / WEIGHTS}: tensor {name!r} is missing")
        found = self.tensors[name]
        if found.ndim != len(shape) or any(n is not None and n != m for n, m in zip(shape, found.shape, strict=True)):
            wanted = tuple("any" if n is None else n for n in shape)
            raise CheckpointInvalid(
                f"{self.folder / WEIGHTS}: tensor {name!r} has shape {found.shape}, not {wanted}; get the folder again"
            )
        return found


def spec_table(spec: DecoderSpec) -> dict[str, Any]:
    """Return a spec as the table that goes into the card."""
    table: dict[str, Any] = json.loads(json.dumps(asdict(spec), allow_nan=False))
    return table


def save(folder: str | Path, card: Card, tensors: Mapping[str, Any]) -> Path:
    """Write a checkpoint; return its folder.

    Both files are complete on the disk before they take their names. A kill between the two renames leaves weights
    that the card's hash does not fit, which :func:`load` refuses.

    Parameters
    ----------
    folder
        Made if absent; a checkpoint in it is replaced.
    card
        Its hash, version and date are filled in.
    tensors
        NumPy arrays or torch tensors, by name.

    Raises
    ------
    CheckpointInvalid
        If a value is not finite or the card is not JSON-able.
    OSError
        If the folder cannot be written.
    """
    return write(Path(folder), card, tensors)


def read_card(folder: str | Path) -> Card:
    """Read and check the card alone, without the weights.

    Raises
    ------
    CheckpointInvalid
        If it is missing, damaged, newer than this program, or made for a decoder that is not installed.
    """
    path = Path(folder) / CARD
    card = read_as(Card, path, FORMAT_VERSION)
    kinds = plugins.names("decoders")
    if card.kind not in kinds:
        raise CheckpointInvalid(f"{path}: kind = {card.kind!r}: no such decoder is installed ({', '.join(kinds)})")
    return card


def load(folder: str | Path) -> Checkpoint:
    """Read and check a checkpoint.

    Raises
    ------
    CheckpointInvalid
        If anything is missing, damaged, not what the card says, or newer than this program.
    """
    where = Path(folder)
    card = read_card(where)
    tensors = read_tensors(where / WEIGHTS, card.weights_sha256)
    weights_of = {name: tensor for name, tensor in tensors.items() if not name.startswith(TRUST_PREFIX)}
    trust = {name.removeprefix(TRUST_PREFIX): tensors[name] for name in tensors.keys() - weights_of.keys()}
    return Checkpoint(card, weights_of, where, trust)


def shipped() -> list[str]:
    """Return the names of the decoders that come with the program."""
    return sorted(path.parent.name for path in SHIPPED.glob(f"*/{CARD}"))


def find(name_or_path: str | Path) -> Path:
    """Return the folder of a shipped checkpoint or of a path.

    Raises
    ------
    CheckpointInvalid
        If it is neither.
    """
    if str(name_or_path) in shipped():
        return SHIPPED / name_or_path
    folder = Path(name_or_path).expanduser()
    if folder.is_dir():
        return folder
    raise CheckpointInvalid(
        f"{str(name_or_path)!r} is neither a folder nor a shipped decoder ({', '.join(shipped()) or 'none'})"
    )


def load_decoder(name: str, **settings: Any) -> Decoder:
    """Make a decoder.

    Parameters
    ----------
    name
        A shipped checkpoint, a checkpoint folder, or the kind of a decoder that needs no training.
    settings
        Settings of the plug-in, and those of trust where the card has it; they win over those in the card.

    Raises
    ------
    ConfigError
        If there is no such decoder or a setting is wrong.
    CheckpointInvalid
        If the checkpoint is damaged.
    """
    kinds = plugins.names("decoders")
    if name in shipped() or Path(name).expanduser().is_dir():
        # It imports this module.
        from models.checkpoint_decoder import decoder_of

        return decoder_of(find(name), settings)
    if name not in kinds:
        raise ConfigError(
            f"decoder {name!r}: neither a shipped one ({', '.join(shipped()) or 'none'}), nor a folder, "
            f"nor a kind ({', '.join(kinds)})"
        )
    decoder: Decoder = plugins.make("decoders", {**settings, "kind": name}, "[decoder]")
    return decoder
