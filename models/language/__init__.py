"""Causal language models that score a closed set of answers. They run here, without a network; nothing is downloaded."""
