"""Migrations written as SQL files: role names filled in from the installation's prefix."""
from __future__ import annotations

from importlib import import_module
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import migrations

from xieli.server.dbroles import role_sql


def sql_file(package: str, name: str, **kwargs: Any) -> migrations.RunSQL:
    """A migration step from ``<package>/sql/<name>``; it cannot be reversed (history is never unmade)."""
    folder = Path(str(import_module(package).__file__)).parent / "sql"
    return migrations.RunSQL(role_sql((folder / name).read_text(encoding="utf-8"), settings.ROLE_PREFIX), **kwargs)
