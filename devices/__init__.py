"""Where samples come from: headsets, LSL streams, recordings, the simulated participant."""
