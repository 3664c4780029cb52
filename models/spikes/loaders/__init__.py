"""Spike recordings, one plug-in a file: what layouts can be read."""
