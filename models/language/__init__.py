"""Causal language models that score a closed set of answers: here, without a network; nothing is downloaded."""
