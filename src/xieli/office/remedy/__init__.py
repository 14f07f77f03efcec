"""Remedy: what the records of rectification, campaigns and the second half of cases say. No tables of its own."""
