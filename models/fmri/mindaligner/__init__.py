"""MindAligner: one subject's voxels to another's by a linear map, learnt from different images (arXiv 2502.05034)."""
