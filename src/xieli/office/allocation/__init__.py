"""Whose matter, whose people: readiness, loads, the ranking of bodies for a designation."""
