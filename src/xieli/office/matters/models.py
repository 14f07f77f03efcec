"""The tables of a matter. Identity is random and for life; a matter is counted once however many bodies hold it."""
from __future__ import annotations

from xieli.office.matters.tables.core import Matter, MatterBody, MatterLink, MatterSubject, MatterWork

__all__ = ["Matter", "MatterBody", "MatterLink", "MatterSubject", "MatterWork"]
