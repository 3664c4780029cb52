"""Latent models, one plug-in a file: what puts populations of several animals into one space."""
