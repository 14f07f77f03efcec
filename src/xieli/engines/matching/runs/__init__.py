"""Runs: granted columns only, a fresh database, a locked process, hits with evidence, every step on record."""
