"""Baselines: reductions matched in simple ways, networks without matching, VAEs of segments."""
