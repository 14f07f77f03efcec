"""Who may do what with the job queue's tables (procrastinate's migrations know nothing of our roles).

The worker's role works the queue. The web role may only put jobs in, through procrastinate's own function run with the
owner's rights: a person's process cannot read or change what others have queued. Job arguments name records by id only.
"""
from __future__ import annotations

import psycopg
from psycopg import sql

from xieli.server.dbroles import role_name

DEFER = "procrastinate_defer_jobs_v1"


def settle(owner_dsn: str, prefix: str) -> None:
    """Set the rights as this module says; run after every migration (an upgrade of procrastinate remakes functions)."""
    job, web, backup = (sql.Identifier(role_name(role, prefix)) for role in ("job", "web", "backup"))
    with psycopg.connect(owner_dsn) as connection:
        functions = connection.execute(
            "select p.oid::regprocedure::text, p.proname, p.prorettype = 'trigger'::regtype from pg_proc p"
            " where p.proname like 'procrastinate\\_%' and p.pronamespace = 'public'::regnamespace"
        ).fetchall()
        tables = connection.execute(
            "select relname, relkind from pg_class where relname like 'procrastinate\\_%'"
            " and relnamespace = 'public'::regnamespace and relkind in ('r', 'S')"
        ).fetchall()
        for name, kind in tables:
            rights = "select, insert, update, delete on table" if kind == "r" else "usage on sequence"
            connection.execute(sql.SQL("grant {} {} to {}").format(sql.SQL(rights), sql.Identifier("public", name), job))
            if kind == "r":
                connection.execute(sql.SQL("grant select on table {} to {}").format(sql.Identifier("public", name), backup))
        for signature, name, is_trigger in functions:
            function = sql.SQL(signature)
            connection.execute(sql.SQL("revoke all on function {} from public").format(function))
            if is_trigger:
                continue
            connection.execute(sql.SQL("grant execute on function {} to {}").format(function, job))
            if name == DEFER:
                connection.execute(sql.SQL("alter function {} security definer set search_path = public, pg_temp").format(function))
                connection.execute(sql.SQL("grant execute on function {} to {}").format(function, web))
        for (schema,) in connection.execute("select nspname from pg_namespace where nspowner = current_user::regrole or nspname = 'public'").fetchall():
            # pg_dump reads how far each counter has come
            connection.execute(sql.SQL("grant select on all sequences in schema {} to {}").format(sql.Identifier(schema), backup))
        everyone = sql.SQL(", ").join(sql.Identifier(role_name(role, prefix)) for role in ("web", "door", "job", "sweeper", "sealer", "report", "backup"))
        # which migrations are applied is no secret, and /readyz asks
        connection.execute(sql.SQL("grant select on public.django_migrations to {}").format(everyone))
