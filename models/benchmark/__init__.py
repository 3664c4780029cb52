"""How good decoders are, measured on whole data sets."""
