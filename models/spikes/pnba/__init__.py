"""PNBA: probabilistic neural-behavioural alignment (arXiv 2505.04331, ICML 2025)."""
