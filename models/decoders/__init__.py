"""Live decoders, one plug-in a file. The file name is the kind written in the session file."""
