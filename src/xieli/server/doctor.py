"""`xieli doctor`: every check of an installation, each with what to do when it fails. Changes nothing but starts the
embedded database if none runs."""
from __future__ import annotations

import os
import stat
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import psycopg

import xieli
from xieli.server import backup, catalogues, pgbinaries, pgstate, prepare, vendor
from xieli.server.dbroles import LOGIN_ROLES
from xieli.server.home import Home, checkout, default_home
from xieli.server.postgres import Instance, ensure_database
from xieli.server.words import Trouble, silent

ROOM = 1024  # MB free that a working installation should have


@dataclass(frozen=True)
class Check:
    """One finding. `state`: ok, warning or failure; `zh`/`en`: what was found; `do_zh`/`do_en`: what to do about it."""

    name: str
    state: str
    zh: str
    en: str
    do_zh: str = ""
    do_en: str = ""


def examine() -> Iterator[Check]:
    """All checks in order; those of the database are left out when it does not start."""
    home = Home(default_home()).create()
    yield from (python(), room(home), front_end(), wording(), secret_files(home))
    try:
        yield programs(home)
        with ensure_database(home, say=silent) as db:
            for check in DATABASE_CHECKS:
                yield check(db)
    except Trouble as trouble:
        yield Check("database", "failure", trouble.zh, trouble.en)


def python() -> Check:
    found = ".".join(map(str, sys.version_info[:3]))
    return Check("python", "ok" if sys.version_info >= (3, 11) else "failure", f"Python {found}", f"Python {found}",
                 "需要 3.11 或更新版本。", "3.11 or newer is needed.")


def room(home: Home) -> Check:
    free = pgstate.free_megabytes(home.path)
    return Check("disk", "ok" if free >= ROOM else "warning", f"{home.path} 剩余 {free} MB", f"{free} MB free in {home.path}",
                 f"请保持至少 {ROOM} MB。", f"Keep at least {ROOM} MB free.")


def front_end() -> Check:
    root = checkout()
    there = vendor.present(root) if root else (Path(xieli.__file__).parent / "faces/web/static/vendor").is_dir()
    return Check("front-end", "ok" if there else "failure", "前端组件" + ("齐全" if there else "缺失"), "front-end packages " + ("present" if there else "missing"),
                 "运行 make run 或 xieli serve 会取得。", "make run or xieli serve fetches them.")


def wording() -> Check:
    package = Path(xieli.__file__).parent
    try:
        late = [s for s in catalogues.sources(package) if not s.with_suffix(".mo").is_file() or s.with_suffix(".mo").read_bytes() != catalogues.binary(catalogues.merged(s))]
    except catalogues.CatalogueError as error:
        return Check("catalogues", "failure", str(error), str(error))
    return Check("catalogues", "warning" if late else "ok", f"界面文字 {'未编译' if late else '已编译'}", f"message catalogues {'not compiled' if late else 'compiled'}",
                 "运行 make run 或 xieli serve 会编译。", "make run or xieli serve compiles them.")


def secret_files(home: Home) -> Check:
    folders = [home.path / "secrets", home.path / "seals"]
    open_ones = [p for f in folders if f.is_dir() for p in f.iterdir()
                 if p.is_file() and p.suffix != ".pub" and (stat.S_IMODE(p.stat().st_mode) & 0o077 or p.stat().st_uid != os.geteuid())]
    names = ", ".join(str(p.relative_to(home.path)) for p in open_ones)
    return Check("secrets", "failure" if open_ones else "ok", f"密钥文件{'他人可读：' + names if open_ones else '只有本账户可读'}",
                 f"secret files {'readable by others: ' + names if open_ones else 'readable by this account only'}",
                 "请执行 chmod 600，并考虑更换。", "chmod 600 them, and consider new ones.")


def programs(home: Home) -> Check:
    found = pgbinaries.find(home.pg, pgbinaries.ourselves())
    return Check("programs", "ok", f"PostgreSQL {found.version}({found.folder})", f"PostgreSQL {found.version} ({found.folder})")


# ── the database ──────────────────────────────────────────────────────────────────────────────────────────────────────


def version(db: Instance) -> Check:
    with psycopg.connect(db.admin_dsn) as connection:
        number = connection.info.server_version
    kind = ("内置", "embedded") if db.embedded else ("外部", "external")
    return Check("database", "ok", f"{kind[0]}数据库 {number // 10000}.{number % 10000} 可用", f"{kind[1]} database {number // 10000}.{number % 10000} answers")


def chinese(db: Instance) -> Check:
    """Pieces of Chinese words must count as letters, or text search finds nothing."""
    with psycopg.connect(db.admin_dsn) as connection:
        row = connection.execute("select '线索' ~ '^[[:alpha:]]+$', current_setting('server_encoding')").fetchone()
    good = row == (True, "UTF8")
    return Check("chinese", "ok" if good else "failure", f"中文字符{'可检索' if good else '不被识别为文字'}", f"Chinese characters {'are searchable' if good else 'do not count as letters'}",
                 "请以 UTF8 编码、字符类型 C.UTF-8 重新建库。", "Make the database again with encoding UTF8 and character type C.UTF-8.")


def roles(db: Instance) -> Check:
    with psycopg.connect(db.admin_dsn) as connection:
        found = {r[0]: r[1:] for r in connection.execute(
            "select rolname, rolsuper, rolbypassrls, rolcreaterole, rolcanlogin from pg_roles where rolname = any(%s)",
            [[db.role(name) for name in ("owner", *LOGIN_ROLES)]])}
    missing = [name for name in ("owner", *LOGIN_ROLES) if db.role(name) not in found]
    mighty = [name for name, (superuser, bypass, makes, _) in found.items() if superuser or bypass or makes]
    if found.get(db.role("owner"), (0, 0, 0, False))[3]:
        mighty.append(db.role("owner"))
    if missing:
        return Check("roles", "failure", f"缺少数据库角色：{missing}", f"database roles are missing: {missing}", "运行 xieli serve 会建立。", "xieli serve makes them.")
    return Check("roles", "failure" if mighty else "ok", f"权限过大的角色：{mighty}" if mighty else "数据库角色齐全，均不能绕过行级策略",
                 f"roles with too much power: {mighty}" if mighty else "all database roles are there and none passes row policies",
                 "请收回 SUPERUSER、BYPASSRLS、CREATEROLE；属主不得登录。", "Take SUPERUSER, BYPASSRLS and CREATEROLE away; the owner does not log in.")


def sign_in(db: Instance) -> Check:
    """Each role's own password opens its own connection."""
    refused = []
    for name in LOGIN_ROLES:
        try:
            psycopg.connect(db.role_dsn(name), connect_timeout=10).close()
        except psycopg.OperationalError:
            refused.append(name)
    return Check("passwords", "failure" if refused else "ok", f"口令不符的角色：{refused}" if refused else "各角色口令有效",
                 f"roles whose password is refused: {refused}" if refused else "every role's password works",
                 "运行 xieli serve 会重设口令。", "xieli serve sets them again.")


def unlocked(db: Instance) -> Check:
    """Tables outside row security that a person's process may read are named; the list itself is kept by a test."""
    missed = backup.uncovered(db)
    return Check("backup", "failure" if missed else "ok", f"备份会遗漏：{missed}" if missed else "备份覆盖全部表",
                 f"a backup would miss: {missed}" if missed else "a backup covers every table", "请升级到修正此问题的版本。", "Upgrade to a version that mends this.")


def structure(db: Instance) -> Check:
    try:
        pending = [line for line in prepare.django(db, ["showmigrations", "--plan", "--skip-checks"]).stdout.splitlines() if line.startswith("[ ]")]
    except Trouble as trouble:
        return Check("structure", "failure", trouble.zh, trouble.en)
    return Check("structure", "warning" if pending else "ok", f"数据库结构差 {len(pending)} 步" if pending else "数据库结构为最新",
                 f"{len(pending)} steps of the structure are pending" if pending else "the structure is up to date",
                 "运行 xieli serve 会更新；正式环境请先备份。", "xieli serve applies them; back up first where data are real.")


def search(db: Instance) -> Check:
    good = prepare.array_search_trusted(db)
    return Check("search", "ok" if good else "warning", "检索可用索引" if good else "检索不能用索引，数据多时变慢", "search uses its index" if good else "search cannot use its index and slows down with much data",
                 "请数据库超级用户执行：ALTER FUNCTION pg_catalog.arraycontains(anyarray, anyarray) LEAKPROOF",
                 "Ask a superuser of the database to run: ALTER FUNCTION pg_catalog.arraycontains(anyarray, anyarray) LEAKPROOF")


def mark(db: Instance) -> Check:
    found = prepare.mark_of(db)
    names = {"production": ("正式环境", "a real installation"), "demo": ("演示环境（永远是演示）", "a demo (for ever)"), "scratch": ("试验环境", "a scratch database"),
             None: ("尚未设立", "not set up yet")}
    return Check("mark", "ok" if found else "warning", *names[found], do_zh="运行 xieli init，或 make run 看演示。", do_en="Run xieli init, or make run for the demo.")


DATABASE_CHECKS: tuple[Callable[[Instance], Check], ...] = (version, chinese, roles, sign_in, structure, unlocked, search, mark)
