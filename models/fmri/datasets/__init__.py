"""Plug-ins: one fMRI data set each (:class:`models.fmri.dataset.FmriDataSet`)."""
