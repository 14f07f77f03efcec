"""Settings of the database server that only its superuser can make. They are no part of a dump, so they are made again at
every start and checked; without a superuser everything works, search is slower, and the checks say what stays open.

1. `arraycontains` is leakproof, so that a search by pieces may use the index on (acl, grams) before the policy. It raises no
   error and tells nothing about its arguments. `textlike` never becomes leakproof: its error about a bad pattern would tell
   whether a hidden row holds a word.
2. What the server counts and remembers about everyone is closed to sessions: other sessions' statements, rows read per
   table, locks, sizes. Each of these tells that something hidden exists.
"""
from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import psycopg

Connection = psycopg.Connection[Any]

# Functions behind the statistics views, locks and sizes. `like` patterns on their names.
TELLTALES = (
    r"pg\_stat\_get\_%", r"pg\_stat\_%", r"pg\_statio%", r"pg\_lock\_status", r"pg\_blocking\_pids", r"pg\_safe\_snapshot\_blocking\_pids",
    r"pg\_relation\_size", r"pg\_total\_relation\_size", r"pg\_table\_size", r"pg\_indexes\_size", r"pg\_database\_size", r"pg\_tablespace\_size",
    r"pg\_prepared\_xact", r"pg\_show\_all\_file\_settings", r"pg\_notification\_queue\_usage", r"pg\_get\_multixact\_members",
)
_OPEN_TELLTALES = """
select p.oid::regprocedure::text from pg_catalog.pg_proc p
where p.pronamespace = 'pg_catalog'::regnamespace and p.proname like any (%s) and has_function_privilege(%s, p.oid, 'execute')
order by 1
"""
_LEAKPROOF = "select proname::text from pg_catalog.pg_proc where pronamespace = 'pg_catalog'::regnamespace and proleakproof and proname = any (%s)"
NEVER_LEAKPROOF = ("textlike", "texticlike", "textregexeq", "texticregexeq", "bpcharlike", "ts_match_vq", "textpos", "like")


@dataclass(frozen=True)
class Finding:
    """One setting that is not as it should be: its code, whether it is dangerous or only slow, and the sentence in both languages."""

    code: str
    dangerous: bool
    zh: str
    en: str


def apply(admin: Connection) -> bool:
    """Make the settings in the database of this connection. False when the role is no superuser: nothing was done."""
    row = admin.execute("select rolsuper from pg_catalog.pg_roles where rolname = current_user").fetchone()
    if row is None or not row[0]:
        return False
    admin.execute("alter function pg_catalog.arraycontains(anyarray, anyarray) leakproof")
    for (function,) in admin.execute(_OPEN_TELLTALES, [list(TELLTALES), "public"]).fetchall():
        admin.execute(f"revoke execute on function {function} from public")  # the name comes from the server's catalogue
    # estimated numbers of rows and pages of every table
    columns = [c for (c,) in admin.execute(
        "select attname::text from pg_catalog.pg_attribute where attrelid = 'pg_catalog.pg_class'::regclass and attnum <> 0 and not attisdropped"
        " and attname not in ('reltuples', 'relpages', 'relallvisible', 'relallfrozen')").fetchall()]
    admin.execute("revoke select on pg_catalog.pg_class from public")
    admin.execute(f"grant select ({', '.join(columns)}) on pg_catalog.pg_class to public")
    return True


def check(connection: Connection, web: str = "xieli_web") -> list[Finding]:
    """What is not as it should be for the role `web`; empty when all is well. Needs no superuser."""
    found: list[Finding] = []
    leakproof = {name for (name,) in connection.execute(_LEAKPROOF, [["arraycontains", *NEVER_LEAKPROOF]]).fetchall()}
    if "arraycontains" not in leakproof:
        found.append(Finding("search-slow", False, "按词检索未能使用联合索引，较慢；需数据库超级用户执行一次设置。", "Search cannot use its joint index and is slower; a superuser of the database must make the setting once."))
    for name in sorted(leakproof - {"arraycontains"}):
        found.append(Finding("leakproof", True, f"函数 {name} 被标为 leakproof，会泄露隐藏记录；请立即撤销。", f"The function {name} is marked leakproof and tells of hidden rows; undo this at once."))
    open_functions = connection.execute(_OPEN_TELLTALES, [list(TELLTALES), web]).fetchall()
    if open_functions:
        found.append(Finding("telltales", True, f"{len(open_functions)} 个统计函数对会话开放，可旁证隐藏记录；需超级用户收回。",
                             f"{len(open_functions)} statistics functions are open to sessions and tell of hidden rows; a superuser must close them."))
    row = connection.execute("select has_column_privilege(%s, 'pg_catalog.pg_class', 'reltuples', 'select')", [web]).fetchone()
    if row is not None and row[0]:
        found.append(Finding("row-estimates", True, "各表行数估计对会话可见；需超级用户收回。", "Estimated numbers of rows are visible to sessions; a superuser must close them."))
    return found

