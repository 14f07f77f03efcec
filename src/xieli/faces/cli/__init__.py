"""The `xieli` command line."""
