"""Checks, projects, water and the grass roots: what their records say. No tables of its own; the records are matters, forms and facts."""
