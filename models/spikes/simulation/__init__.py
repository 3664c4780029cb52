"""Populations whose latents are known: reaching, seeing, and latents of segments."""
