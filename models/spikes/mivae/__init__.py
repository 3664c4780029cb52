"""miVAE: identifiable VAE with shared and private blocks of two modalities (arXiv 2412.14536, AAAI 2025)."""
