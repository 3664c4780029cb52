"""What decides, and how it learnt: decoders, checkpoints, training. The only home of torch."""
