"""Multi-task training of UniMind: first by plain heads, which is cheap, then through the frozen language model."""
