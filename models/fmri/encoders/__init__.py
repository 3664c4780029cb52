"""Plug-ins: one model from image features to responses each (:class:`models.fmri.encoder.Encoder`)."""
