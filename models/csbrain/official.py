"""Released CSBrain weights as a checkpoint folder of ours: an encoder to be fine-tuned, not yet a decoder."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

from models.checkpoints import Card, Training, save, spec_table
from models.csbrain.classifier import Architecture
from models.csbrain.montages import published
from models.csbrain.network import CSBrain
from models.csbrain.weights import read_official
from models.decoder import DecoderSpec

PAPER = "CSBrain, arXiv 2506.23075 (NeurIPS 2025); code github.com/yuchen2199/CSBrain, commit 185aee5"
WINDOW_S, RATE_HZ = 30.0, 200.0
DEFECT = (
    "Trained with the defect of the released code (quirk 7): the targets of masked patches were taken in another "
    "channel order than the answers, so only 4 of 19 electrodes were compared with themselves"
)
NO_CLASSES = "CSBrain encoder with released weights: it has no classes and decides nothing before it is fine-tuned"


@dataclass(frozen=True, slots=True)
class Imported:
    """What was read and where it is now."""

    folder: Path
    n_tensors: int
    n_values: int
    sha256: str
    """Of the file that was read."""


def import_official(file: Path, out: Path) -> Imported:
    """Check released weights key by key and write them as a checkpoint.

    Parameters
    ----------
    file
        ``torch.save`` of a state_dict (read without running code) or safetensors, with or without ``module.``.
    out
        Folder of the checkpoint.

    Raises
    ------
    CheckpointInvalid
        If the file is missing or damaged, or a key is missing, unexpected, of another shape or not finite; names them.
    OSError
        If the folder cannot be written.
    """
    tensors = read_official(file)
    montage = published("pretraining")
    architecture = Architecture(regions=montage.regions, order=montage.order)
    # Copying them into the network is the check: it names every key that does not fit.
    CSBrain(montage.regions, montage.order).load_official_state_dict(tensors)
    digest = hashlib.sha256(file.read_bytes()).hexdigest()
    spec = DecoderSpec(
        model_id="csbrain-official",
        classes=(),
        window_s=WINDOW_S,
        rate_hz=RATE_HZ,
        channels=montage.names,
        summary=NO_CLASSES,
    )
    card = Card(
        kind="csbrain",
        spec=spec_table(spec),
        architecture=architecture.model_dump(mode="json"),
        training=Training(
            dataset=f"TUEG, as published: {PAPER}",
            files={file.name: digest},
            commands=("bci-app train import-csbrain FILE OUT",),
        ),
        summary=f"{NO_CLASSES}. Origin: {PAPER}. {DEFECT}. Weights fit any montage. Research, not medical.",
    )
    folder = save(out, card, tensors)
    return Imported(folder, len(tensors), sum(t.numel() for t in tensors.values()), digest)
