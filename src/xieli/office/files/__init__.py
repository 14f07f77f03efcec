"""Stored files: content-addressed per matter, with a custody log, verdicts, and what relies on each exhibit."""
