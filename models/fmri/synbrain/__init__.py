"""SynBrain: a distribution over single-trial responses for every image (arXiv 2508.10298, NeurIPS 2025)."""
