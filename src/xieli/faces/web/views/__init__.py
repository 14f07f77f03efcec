"""Views by room; none holds a rule."""
