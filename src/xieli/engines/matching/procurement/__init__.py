"""Eleven procurement flags over OCDS releases, after the published definitions of OCDS Cardinal (docs/cli/indicators/R).

Definitions only: https://github.com/open-contracting/cardinal-rs at b04158ab. Where a definition and its own
demonstration disagree (R038) the demonstration is followed; see docs/decisions/match-procurement-flags.
"""
from .flags import ALL, Settings, compute, read_settings

__all__ = ["ALL", "Settings", "compute", "read_settings"]
