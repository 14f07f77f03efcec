"""Figures: live ones under the reader's own policies, released ones computed by a role of their own and frozen."""
