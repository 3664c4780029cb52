"""A new subject from few trials: the source's networks, read out anew, then fine-tuned as far as published."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from models.fmri.synbrain.generator import SynBrain
from models.fmri.synbrain.pairs import Pairs
from models.fmri.synbrain.training import Learning, Learnt, Rows, Teacher
from models.fmri.synbrain.vae import LEAST_OWN
from models.ridge_map import ridge_map
from models.training.task import Progress


def adapt(
    source: SynBrain,
    pairs: Pairs,
    parcels: Sequence[int],
    train: Rows,
    validation: Rows,
    learning: Learning,
    seed: int = 0,
    folder: Path | None = None,
    progress: Progress | None = None,
) -> tuple[SynBrain, Learnt]:
    """Return a model of a new subject.

    All of BrainVAE follows the new trials, of the mapper only the MLPs (section 2.3 of the method). Where there is a
    linear path, its readout begins with ridge regression of the new voxels on the latents that the source's mapper
    gives for the new subject's images: no voxel of one subject need lie where another's does. The closed form beside
    the networks is learnt anew, its weights drawn towards the source's covariance across features as far as the
    evidence likes.

    Parameters
    ----------
    source
        A trained model; it is not changed.
    pairs, parcels
        The new subject's trials, and the parcel of each of its voxels.
    train, validation
        Rows that teach and that choose.

    Raises
    ------
    ConfigError
        If the new subject has more parcels than the network has positions.
    ModelError
        If the image tokens have another shape than the source's.
    Stopped
        If the progress asks for it.
    """
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        model = SynBrain.of_architecture({**source.architecture, "parcels": list(map(int, parcels))})
        _take_over(source, model)
        teacher = Teacher(model, pairs, train, validation, learning, seed, folder, progress)
        _read_anew(model, pairs, torch.from_numpy(np.array(train, dtype=np.int64)))
        way = teacher.learn_mean_path(None if source.mean_path is None else source.mean_path.features)
        vae = teacher.learn_vae(list(model.vae.parameters()))
        mapper = teacher.learn_mapper(model.mapper.mlp_parameters())
        teacher.weigh_mean_path(way)
    return model, teacher.learnt(vae, mapper)


def _take_over(source: SynBrain, model: SynBrain) -> None:
    """Copy all weights but those that belong to the source's voxels."""
    own = model.state_dict()
    voxel = (
        "vae.scale.",
        "vae.noise.",
        "vae.stem.inward.",
        "vae.stem.outward.",
        "vae.linear.inward.",
        "vae.linear.outward.",
        "mean_path.",
    )
    kept = {name: tensor for name, tensor in source.state_dict().items() if not name.startswith(voxel)}
    model.load_state_dict({**own, **kept})


@torch.no_grad()
def _read_anew(model: SynBrain, pairs: Pairs, train: Tensor) -> None:
    vae = model.vae
    vae.scale.set(pairs.voxels[train])
    if vae.linear is None:
        return
    deviations = vae.scale.inward(pairs.voxels[train])
    latents = torch.cat([model.mapper(pairs.tokens_of(part)) for part in torch.split(train, 256)]).flatten(1)
    found, _ = ridge_map(latents.double().numpy(), deviations.double().numpy())
    loading = torch.from_numpy(found.matrix.T).float()
    left = deviations - latents @ loading.T
    vae.linear.read(loading, left.square().mean(dim=0).clamp_min(LEAST_OWN))
    vae.noise.set_beyond(left, torch.ones(left.shape[1]), error=0.0)
