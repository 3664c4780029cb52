"""Plug-ins: one image embedder each (:class:`models.fmri.embedder.ImageEmbedder`)."""
