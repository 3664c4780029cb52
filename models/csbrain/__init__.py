"""CSBrain: a cross-scale spatiotemporal foundation model of EEG (Zhou et al. 2025, NeurIPS, arXiv 2506.23075).

An own implementation that takes the released weights key for key. The released code's traits that the weights depend
on are kept: tokenizers shared by all layers, the re-reading of (patches, features) as (features, patches), the union
mask between regions. Patches are 1 s at 200 Hz in units of 100 µV.
"""

from models.csbrain.network import CSBrain

__all__ = ["CSBrain"]
