"""Each session reduced linearly by itself, then brought into the space of the first one by what is known of it.

``rule`` says by what: ``none``; ``procrustes`` or ``canonical`` on averages of matched conditions, which needs labels
of the unseen session; ``distribution`` and ``mixture``, without labels; ``loadings`` of units that stayed, for days of
one animal.
"""

from __future__ import annotations

from pydantic import Field

from models.spikes.baselines.reduced_model import ReducedModel, Rule
from models.spikes.baselines.reduction import How
from pipelines.plugins import PluginSettings


class Settings(PluginSettings):
    """How it is reduced and matched."""

    rule: Rule = Field("none", description="How an unseen session is matched; see the module.")
    how: How = Field("pca", description="pca, or fa for factor analysis.")
    n_latents: int = Field(
        4, ge=0, description="Latents; the rule distribution wants 2 or 3. 0, for the rule mixture: found by halves."
    )
    sigma_bins: float = Field(2.0, ge=0, description="Deviation of the Gaussian along time (bins); 0: none.")


def build(settings: Settings) -> ReducedModel:
    """Make the model; nothing is learned yet."""
    return ReducedModel(settings.rule, settings.n_latents, settings.sigma_bins, settings.how)
