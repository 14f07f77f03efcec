"""The database of an installation, embedded or external, and the one context every command works in.

    with ensure_database() as db:        # starts the embedded server if none runs, and stops what it started
        psycopg.connect(db.role_dsn("web"))

`DATABASE_URL` names an external PostgreSQL (15 or newer) instead; then nothing is started or stopped.
`XIELI_PREFIX` (default `xieli`) prefixes the database roles and names the embedded database, so that several
installations or test clones live in one cluster. `XIELI_DB_<ROLE>` overrides one role's connection string.
"""
from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import psycopg
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict

from xieli.server import dbroles
from xieli.server.cluster import SUPERUSER, Server
from xieli.server.dsn import as_url, where
from xieli.server.home import Home, default_home
from xieli.server.pgbinaries import OLDEST
from xieli.server.words import Say, Trouble, to_terminal

ROLES = ("owner", *dbroles.LOGIN_ROLES)

__all__ = ["Instance", "Server", "default_prefix", "ensure_database", "instance"]


def default_prefix() -> str:
    return os.environ.get("XIELI_PREFIX", "xieli")


@dataclass(frozen=True)
class Instance:
    """One installation's database: where it is and how each role reaches it.

    `admin_dsn` is the role that makes roles and migrates: the embedded superuser, or the one of `DATABASE_URL`.
    """

    home: Home
    admin_dsn: str
    prefix: str = field(default_factory=default_prefix)
    server: Server | None = None

    @property
    def embedded(self) -> bool:
        return self.server is not None

    @property
    def database(self) -> str:
        return str(conninfo_to_dict(self.admin_dsn)["dbname"])

    def role(self, name: str) -> str:
        """The database role's full name, e.g. `xieli_web`."""
        if name not in ROLES:
            raise ValueError(f"unknown database role {name!r}; known: {', '.join(ROLES)}")
        return f"{self.prefix}_{name}"

    def password(self, name: str) -> str:
        """The role's password, made on first use and kept in its own file. The owner cannot sign in and has none."""
        self.role(name)
        return self.home.secret(f"{self.prefix}-{name}.password")

    def passwords(self) -> dict[str, str]:
        """Password of every role that signs in."""
        return {name: self.password(name) for name in dbroles.LOGIN_ROLES}

    def role_dsn(self, name: str) -> str:
        """The connection string of one role. `owner` does not sign in: the admin connects and becomes it."""
        given = os.environ.get(f"XIELI_DB_{name.upper()}")
        if given:
            return given
        if name == "owner":
            return as_url(self.admin_dsn, options=f"-c role={self.role(name)}")
        return as_url(self.admin_dsn, user=self.role(name), password=self.password(name))

    def role_env(self, name: str) -> dict[str, str]:
        """What a process of this role is given: its own connection string and nobody else's."""
        return {
            "XIELI_ROLE": name,
            f"XIELI_DB_{name.upper()}": self.role_dsn(name),
            "XIELI_PREFIX": self.prefix,
            "XIELI_HOME": str(self.home.path),
        }

    @property
    def maintenance_dsn(self) -> str:
        """The admin's connection to the cluster's own database: roles and databases are made from there."""
        return as_url(self.admin_dsn, dbname="postgres")

    def ensure_roles_and_database(self) -> None:
        """Make the roles (with the passwords of our files) and the database, if missing."""
        dbroles.ensure_roles(self.maintenance_dsn, self.prefix, self.passwords())
        dbroles.ensure_database(self.maintenance_dsn, self.database, self.prefix)
        self._hand_to_owner()

    def _hand_to_owner(self) -> None:
        """A database that somebody made for us goes over to our owner role: migrations make schemas and rights in it."""
        owner, name = sql.Identifier(self.role("owner")), sql.Identifier(self.database)
        with psycopg.connect(self.maintenance_dsn, autocommit=True) as connection:
            row = connection.execute("select datdba::regrole::text from pg_database where datname = %s", [self.database]).fetchone()
            if row is not None and row[0].strip('"') == self.role("owner"):
                return
            statement = sql.SQL("alter database {} owner to {}").format(name, owner)
            try:
                connection.execute(statement)
            except psycopg.errors.InsufficientPrivilege as error:
                text = statement.as_string(connection)
                raise Trouble(
                    f"数据库 {self.database} 须归角色 {self.role('owner')} 所有，而当前账户无权转交。请数据库管理员执行：{text}；然后重试。没有改动。",
                    f"The database {self.database} must belong to the role {self.role('owner')}, and this account may not hand it over. "
                    f"Ask the database administrator to run: {text}; then try again. Nothing was changed.",
                ) from error

    def has_database(self) -> bool:
        with psycopg.connect(self.maintenance_dsn) as connection:
            return connection.execute("select 1 from pg_database where datname = %s", [self.database]).fetchone() is not None


_current: Instance | None = None


def instance() -> Instance:
    """The database this process works with: the one of the surrounding `ensure_database`, else the one that runs now.

    Error: `Trouble` when the embedded database does not run.
    """
    if _current is not None:
        return _current
    if os.environ.get("DATABASE_URL"):
        return _external(Home(default_home()))
    home = Home(default_home())
    return _embedded(home, Server.at_home(home))


def _embedded(home: Home, server: Server) -> Instance:
    return Instance(home, server.dsn(SUPERUSER, default_prefix()), server=server)


def _external(home: Home) -> Instance:
    url = os.environ["DATABASE_URL"]
    try:
        parts = conninfo_to_dict(url)
    except psycopg.ProgrammingError as error:
        raise Trouble(
            f"DATABASE_URL 不是可识别的数据库地址。例：postgresql://用户:密码@主机:5432/xieli（{error}）",
            f"DATABASE_URL is no database address. Example: postgresql://user:password@host:5432/xieli ({error})",
        ) from error
    return Instance(home, as_url(url, dbname=parts.get("dbname") or default_prefix()))


def check_external(db: Instance) -> None:
    """Refuse an external server that cannot be reached, is too old, or does not keep UTF-8 text."""
    try:
        with psycopg.connect(db.admin_dsn, connect_timeout=10) as connection:
            version = connection.info.server_version // 10000
            encoding = connection.info.parameter_status("server_encoding")
    except psycopg.OperationalError as error:
        raise Trouble(
            f"无法连接 DATABASE_URL 所指的数据库（{where(db.admin_dsn)}）：{error}\n请核对地址、账户与密码，并确认数据库已建立。",
            f"The database of DATABASE_URL cannot be reached ({where(db.admin_dsn)}): {error}\nCheck address, account and password, and that the database exists.",
        ) from error
    if version < OLDEST:
        raise Trouble(
            f"PostgreSQL {version} 过旧，需要 {OLDEST} 或更新版本（{where(db.admin_dsn)}）。",
            f"PostgreSQL {version} is too old; {OLDEST} or newer is needed ({where(db.admin_dsn)}).",
        )
    if encoding != "UTF8":
        raise Trouble(
            f"数据库编码为 {encoding}，须为 UTF8（{where(db.admin_dsn)}）。请用 ENCODING 'UTF8' TEMPLATE template0 重新建库。",
            f"The database's encoding is {encoding}; it must be UTF8 ({where(db.admin_dsn)}). Make it again with ENCODING 'UTF8' TEMPLATE template0.",
        )


@contextmanager
def ensure_database(home: Home | None = None, *, say: Say = to_terminal) -> Iterator[Instance]:
    """The installation's database, running. Nested calls share it; the embedded server stops with its last user."""
    global _current
    if _current is not None:
        yield _current
        return
    home = (home or Home(default_home())).create()
    if os.environ.get("DATABASE_URL"):
        external = _external(home)
        check_external(external)
        _current = external
        try:
            yield external
        finally:
            _current = None
        return
    with Server.at_home(home, say=say) as server:
        _current = _embedded(home, server)
        try:
            if not _current.has_database():
                _current.ensure_roles_and_database()
            yield _current
        finally:
            _current = None
