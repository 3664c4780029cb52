"""How decoders learn: always through the live signal stages."""
