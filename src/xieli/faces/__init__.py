"""Screens, API and command line: no rules live here."""
