"""Registers taken out in bulk: asked for by a person, written by the worker with his authority, kept for him alone and not for long."""
