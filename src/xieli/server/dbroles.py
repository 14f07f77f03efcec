"""The database's roles: who may log in, and what each is for. None bypasses row security.

owner (nologin) owns every table and, row security being forced, reads only as a member of the keeper · keeper (nologin) owns the definer
functions, through explicit policies · door: the only one that reads credentials and opens sessions · web, job: act with a
bound session, never otherwise · sweeper: refreshes caches and clocks · sealer: numbers and seals events · report:
facts only, for released figures · backup: reads everything through an explicit policy, writes nothing.
"""
from __future__ import annotations

import secrets
from collections.abc import Mapping

import psycopg
from psycopg import sql

LOGIN_ROLES = ("door", "web", "job", "sweeper", "sealer", "report", "backup")


def role_name(role: str, prefix: str = "xieli") -> str:
    """The cluster-wide name of a role, e.g. ``xieli_web``."""
    return f"{prefix}_{role}"


def ensure_roles(admin_dsn: str, prefix: str = "xieli", passwords: Mapping[str, str] | None = None) -> dict[str, str]:
    """Create the owner and every login role if missing and set their passwords (scram). Returns role → password.

    The installer named in ``admin_dsn`` needs CREATEROLE, not superuser; he becomes a member of the owner so that
    migrations may act as it.
    """
    given = dict(passwords or {})
    with psycopg.connect(admin_dsn, autocommit=True) as connection:
        # two installers at once would race between the look and the create
        connection.execute("select pg_advisory_lock(hashtext('xieli-roles'))")
        present = {row[0] for row in connection.execute("select rolname from pg_roles")}
        owner = role_name("owner", prefix)
        if owner not in present:
            connection.execute(sql.SQL("create role {} nologin").format(sql.Identifier(owner)))
        keeper = role_name("keeper", prefix)
        if keeper not in present:
            connection.execute(sql.SQL("create role {} nologin").format(sql.Identifier(keeper)))
        connection.execute(sql.SQL("grant {} to {}").format(sql.Identifier(keeper), sql.Identifier(owner)))
        connection.execute(sql.SQL("grant {} to current_user").format(sql.Identifier(owner)))
        connection.execute("set password_encryption = 'scram-sha-256'")
        for role in LOGIN_ROLES:
            name = role_name(role, prefix)
            if name not in present:
                connection.execute(sql.SQL("create role {} login").format(sql.Identifier(name)))
            # a page asks for much in one statement and gets few rows; where the server has a compiler (a distribution's PostgreSQL
            # with LLVM) it would compile that statement for seconds, past the time limit below
            connection.execute(sql.SQL("alter role {} set jit = off").format(sql.Identifier(name)))
            if role not in given:
                if name in present:
                    continue
                given[role] = secrets.token_urlsafe(24)
            connection.execute(
                sql.SQL("alter role {} login noinherit password {}").format(
                    sql.Identifier(name), sql.Literal(given[role])
                )
            )
            # a runaway query of one reader must not starve the others (T16)
            limit = {"web": "15s", "door": "10s", "job": "10min", "report": "10min"}.get(role)
            if limit:
                connection.execute(
                    sql.SQL("alter role {} set statement_timeout = {}").format(sql.Identifier(name), sql.Literal(limit))
                )
        connection.execute("select pg_advisory_unlock(hashtext('xieli-roles'))")
    return given


def ensure_database(admin_dsn: str, name: str, prefix: str = "xieli", template: str | None = None) -> None:
    """Create the database, owned by the owner role and closed to everyone else, if it is missing."""
    with psycopg.connect(admin_dsn, autocommit=True) as connection:
        if connection.execute("select 1 from pg_database where datname = %s", [name]).fetchone():
            return
        statement = sql.SQL("create database {} owner {}").format(
            sql.Identifier(name), sql.Identifier(role_name("owner", prefix))
        )
        if template:
            statement += sql.SQL(" template {}").format(sql.Identifier(template))
        connection.execute(statement)
        connection.execute(sql.SQL("revoke all on database {} from public").format(sql.Identifier(name)))
        for role in LOGIN_ROLES:
            connection.execute(
                sql.SQL("grant connect on database {} to {}").format(
                    sql.Identifier(name), sql.Identifier(role_name(role, prefix))
                )
            )


def role_sql(text: str, prefix: str) -> str:
    """Fill the role names into migration SQL: ``{web}`` → ``"xieli_web"``; ``{roles}`` → every login role."""
    for role in ("owner", "keeper", *LOGIN_ROLES):
        text = text.replace("{" + role + "}", f'"{role_name(role, prefix)}"')
    return text.replace("{roles}", ", ".join(f'"{role_name(r, prefix)}"' for r in LOGIN_ROLES))
