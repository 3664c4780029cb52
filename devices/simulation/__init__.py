"""A simulated participant: what the synthetic source plays. Every part is deterministic from a seed."""
