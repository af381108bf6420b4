"""The command line: one file a command, each a thin cover over a plain function."""
