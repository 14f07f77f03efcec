"""`/healthz`: the process answers. `/readyz`: it can do its work (database, migrations, sealer, sweeper).

Both are open to everyone who reaches the port, so they tell states and seconds, never contents, names or addresses.
"""
from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.db import DatabaseError, connection, transaction
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.cache import never_cache

# Seconds after which an unsealed or unswept record means that its process does not run: both work every few seconds.
LONGEST_LAG = {"sealer": 60.0, "sweeper": 60.0}
LAG_FUNCTIONS = {"sealer": "audit.sealer_lag()", "sweeper": "access.sweeper_lag()"}

_migrated = False


@never_cache
def healthz(request: HttpRequest) -> HttpResponse:
    """Up: this process answers. Asks nothing of the database."""
    return HttpResponse("ok\n", content_type="text/plain; charset=utf-8")


@never_cache
def readyz(request: HttpRequest) -> JsonResponse:
    """Ready, or which check fails and how far behind it is; 200 or 503."""
    checks = readiness()
    ready = all(check["ok"] for check in checks.values())
    return JsonResponse({"ready": ready, "checks": checks}, status=200 if ready else 503)


def readiness() -> dict[str, dict[str, Any]]:
    """Each check by name with `ok` and, for lags, `seconds` and `longest`."""
    try:
        with connection.cursor() as cursor:
            cursor.execute("select 1")
    except DatabaseError:
        return {"database": {"ok": False}}
    checks: dict[str, dict[str, Any]] = {"database": {"ok": True}, "migrations": migrations()}
    if checks["migrations"]["ok"]:
        checks |= {name: lag(name) for name in LAG_FUNCTIONS if is_there(LAG_FUNCTIONS[name])}
    return checks


def migrations() -> dict[str, Any]:
    """Whether every migration of this code is applied. Once true it stays true for the life of the process."""
    global _migrated
    if not _migrated:
        try:
            executor = MigrationExecutor(connection)
            pending = len(executor.migration_plan(executor.loader.graph.leaf_nodes()))
        except DatabaseError:
            return {"ok": False}
        if pending:
            return {"ok": False, "pending": pending}
        _migrated = True
    return {"ok": True}


def is_there(function: str) -> bool:
    with connection.cursor() as cursor:
        cursor.execute("select to_regprocedure(%s) is not null", [function])
        return bool(cursor.fetchone()[0])


def lag(name: str) -> dict[str, Any]:
    """How far behind the sealer or the sweeper is. Nothing waiting (NULL) is no lag."""
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(f"select {LAG_FUNCTIONS[name]}")
            value = cursor.fetchone()[0]
    except DatabaseError:
        return {"ok": False}
    seconds = value.total_seconds() if isinstance(value, timedelta) else float(value or 0)
    return {"ok": seconds <= LONGEST_LAG[name], "seconds": round(seconds, 1), "longest": LONGEST_LAG[name]}
