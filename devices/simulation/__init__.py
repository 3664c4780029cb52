"""The simulated participant: what is in the signal, and when."""
