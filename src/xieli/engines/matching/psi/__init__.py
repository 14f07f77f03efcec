"""Matching without pooling: two owners learn which of a short approved list both hold, and nothing else of rows."""
