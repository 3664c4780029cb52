"""What data sets are read with: their folders, the kinds of file, trials and splits; no plug-in of its own."""
