"""Django on a test database, several rooms in one process: `use(database)` points the connection there, whoever set Django up first."""
from __future__ import annotations

import os

from tests.dbfixtures import TestDatabase


def use(database: TestDatabase, role: str = "web") -> None:
    """Set Django up on this database, or move the connection to it. Cheap when it is there already."""
    os.environ.update(database.environment(role))
    import django
    from django.apps import apps

    if not apps.ready:
        django.setup()
    from django.conf import settings
    from django.db import connections

    from xieli.server.settings import _database

    wanted = _database(database.dsn(role))
    connection = connections["default"]
    same = all(connection.settings_dict.get(k) == wanted[k] for k in ("NAME", "USER", "HOST", "PORT"))
    if not same:
        connection.close()
        connection.settings_dict.update(wanted)
        settings.DATABASES["default"].update(wanted)
    if "testserver" not in settings.ALLOWED_HOSTS:
        settings.ALLOWED_HOSTS = [*settings.ALLOWED_HOSTS, "testserver"]
