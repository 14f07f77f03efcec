"""Queries: one question each."""
