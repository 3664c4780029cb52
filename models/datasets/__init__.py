"""Data sets, one plug-in a file: what it is, who was recorded, how to cite it, how to read it."""
